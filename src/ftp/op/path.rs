//! The pathname in a reply to PWD or MKD.

use super::super::charset::Charset;
use super::super::reply::Reply;

/// Reads `257 "a""b" is here` and what servers make of it. `None`: no path, or one with control characters, which
/// somebody may have put there to be sent back as a command.
pub fn pathname(reply: &Reply, charset: Charset) -> Option<String> {
    let bytes = quoted(reply.text()).or_else(|| bare(reply.text()))?;
    (!bytes.iter().any(u8::is_ascii_control)).then(|| charset.decode(&bytes))
}

/// What stands in quotes; a quote in it is doubled (RFC 959 appendix II), except by Pure-FTPd.
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let start = text.iter().position(|byte| *byte == b'"').filter(|start| !text[..*start].starts_with(b"/"))? + 1;
    let (mut path, mut at) = (Vec::new(), start);
    while let Some(&byte) = text.get(at) {
        if byte != b'"' {
            path.push(byte);
            at += 1;
        } else if text.get(at + 1) == Some(&b'"') {
            path.push(b'"');
            at += 2;
        } else if text.get(at + 1).is_none_or(u8::is_ascii_whitespace) {
            return Some(path);
        } else {
            break; // an undoubled quote within the name
        }
    }
    let end = text.iter().rposition(|byte| *byte == b'"').filter(|end| *end >= start)?;
    Some(text[start..end].to_vec())
}

/// A path without quotes, or in single ones (which belong to it on MVS), up to the words that may follow it.
fn bare(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if let Some(rest) = text.strip_prefix(b"'") {
        let end = rest.iter().position(|byte| *byte == b'\'')?;
        return Some(if rest.starts_with(b"/") { rest[..end].to_vec() } else { text[..end + 2].to_vec() });
    }
    let end = text.windows(4).position(|window| window == b" is ").unwrap_or(text.len());
    let path = &text[..end];
    let words = path.contains(&b' ') && !path.starts_with(b"/");
    let absolute = path.iter().any(|byte| matches!(byte, b'/' | b'\\' | b':' | b'[' | b'$'));
    (absolute && !words).then(|| path.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::super::reply::reply;
    use super::*;

    fn read(text: &str) -> Option<String> {
        pathname(&reply(text), Charset::new(None))
    }

    #[test]
    fn paths_in_every_shape() {
        for (text, path) in [
            (r#"257 "/foo/bar" directory created"#, "/foo/bar"),
            (r#"257 "/foo/bar""baz" directory created"#, "/foo/bar\"baz"),
            (r#"257 "/foo/bar" "comment""#, "/foo/bar"),
            (r#"257 "/""hello""""#, "/\"hello\""),
            (r#"257 "/up/d"q""#, "/up/d\"q"),
            (r#"257 "/up/d"q" is your current location"#, "/up/d\"q"),
            (r#"257 "/a"""#, "/a\""),
            (r#"257 is cwd "/a""#, "/a"),
            (r#"250 "/a""#, "/a"),
            ("257 /a", "/a"),
            ("257 /a b is current", "/a b"),
            ("257 /a\"b", "/a\"b"),
            ("257 '/a'", "/a"),
            (r#"257 """#, ""),
            (r#"257 "/caf\u{e9}//x/""#, "/caf\\u{e9}//x/"),
            ("257 \"C:\\\"", "C:\\"),
            ("257 \"'ME.'\" is working directory name prefix.", "'ME.'"),
            ("257 'ME.' is working directory name prefix.", "'ME.'"),
            ("257 D$U:[ME.WORK] is current directory", "D$U:[ME.WORK]"),
            ("257 \\S.$V.SUB", "\\S.$V.SUB"),
        ] {
            assert_eq!(read(text).as_deref(), Some(path), "{text}");
        }
    }

    #[test]
    fn what_is_no_path() {
        for text in
            ["257 \"no end", "257 directory created", "257", "257 \"/a\rSTOR evil\"", "257 \"/\x03\"", "257 a: b"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
