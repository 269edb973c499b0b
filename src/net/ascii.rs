//! TYPE A: lines end in CR LF on the wire (RFC 959 3.1.1.1) and as the system writes them in files.

/// From a file to the wire: a line feed that has no carriage return before it gets one.
#[derive(Debug, Default)]
pub(super) struct ToWire {
    after_return: bool,
}

impl ToWire {
    /// Appends `input` to `output`.
    pub(super) fn convert(&mut self, input: &[u8], output: &mut Vec<u8>) {
        for &byte in input {
            if byte == b'\n' && !self.after_return {
                output.push(b'\r');
            }
            output.push(byte);
            self.after_return = byte == b'\r';
        }
    }
}

/// From the wire to a file: CR LF becomes the system's line end; a carriage return alone stays.
#[derive(Debug)]
pub(super) struct FromWire {
    keep: bool,
    held: bool,
}

impl FromWire {
    /// For this system's files.
    pub(super) fn native() -> Self {
        Self { keep: cfg!(windows), held: false }
    }

    /// Appends `input` to `output`; a carriage return at its end is held until the next byte is known.
    pub(super) fn convert(&mut self, input: &[u8], output: &mut Vec<u8>) {
        if self.keep {
            output.extend_from_slice(input);
            return;
        }
        for &byte in input {
            if std::mem::take(&mut self.held) && byte != b'\n' {
                output.push(b'\r');
            }
            if byte == b'\r' {
                self.held = true;
            } else {
                output.push(byte);
            }
        }
    }

    /// Appends what was held.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) {
        if std::mem::take(&mut self.held) {
            output.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result must not depend on where the input is cut.
    fn every_cut(input: &[u8], expected: &[u8], mut convert: impl FnMut(&[&[u8]]) -> Vec<u8>) {
        for a in 0..=input.len() {
            for b in a..=input.len() {
                assert_eq!(convert(&[&input[..a], &input[a..b], &input[b..]]), expected, "{input:?} cut at {a}, {b}");
            }
        }
    }

    #[test]
    fn line_ends_go_out_as_cr_lf_wherever_the_input_is_cut() {
        for (file, wire) in [
            (&b"a\nb\n"[..], &b"a\r\nb\r\n"[..]),
            (b"a\r\nb", b"a\r\nb"),
            (b"\n\n", b"\r\n\r\n"),
            (b"\r", b"\r"),
            (b"\r\r\n\n", b"\r\r\n\r\n"),
        ] {
            every_cut(file, wire, |parts| {
                let (mut state, mut out) = (ToWire::default(), Vec::new());
                parts.iter().for_each(|part| state.convert(part, &mut out));
                out
            });
        }
    }

    #[test]
    fn cr_lf_comes_in_as_lf_and_no_lone_cr_is_lost() {
        for (wire, file) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]),
            (b"a\rb", b"a\rb"),
            (b"a\r", b"a\r"),
            (b"\r\r\n", b"\r\n"),
            (b"\n\r\n\r", b"\n\n\r"),
        ] {
            every_cut(wire, file, |parts| {
                let (mut state, mut out) = (FromWire { keep: false, held: false }, Vec::new());
                parts.iter().for_each(|part| state.convert(part, &mut out));
                state.finish(&mut out);
                out
            });
        }
    }
}
