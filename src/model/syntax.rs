//! How servers write paths: Unix, DOS, VMS, MVS, VM and NonStop.
//!
//! Longshore thinks in [`RemotePath`]s: components from the top. A syntax says what a path looks like on the wire, and
//! reads what PWD says; both ways are each other's inverse for every path that such a server can have.

use serde::{Deserialize, Serialize};

use super::RemotePath;

/// The form of a server's paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathSyntax {
    /// `/a/b`: nearly every server, also on Windows.
    #[default]
    Unix,
    /// `/a/b`, and `//host/share`, which is kept as a first component of `\\host`.
    Cygwin,
    /// `C:\a\b` and `\a\b`; `\\host\share` as with Cygwin.
    Dos,
    /// `C:/a/b` and `ata0:/a/b` (VxWorks): a device before the first slash.
    Device,
    /// `DISK$USER:[A.B]FILE.TXT;1`. The device is the first component; it ends with a colon.
    Vms,
    /// Data sets, `'A.B.PDS(MEMBER)'`, as `/A./B./PDS/MEMBER`: a qualifier that more follow ends with a dot. Everything
    /// else is a path of the Unix file system (z/OS has both).
    Mvs,
    /// `USER.191`, or `POOL:USER.A.B` in the shared file system. Files have no path: they are named from within.
    Vm,
    /// `\SYSTEM.$VOLUME.SUBVOLUME.FILE` of Guardian. Everything else is a path of the Unix file system (OSS).
    NonStop,
}

/// What a path names, which some systems write differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Directory,
    File,
}

impl PathSyntax {
    /// Every syntax with what a person calls it.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Unix, "Unix"),
        (Self::Cygwin, "Cygwin"),
        (Self::Dos, "DOS and Windows"),
        (Self::Device, "Device (C:/, VxWorks)"),
        (Self::Vms, "VMS"),
        (Self::Mvs, "MVS, z/OS"),
        (Self::Vm, "VM, z/VM"),
        (Self::NonStop, "HP NonStop"),
    ];

    /// Its name in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Cygwin => "cygwin",
            Self::Dos => "dos",
            Self::Device => "device",
            Self::Vms => "vms",
            Self::Mvs => "mvs",
            Self::Vm => "vm",
            Self::NonStop => "nonstop",
        }
    }

    /// The syntax of a server that names its system so (SYST) and says that it is in `directory` (PWD).
    pub fn of(system: &str, directory: &str) -> Self {
        let system = system.to_ascii_uppercase();
        let says = |word: &str| system.split(|c: char| !c.is_ascii_alphanumeric()).any(|said| said == word);
        let guardian =
            || directory.starts_with('$') || directory.strip_prefix('\\').is_some_and(|rest| rest.contains(".$"));
        if says("MVS") || system.contains("Z/OS") || is_quoted(directory) {
            Self::Mvs
        } else if !directory.starts_with('/') && bracketed(directory).is_some() {
            Self::Vms
        } else if says("NONSTOP") || says("GUARDIAN") || guardian() {
            Self::NonStop
        } else if directory.starts_with("//") {
            Self::Cygwin
        } else if directory.starts_with('/') || directory.is_empty() {
            Self::Unix
        } else if directory.starts_with('\\') || is_drive(directory) {
            Self::Dos
        } else if directory.split_once(":/").is_some_and(|(device, _)| is_device(device)) {
            Self::Device
        } else if says("VM") || system.contains("Z/VM") {
            Self::Vm
        } else if says("VMS") || says("OPENVMS") {
            Self::Vms
        } else {
            Self::Unix
        }
    }

    /// Whether files can be named only from within their directory.
    pub fn is_relative(self) -> bool {
        self == Self::Vm
    }

    /// Whether `path` can be written: on DOS a name with a backslash would be a path, and might lead anywhere.
    pub fn can_name(self, path: &RemotePath) -> bool {
        let is_host = |at: usize, name: &str| at == 0 && name.strip_prefix("\\\\").is_some_and(is_host);
        self != Self::Dos || path.components().enumerate().all(|(at, name)| !name.contains('\\') || is_host(at, name))
    }

    /// Reads an absolute path as such a server writes it. `None`: it is none.
    pub fn read(self, text: &str) -> Option<RemotePath> {
        match self {
            Self::Unix => text.starts_with('/').then(|| RemotePath::new(text)),
            Self::Cygwin => read_shared(text, "//", '/').or_else(|| Self::Unix.read(text)),
            Self::Dos => read_dos(text),
            Self::Device => {
                let (device, rest) = text.split_once(":/").filter(|(device, _)| is_device(device))?;
                Some(RemotePath::new(&format!("/{device}:/{rest}")))
            }
            Self::Vms => read_vms(text),
            Self::Mvs => read_mvs(text).or_else(|| Self::Unix.read(text)),
            Self::Vm => read_vm(text).or_else(|| Self::Unix.read(text)),
            Self::NonStop => read_guardian(text).or_else(|| Self::Unix.read(text)),
        }
    }

    /// A directory's path, as an argument of CWD, MKD or RMD.
    pub fn directory(self, path: &RemotePath) -> String {
        self.write(path, Names::Directory)
    }

    /// A file's path, as an argument of RETR, STOR, DELE…
    pub fn file(self, path: &RemotePath) -> String {
        self.write(path, Names::File)
    }

    /// What a person typed, seen from `here`: a path of this syntax, or as [`RemotePath::resolve`] says.
    pub fn resolve(self, here: &RemotePath, typed: &str) -> RemotePath {
        self.read(typed).unwrap_or_else(|| here.resolve(typed))
    }

    fn write(self, path: &RemotePath, names: Names) -> String {
        let components: Vec<&str> = path.components().collect();
        let unix = || path.as_str().to_owned();
        match (self, components.first()) {
            (Self::Cygwin | Self::Dos, Some(host)) if host.strip_prefix("\\\\").is_some_and(is_host) => {
                let separator = if self == Self::Dos { "\\" } else { "/" };
                format!("{separator}{separator}{}", path.as_str()[3..].replace('/', separator))
            }
            (Self::Dos, Some(drive)) if is_drive(drive) => {
                let root = if components.len() == 1 { "\\" } else { "" };
                components.join("\\") + root
            }
            (Self::Dos, _) => unix().replace('/', "\\"),
            (Self::Device, Some(device)) if device.strip_suffix(':').is_some_and(is_device) => {
                let root = if components.len() == 1 { "/" } else { "" };
                components.join("/") + root
            }
            (Self::Vms, _) => write_vms(&components, names),
            (Self::Mvs, Some(_)) => write_mvs(&components).unwrap_or_else(unix),
            (Self::Vm, _) if names == Names::File => path.name().to_owned(),
            (Self::Vm, Some(pool)) if pool.find(':') == Some(pool.len() - 1) && !path.as_str().contains('.') => {
                format!("{pool}{}", components[1..].join("."))
            }
            (Self::Vm, Some(disk)) if components.len() == 1 && !disk.contains(':') => path.name().to_owned(),
            (Self::NonStop, Some(first))
                if first.starts_with(['\\', '$']) && (names == Names::File || !path.as_str().contains('.')) =>
            {
                components.join(".")
            }
            _ => unix(),
        }
    }
}

/// `\\host\share` or `//host/share`.
fn read_shared(text: &str, prefix: &str, separator: char) -> Option<RemotePath> {
    let (host, rest) = text.strip_prefix(prefix).map(|text| text.split_once(separator).unwrap_or((text, "")))?;
    is_host(host).then(|| RemotePath::new(&format!("/\\\\{host}/{}", rest.replace(separator, "/"))))
}

fn is_host(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\\'])
}

fn read_dos(text: &str) -> Option<RemotePath> {
    let drive = text.len() > 1 && is_drive(text);
    if !drive && !text.starts_with(['\\', '/']) {
        return None;
    }
    read_shared(text, "\\\\", '\\').or_else(|| Some(RemotePath::new(&text.replace('\\', "/"))))
}

/// `C:` and whatever is on it.
fn is_drive(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && bytes.next().is_none_or(|separator| separator == b'\\')
}

fn is_device(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'.'))
}

/// What stands before, in and after the brackets of a VMS path; old servers write `<A.B>`.
fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find(['[', '<'])?;
    let close = text.rfind([']', '>']).filter(|close| *close > open)?;
    Some((&text[..open], &text[open + 1..close], &text[close + 1..]))
}

fn read_vms(text: &str) -> Option<RemotePath> {
    let Some((device, inner, file)) = bracketed(text) else {
        let device = text.strip_suffix(':').filter(|device| is_device(device))?;
        return Some(RemotePath::new(&format!("/{device}:")));
    };
    if text.contains('/') || !device.is_empty() && !device.ends_with(':') {
        return None;
    }
    // A rooted directory: `DISK:[ROOT.][A]` is the path ROOT, A.
    let inner = inner.replace(".][", ".").replace(".><", ".");
    if inner.contains(':')
        || inner.ends_with('^')
        || [device, &inner, file].iter().any(|part| part.contains(['[', ']', '<', '>']))
    {
        return None;
    }
    let mut path = if device.is_empty() { RemotePath::root() } else { RemotePath::root().join(device) };
    for component in split_escaped(&inner).filter(|component| !matches!(*component, "" | "000000")) {
        path = path.join(component);
    }
    Some(if matches!(file, "" | "." | "..") { path } else { path.join(file) })
}

/// The parts of `A.B^.C`: what follows a caret belongs to the name, and so does the caret (ODS-5).
fn split_escaped(inner: &str) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    inner.split(move |c| {
        let separates = c == '.' && !escaped;
        escaped = c == '^' && !escaped;
        separates
    })
}

/// What a name of VMS cannot hold as it is: it would lead to another directory.
const VMS_MARKS: [char; 5] = ['[', ']', '<', '>', ':'];

/// `A.B` as the name of one directory: `A^.B`. What is escaped already stays so.
fn escape(name: &str, marks: &[char]) -> String {
    let (mut text, mut escaped) = (String::with_capacity(name.len() + 1), false);
    for c in name.chars() {
        if marks.contains(&c) && !escaped {
            text.push('^');
        }
        escaped = c == '^' && !escaped;
        text.push(c);
    }
    text
}

fn write_vms(components: &[&str], names: Names) -> String {
    let (device, rest) = match components.split_first() {
        Some((device, rest)) if device.ends_with(':') => (*device, rest),
        _ => ("", components),
    };
    let (file, directories) = match rest.split_last() {
        Some((file, directories)) if names == Names::File => (*file, directories),
        _ => ("", rest),
    };
    let inner: Vec<String> = directories.iter().map(|name| escape(name, &[&VMS_MARKS[..], &['.']].concat())).collect();
    let inner = if inner.is_empty() { "000000".to_owned() } else { inner.join(".") };
    format!("{device}[{inner}]{}", escape(file, &VMS_MARKS))
}

fn is_quoted(text: &str) -> bool {
    text.len() > 1 && text.starts_with('\'') && text.ends_with('\'')
}

/// `'A.B.'`, `'A.B.PDS'` and `'A.B.PDS(MEMBER)'`.
fn read_mvs(text: &str) -> Option<RemotePath> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    if inner.starts_with('/') {
        return Some(RemotePath::new(inner));
    }
    if inner.contains('/') {
        return None;
    }
    let (set, member) = match inner.strip_suffix(')').and_then(|inner| inner.split_once('(')) {
        Some((set, member)) => (set, Some(member)),
        None => (inner, None),
    };
    if [set, member.unwrap_or_default()].iter().any(|part| part.contains(['(', ')', '\''])) {
        return None;
    }
    let mut path = RemotePath::root();
    for qualifier in set.split_inclusive('.').filter(|qualifier| *qualifier != ".") {
        path = path.join(qualifier);
    }
    Some(match member {
        Some(member) if !matches!(member, "" | "." | "..") => path.join(member),
        _ => path,
    })
}

/// `None`: a path of the Unix file system.
fn write_mvs(components: &[&str]) -> Option<String> {
    let qualifiers = components.iter().take_while(|component| component.ends_with('.')).count();
    let odd = |name: &&str| name.starts_with('.') || name.contains("..") || name.contains(['(', ')', '\'']);
    if qualifiers == 0 || components.iter().any(odd) {
        return None;
    }
    let prefix = components[..qualifiers].concat();
    match &components[qualifiers..] {
        [] => Some(format!("'{prefix}'")),
        [set] => Some(format!("'{prefix}{set}'")),
        [set, member] => Some(format!("'{prefix}{set}({member})'")),
        _ => None,
    }
}

/// `USER.191` is one disk; `POOL:USER.A.B` is a directory in a pool.
fn read_vm(text: &str) -> Option<RemotePath> {
    if text.is_empty() || text.contains('/') {
        return None;
    }
    Some(match text.split_once(':') {
        Some((pool, rest)) => RemotePath::new(&format!("/{pool}:/{}", rest.replace('.', "/"))),
        None => RemotePath::new(&format!("/{text}")),
    })
}

fn read_guardian(text: &str) -> Option<RemotePath> {
    text.starts_with(['\\', '$']).then(|| RemotePath::new(&format!("/{}", text.replace('.', "/"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// System, what PWD says, the path, and what is sent for a file `f.x` in it.
    const SERVERS: &[(&str, &str, &str, &str)] = &[
        ("UNIX Type: L8", "/home/me", "/home/me", "/home/me/f.x"),
        ("Windows_NT", "/inetpub", "/inetpub", "/inetpub/f.x"),
        ("Windows_NT", "C:\\Users\\me", "/C:/Users/me", "C:\\Users\\me\\f.x"),
        ("Windows_NT", "C:\\", "/C:", "C:\\f.x"),
        ("WIN32", "\\pub", "/pub", "\\pub\\f.x"),
        ("Windows_NT", "\\\\srv\\share\\a", "/\\\\srv/share/a", "\\\\srv\\share\\a\\f.x"),
        ("OS/2", "D:\\", "/D:", "D:\\f.x"),
        ("CYGWIN_NT-10.0", "/cygdrive/c", "/cygdrive/c", "/cygdrive/c/f.x"),
        ("CYGWIN_NT-10.0", "//srv/share", "/\\\\srv/share", "//srv/share/f.x"),
        ("VxWorks 5.4.2", "ata0:/logs", "/ata0:/logs", "ata0:/logs/f.x"),
        ("UNKNOWN", "C:/data", "/C:/data", "C:/data/f.x"),
        ("VMS V8.4", "DISK$USER:[ME.WORK]", "/DISK$USER:/ME/WORK", "DISK$USER:[ME.WORK]f.x"),
        ("VMS VAX/VMS V6.1", "SYS$DISK:[000000]", "/SYS$DISK:", "SYS$DISK:[000000]f.x"),
        ("VMS OpenVMS V8.3", "$1$DGA1:[A^.B.C]", "/$1$DGA1:/A^.B/C", "$1$DGA1:[A^.B.C]f.x"),
        ("VMS", "[ME]", "/ME", "[ME]f.x"),
        ("MVS is the operating system of this server.", "'ME.'", "/ME.", "'ME.f.x'"),
        ("MVS is the operating system of this server.", "'ME.LIB.COBOL'", "/ME./LIB./COBOL", "'ME.LIB.COBOL(f.x)'"),
        ("MVS is the operating system of this server.", "/u/me", "/u/me", "/u/me/f.x"),
        ("z/VM Version 5", "ME.191", "/ME.191", "f.x"),
        ("VM is the operating system of this server.", "POOL:ME.A.B", "/POOL:/ME/A/B", "f.x"),
        ("NONSTOP KERNEL", "\\SYS.$VOL.SUB", "/\\SYS/$VOL/SUB", "\\SYS.$VOL.SUB.f.x"),
        ("GUARDIAN", "$DATA.MINE", "/$DATA/MINE", "$DATA.MINE.f.x"),
        ("NONSTOP KERNEL", "/home/me", "/home/me", "/home/me/f.x"),
    ];

    #[test]
    fn what_pwd_says_is_found_out_read_and_said_back() {
        for (system, said, path, file) in SERVERS {
            let syntax = PathSyntax::of(system, said);
            let read = syntax.read(said).unwrap();
            assert_eq!(read.as_str(), *path, "{system}: {said}");
            assert_eq!(syntax.directory(&read), *said, "{system}");
            assert_eq!(syntax.file(&read.join("f.x")), *file, "{system}");
        }
    }

    #[test]
    fn what_is_above_can_be_asked_for() {
        let up = |syntax: PathSyntax, said: &str| syntax.directory(&syntax.read(said).unwrap().parent().unwrap());
        assert_eq!(up(PathSyntax::Dos, "C:\\a"), "C:\\");
        assert_eq!(up(PathSyntax::Vms, "D:[A.B]"), "D:[A]");
        assert_eq!(up(PathSyntax::Vms, "D:[A]"), "D:[000000]");
        assert_eq!(up(PathSyntax::Mvs, "'A.B.LIB'"), "'A.B.'");
        assert_eq!(up(PathSyntax::NonStop, "\\S.$V.SUB"), "\\S.$V");
        assert_eq!(up(PathSyntax::Device, "C:/a"), "C:/");
        assert_eq!(PathSyntax::Dos.directory(&RemotePath::root()), "\\");
        assert_eq!(PathSyntax::Vms.directory(&RemotePath::root()), "[000000]");
    }

    #[test]
    fn a_name_cannot_lead_out_of_its_directory() {
        let file = |syntax: PathSyntax, path: &str| syntax.file(&RemotePath::new(path));
        assert_eq!(file(PathSyntax::Vms, "/D:/ME/[SYS]a.txt"), "D:[ME]^[SYS^]a.txt");
        assert_eq!(file(PathSyntax::Vms, "/D:/ME/E:<SYS>a.txt;1"), "D:[ME]E^:^<SYS^>a.txt;1");
        assert_eq!(file(PathSyntax::Vms, "/D:/ME]x/a^[b"), "D:[ME^]x]a^[b", "what is escaped already stays");
        assert_eq!(file(PathSyntax::Mvs, "/ME./a'(b)"), "/ME./a'(b)");
        assert!(!PathSyntax::Dos.can_name(&RemotePath::new("/C:/me/..\\..\\a")));
        assert!(PathSyntax::Dos.can_name(&RemotePath::new("/\\\\srv/share/a")));
        assert!(PathSyntax::Unix.can_name(&RemotePath::new("/me/a\\b")));
    }

    #[test]
    fn other_spellings_are_understood() {
        let read = |syntax: PathSyntax, text: &str| syntax.read(text).map(|path| path.as_str().to_owned());
        assert_eq!(read(PathSyntax::Vms, "D:[ROOT.][A.B]C.TXT;3").as_deref(), Some("/D:/ROOT/A/B/C.TXT;3"));
        assert_eq!(read(PathSyntax::Vms, "D:<A.B>").as_deref(), Some("/D:/A/B"));
        assert_eq!(read(PathSyntax::Vms, "SYS$LOGIN:").as_deref(), Some("/SYS$LOGIN:"));
        assert_eq!(read(PathSyntax::Mvs, "'SYS1.MACLIB(ABEND)'").as_deref(), Some("/SYS1./MACLIB/ABEND"));
        assert_eq!(read(PathSyntax::Mvs, "'/u/me'").as_deref(), Some("/u/me"));
        assert_eq!(read(PathSyntax::Dos, "c:\\a/b\\..\\c").as_deref(), Some("/c:/a/c"));
        for (syntax, text) in [
            (PathSyntax::Unix, "a"),
            (PathSyntax::Dos, "a\\b"),
            (PathSyntax::Vms, "A.B"),
            (PathSyntax::Vms, "D:[a/../../b]"),
            (PathSyntax::Mvs, "A.B"),
            (PathSyntax::Mvs, "'"),
            (PathSyntax::Device, "/a"),
            (PathSyntax::NonStop, "SUB"),
        ] {
            assert_eq!(read(syntax, text), None, "{syntax:?} {text}");
        }
        let here = RemotePath::new("/D:/A");
        assert_eq!(PathSyntax::Vms.resolve(&here, "E:[X]").as_str(), "/E:/X");
        assert_eq!(PathSyntax::Vms.resolve(&here, "B").as_str(), "/D:/A/B");
    }
}
