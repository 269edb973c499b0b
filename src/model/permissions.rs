//! Permissions of Unix, in octal digits and in the letters of `ls -l`.

/// `0o755` as `rwxr-xr-x`, with `s` and `t` where `ls` puts them. Bits above `0o7777` say nothing.
pub fn letters(mode: u32) -> String {
    let triple = |shift: u32, special: bool, letter: char| {
        let bits = mode >> shift;
        let last = match (bits & 1 != 0, special) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
        };
        [if bits & 4 != 0 { 'r' } else { '-' }, if bits & 2 != 0 { 'w' } else { '-' }, last]
    };
    let user = triple(6, mode & 0o4000 != 0, 's');
    let group = triple(3, mode & 0o2000 != 0, 's');
    let others = triple(0, mode & 0o1000 != 0, 't');
    [user, group, others].concat().iter().collect()
}

/// `644` and `0644` as a number.
pub fn octal(digits: &str) -> Option<u16> {
    let fits = (3..=4).contains(&digits.len()) && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    fits.then(|| u16::from_str_radix(digits, 8).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_read_as_in_ls() {
        for (mode, text) in [
            (0o755, "rwxr-xr-x"),
            (0o100_644, "rw-r--r--"),
            (0o1777, "rwxrwxrwt"),
            (0o7000, "--S--S--T"),
            (0o2750, "rwxr-s---"),
        ] {
            assert_eq!(letters(mode), text);
        }
    }
}
