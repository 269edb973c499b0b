//! `TYPE LENGTH[ PREFIX]( LENGTH SEGMENT)*`: the form in which FileZilla keeps paths of servers.

use super::server;
use crate::model::PathSyntax;
use crate::model::path::RemotePath;

/// Reads a path of a server with this form of paths. Where the site does not say it, the path does; most are like Unix,
/// which is found out by who connects. `None`: it is no path, or one that the server could not be told as FileZilla does.
pub(super) fn read(safe: &str, paths: Option<PathSyntax>) -> Option<(RemotePath, Option<PathSyntax>)> {
    let (kind, rest) = number(safe)?;
    let kind = u8::try_from(kind).ok()?;
    let (length, rest) = number(rest)?;
    let (prefix, mut rest) = if length > 0 { units(rest, length)? } else { ("", rest) };
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let (length, after) = number(rest)?;
        let (segment, after) = units(after, length)?;
        if segment.is_empty() || matches!(segment, "." | "..") || segment.contains(['/', '\0']) {
            return None;
        }
        segments.push(segment);
        rest = after;
    }
    let paths = paths.or_else(|| server::syntax(kind).filter(|syntax| *syntax != PathSyntax::Unix));
    let (syntax, said) = (paths.unwrap_or_default(), said(kind, prefix, &segments)?);
    let path = syntax.read(&said)?;
    (syntax.directory(&path) == said).then_some((path, paths))
}

/// Writes a path of a server with this form of paths. `None`: FileZilla would understand another one.
pub(super) fn write(path: &RemotePath, paths: Option<PathSyntax>) -> Option<String> {
    // What was typed is no path before its server says where people land.
    if path.typed().is_some() {
        return None;
    }
    let names: Vec<&str> = path.components().collect();
    let first = names.first().copied().unwrap_or_default();
    let (kind, prefix, segments) = match paths.or_else(|| guess(first))? {
        PathSyntax::Unix => (1, "", names),
        PathSyntax::Cygwin => match first.strip_prefix("\\\\") {
            Some(host) => (9, "/", [&[host], &names[1..]].concat()),
            None => (9, "", names),
        },
        PathSyntax::Dos => (if is_drive(first) { 3 } else { 8 }, "", names),
        PathSyntax::Device => (10, "", names),
        PathSyntax::Vms => {
            let (device, names) = if first.ends_with(':') { (first, &names[1..]) } else { ("", &names[..]) };
            (2, device, if names.is_empty() { vec!["000000"] } else { names.to_vec() })
        }
        PathSyntax::Mvs if first.ends_with('.') => {
            let dot = if path.name().ends_with('.') { "." } else { "" };
            (4, dot, names.into_iter().map(|name| name.strip_suffix('.').unwrap_or(name)).collect())
        }
        PathSyntax::Vm => (6, "", names),
        PathSyntax::NonStop if first.starts_with(['\\', '$']) => (7, "", names),
        PathSyntax::Mvs | PathSyntax::NonStop => (1, "", names),
    };
    let prefix = if prefix.is_empty() { "0".to_owned() } else { format!("{} {prefix}", prefix.chars().count()) };
    let segments = segments.into_iter().map(|segment| {
        let segment = if kind == 2 { segment.replace("^.", ".") } else { segment.to_owned() };
        format!(" {} {segment}", segment.chars().count())
    });
    let written = format!("{kind} {prefix}{}", segments.collect::<String>());
    (read(&written, paths)?.0 == *path).then_some(written)
}

/// What FileZilla says to a server of this kind.
fn said(kind: u8, prefix: &str, segments: &[&str]) -> Option<String> {
    if !prefix.is_empty() && !matches!(kind, 2 | 4 | 9) {
        return None;
    }
    // `C:` would be where one is on that drive.
    let root = |separator| if segments.len() == 1 { separator } else { "" };
    Some(match kind {
        0 | 1 | 5 | 6 | 9 => format!("{prefix}/{}", segments.join("/")),
        2 => {
            let escaped: Vec<String> = segments.iter().map(|segment| segment.replace('.', "^.")).collect();
            format!("{prefix}[{}]", escaped.join("."))
        }
        3 => segments.join("\\") + root("\\"),
        4 => format!("'{}{prefix}'", segments.join(".")),
        7 => segments.join("."),
        8 => format!("\\{}", segments.join("\\")),
        10 => segments.join("/") + root("/"),
        _ => return None,
    })
}

/// The form of a path that begins with `first`, where no site says it; `None` for what may be of several systems.
fn guess(first: &str) -> Option<PathSyntax> {
    match first {
        drive if is_drive(drive) => Some(PathSyntax::Dos),
        other if other.ends_with([':', '.']) || other.starts_with('\\') => None,
        _ => Some(PathSyntax::Unix),
    }
}

fn is_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

/// A number, and what comes after the blank behind it.
fn number(text: &str) -> Option<(usize, &str)> {
    let (digits, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some((digits.parse().ok()?, rest))
}

/// So many wide characters, and what comes after the blank behind them: two bytes each on Windows, where some characters
/// are two of them, four elsewhere.
fn units(text: &str, length: usize) -> Option<(&str, &str)> {
    let by = |size: fn(char) -> usize| {
        let mut left = length;
        let end = text.char_indices().find_map(|(at, c)| {
            if left == 0 {
                return Some(at);
            }
            left = left.saturating_sub(size(c));
            None
        });
        let end = end.or((left == 0).then_some(text.len()))?;
        let rest = &text[end..];
        (rest.is_empty() || rest.starts_with(' ')).then(|| (&text[..end], rest.get(1..).unwrap_or_default()))
    };
    by(|_| 1).or_else(|| by(char::len_utf16))
}

#[cfg(test)]
mod tests {
    use PathSyntax::*;

    use super::*;

    /// A path of FileZilla, the form that it has, ours, and what the server is told.
    const PATHS: &[(&str, Option<PathSyntax>, &str, &str)] = &[
        ("1 0", None, "/", "/"),
        ("1 0 4 home 3 foo", None, "/home/foo", "/home/foo"),
        ("1 0 1 ä 3 b c", None, "/ä/b c", "/ä/b c"),
        ("2 10 DISK$USER: 3 FOO 3 BAR", Some(Vms), "/DISK$USER:/FOO/BAR", "DISK$USER:[FOO.BAR]"),
        ("2 2 D: 3 A.B", Some(Vms), "/D:/A^.B", "D:[A^.B]"),
        ("2 2 D: 6 000000", Some(Vms), "/D:", "D:[000000]"),
        ("2 0 6 000000", Some(Vms), "/", "[000000]"),
        ("2 0 2 ME", Some(Vms), "/ME", "[ME]"),
        ("3 0 2 C: 3 dir", Some(Dos), "/C:/dir", "C:\\dir"),
        ("3 0 2 C:", Some(Dos), "/C:", "C:\\"),
        ("4 1 . 2 ME", Some(Mvs), "/ME.", "'ME.'"),
        ("4 0 2 ME 3 LIB", Some(Mvs), "/ME./LIB", "'ME.LIB'"),
        ("6 0 1 a 1 b", Some(Vm), "/a/b", "/a/b"),
        ("7 0 4 \\SYS 4 $VOL 3 SUB", Some(NonStop), "/\\SYS/$VOL/SUB", "\\SYS.$VOL.SUB"),
        ("8 0 3 pub", Some(Dos), "/pub", "\\pub"),
        ("8 0", Some(Dos), "/", "\\"),
        ("9 0 1 c", Some(Cygwin), "/c", "/c"),
        ("9 1 / 3 srv 5 share", Some(Cygwin), "/\\\\srv/share", "//srv/share"),
        ("10 0 2 C: 3 dir", Some(Device), "/C:/dir", "C:/dir"),
    ];

    #[test]
    fn paths_of_every_kind_are_read_and_written() {
        for (safe, paths, path, told) in PATHS {
            let path = RemotePath::new(path);
            assert_eq!(read(safe, None), Some((path.clone(), *paths)), "{safe}");
            assert_eq!(read(safe, *paths).map(|(path, _)| path).as_ref(), Some(&path), "{safe}");
            assert_eq!(paths.unwrap_or_default().directory(&path), *told, "{safe}");
            assert_eq!(write(&path, *paths).as_deref(), Some(*safe), "{safe}");
        }
    }

    #[test]
    fn other_spellings_are_read() {
        for (safe, path) in [
            ("0 0 5 a b c", Some("/a b c")),
            ("5 0 1 a", Some("/a")),
            ("1 0 3 \u{1F600}x", Some("/\u{1F600}x")), // of Windows
            ("1 0 2 \u{1F600}x", Some("/\u{1F600}x")),
            ("1 0 2 ..", None),
            ("1 0 3 a/b", None),
            ("1 0 9 ab", None),
            ("1 0 1 ab", None),
            ("", None),
        ] {
            assert_eq!(read(safe, None), path.map(|path| (RemotePath::new(path), None)), "{safe}");
        }
        let unix = Some((RemotePath::new("/u"), Some(Mvs)));
        assert_eq!(read("1 0 1 u", Some(Mvs)), unix, "z/OS has both");
    }

    #[test]
    fn what_a_server_cannot_be_told_is_no_path() {
        for safe in [
            "2 4 DISK 1 A",
            "2 2 D: 3 A]B",
            "2 2 D:",
            "3 0 3 pub",
            "3 0",
            "4 1 .",
            "5 6 :ata0: 4 logs",
            "6 0 6 ME.191",
            "7 0 3 SUB",
            "8 0 2 C: 1 a",
            "9 1 /",
            "1 2 /x 1 a",
            "11 0 1 a",
            "300 0 1 a",
        ] {
            assert_eq!(read(safe, None), None, "{safe}");
        }
        assert_eq!(read("1 0 3 pub", Some(Dos)), None, "FileZilla says /pub, and we \\pub");
    }

    #[test]
    fn the_form_of_a_path_is_guessed_where_that_is_sure() {
        let written = |path: &str, paths| write(&RemotePath::new(path), paths);
        assert_eq!(written("/C:/dir", None).as_deref(), Some("3 0 2 C: 3 dir"));
        assert_eq!(written("/C:/dir", Some(Unix)).as_deref(), Some("1 0 2 C: 3 dir"));
        for path in ["/DISK$USER:/A", "/ME./LIB", "/\\\\srv/share", "/\\SYS/$VOL"] {
            assert_eq!(written(path, None), None, "{path}");
        }
        assert_eq!(written("/u/me", Some(Mvs)).as_deref(), Some("1 0 1 u 2 me"));
        assert_eq!(written("/home/me", Some(NonStop)).as_deref(), Some("1 0 4 home 2 me"));
        for (path, paths) in
            [("/ME.191", Vm), ("/POOL:/ME", Vm), ("/ME./LIB/MEMBER", Mvs), ("/\\\\srv/share", Dos), ("/a", Device)]
        {
            assert_eq!(written(path, Some(paths)), None, "{path} {paths:?}");
        }
    }
}
