//! The pathname in a reply to PWD or MKD.

use super::super::charset::Charset;
use super::super::reply::Reply;
use crate::model::RemotePath;

/// Reads `257 "a""b" is here` and what servers make of it. `None`: no absolute path, or one with control characters,
/// which somebody may have put there to be sent back as a command.
pub fn pathname(reply: &Reply, charset: Charset) -> Option<RemotePath> {
    let bytes = quoted(reply.text()).or_else(|| bare(reply.text()))?;
    if bytes.is_empty() {
        return Some(RemotePath::root());
    }
    if bytes.first() != Some(&b'/') || bytes.iter().any(u8::is_ascii_control) {
        return None;
    }
    Some(RemotePath::new(&charset.decode(&bytes)))
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

/// A path without quotes, or in single ones, up to the words that may follow it.
fn bare(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if let Some(rest) = text.strip_prefix(b"'") {
        let end = rest.iter().position(|byte| *byte == b'\'')?;
        return Some(rest[..end].to_vec());
    }
    let end = text.windows(4).position(|window| window == b" is ").unwrap_or(text.len());
    text.starts_with(b"/").then(|| text[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::super::reply::reply;
    use super::*;

    fn read(text: &str) -> Option<String> {
        pathname(&reply(text), Charset::new(None)).map(|path| path.as_str().to_owned())
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
            (r#"257 """#, "/"),
            (r#"257 "/caf\u{e9}//x/""#, "/caf\\u{e9}/x"),
        ] {
            assert_eq!(read(text).as_deref(), Some(path), "{text}");
        }
    }

    #[test]
    fn what_is_no_path() {
        for text in
            ["257 \"no end", "257 directory created", "257", "257 \"/a\rSTOR evil\"", "257 \"/\x03\"", "257 \"C:\\\""]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
