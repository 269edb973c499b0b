//! FileZilla's queue: `<Queue>` with servers, and in each its files and folders.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::server;
use crate::model::path::RemotePath;
use crate::model::queue::Row;
use crate::model::queue::portable::{Rows, can_be};
use crate::model::transfer::{Course, Folder, Phase, Priority, Transfer, TransferId};
use crate::model::xml::{Element, line};
use crate::model::{IfExists, Kind, PathSyntax, Site};

/// In `Flags`: towards this machine.
const DOWNLOAD: u32 = 0x10;
/// As text: by the kinds of files that FileZilla takes for such, when the row was made.
const TEXT: u32 = 0x8000;
/// The same in `DataType`, of versions before it had flags.
const TYPE_TEXT: u8 = 0;
const TYPE_BINARY: u8 = 1;
/// What FileZilla does with a target that exists, from its 0 on.
const IF_EXISTS: [IfExists; 8] = [
    IfExists::Ask,
    IfExists::Overwrite,
    IfExists::Newer,
    IfExists::Size,
    IfExists::SizeOrTime,
    IfExists::Resume,
    IfExists::Rename,
    IfExists::Skip,
];

/// Takes rows out of a document while it is read.
pub(super) struct Reader<'a> {
    path: &'a dyn Fn(&str) -> PathBuf,
    rows: Rows,
    /// The server whose rows are being read; `None` inside where it is none of ours.
    server: Option<Option<Arc<Site>>>,
    /// Rows that come one after the other mostly share it.
    folder: Option<Arc<Folder>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a dyn Fn(&str) -> PathBuf) -> Self {
        Self { path, rows: Rows::default(), server: None, folder: None }
    }

    pub(super) fn rows(self) -> Rows {
        self.rows
    }

    /// Takes `element`, the next one in `outer`, if it is a row; else gives it back.
    pub(super) fn keep(&mut self, outer: &Element, element: Element) -> Option<Element> {
        match element.name.as_str() {
            "Server" => self.server = None,
            "File" | "Folder" if outer.name == "Server" => {
                let known = self.server.get_or_insert_with(|| {
                    let (site, password) = server::read(outer)?;
                    let site = Arc::new(site);
                    self.rows.passwords.extend(password.map(|password| (site.clone(), password)));
                    Some(site)
                });
                match known.clone().and_then(|site| self.row(&site, &element)) {
                    Some(row) => self.rows.rows.push(row),
                    None => self.rows.left_out += 1,
                }
                return None;
            }
            _ => {}
        }
        Some(element)
    }

    fn row(&mut self, site: &Arc<Site>, element: &Element) -> Option<Transfer> {
        let flags = element.number_of::<u32>("Flags");
        let is_download = match element.number_of::<u8>("Download") {
            Some(number) => number == 1,
            None => flags? & DOWNLOAD != 0,
        };
        let text = match element.number_of::<u8>("DataType") {
            Some(number) => number == TYPE_TEXT,
            None => flags.unwrap_or(0) & TEXT != 0,
        };
        let local = (self.path)(element.text_of("LocalFile"));
        let (parent, name) = (local.parent()?, local.file_name()?.to_str()?);
        let remote = read_path(element.text_of("RemotePath"))?;
        let folder = self.folder(Folder { site: site.clone(), local: parent.to_owned(), remote, below: 0 });
        let remote_name: Box<str> = element.text_of("RemoteFile").into();
        let action: Option<usize> = element.number_of("OverwriteAction");
        let row = Transfer {
            id: TransferId(0),
            course: if is_download { Course::Download } else { Course::Upload },
            kind: if element.name == "File" { Kind::File } else { Kind::Directory },
            folder,
            local_name: (name != &*remote_name).then(|| name.into()),
            remote_name,
            size: element.number_of("Size"),
            phase: Phase::Left,
            attempts: 0,
            if_exists: action.and_then(|action| IF_EXISTS.get(action)).copied(),
            priority: element.number_of("Priority").map_or_else(Priority::default, Priority::of_level),
            text,
            place: 0,
        };
        can_be(&row).then_some(row)
    }

    fn folder(&mut self, folder: Folder) -> Arc<Folder> {
        match &self.folder {
            Some(known) if **known == folder => known.clone(),
            _ => self.folder.insert(Arc::new(folder)).clone(),
        }
    }
}

/// Writes a queue as FileZilla exports its own.
pub struct Writer<'a, W> {
    to: W,
    text: &'a dyn Fn(&Path) -> String,
    server: Option<Arc<Site>>,
    /// Rows that FileZilla cannot be told of: those on servers whose paths it writes in another way.
    pub left_out: usize,
}

impl<'a, W: io::Write> Writer<'a, W> {
    /// Begins the document. `text` makes a text of a path of this machine.
    pub fn new(mut to: W, text: &'a dyn Fn(&Path) -> String) -> io::Result<Self> {
        to.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FileZilla3>\n<Queue>\n")?;
        Ok(Self { to, text, server: None, left_out: 0 })
    }

    /// Writes a row.
    pub fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let site = &row.folder.site;
        let Some(path) = write_path(&row.folder.remote, site.paths.unwrap_or_default()) else {
            self.left_out += 1;
            return Ok(());
        };
        if self.server.as_ref() != Some(site) {
            self.end_server()?;
            write!(self.to, "<Server>\n{}", server::write(site))?;
            self.server = Some(site.clone());
        }
        let is_download = row.course == Course::Download;
        let name = if row.kind == Kind::Directory { "Folder" } else { "File" };
        let local = (self.text)(&row.folder.local.join(row.local_name()));
        writeln!(self.to, "<{name}>")?;
        for (name, value) in [("LocalFile", local.as_str()), ("RemoteFile", row.remote_name), ("RemotePath", &path)] {
            self.to.write_all(line(name, value).as_bytes())?;
        }
        // Older ones know `Download`, newer ones the flags.
        let (download, way) = if is_download { ("1", DOWNLOAD) } else { ("0", 0) };
        let (data_type, text) = if row.text { (TYPE_TEXT, TEXT) } else { (TYPE_BINARY, 0) };
        self.to.write_all(line("Download", download).as_bytes())?;
        self.to.write_all(line("Flags", &(way | text).to_string()).as_bytes())?;
        if let Some(size) = row.size {
            self.to.write_all(line("Size", &size.to_string()).as_bytes())?;
        }
        if row.priority != Priority::default() {
            self.to.write_all(line("Priority", &row.priority.level().to_string()).as_bytes())?;
        }
        if let Some(action) = row.if_exists.and_then(|action| IF_EXISTS.iter().position(|known| *known == action)) {
            self.to.write_all(line("OverwriteAction", &action.to_string()).as_bytes())?;
        }
        self.to.write_all(line("DataType", &data_type.to_string()).as_bytes())?;
        writeln!(self.to, "</{name}>")
    }

    /// Ends the document.
    pub fn end(mut self) -> io::Result<usize> {
        self.end_server()?;
        self.to.write_all(b"</Queue>\n</FileZilla3>\n")?;
        Ok(self.left_out)
    }

    fn end_server(&mut self) -> io::Result<()> {
        if self.server.take().is_some() { self.to.write_all(b"</Server>\n") } else { Ok(()) }
    }
}

/// `TYPE LENGTH[ PREFIX]( LENGTH SEGMENT)*`, the form in which FileZilla keeps paths.
fn read_path(safe: &str) -> Option<RemotePath> {
    let (kind, rest) = number(safe)?;
    let (prefix, mut rest) = number(rest)?;
    // Prefixes are of VMS, MVS and VM.
    if prefix != 0 || !matches!(kind, 0 | 1 | 3 | 5 | 8 | 9 | 10) {
        return None;
    }
    let mut path = RemotePath::root();
    while !rest.is_empty() {
        let (length, after) = number(rest)?;
        let (segment, after) = units(after, length)?;
        if segment.is_empty() || matches!(segment, "." | "..") || segment.contains(['/', '\0']) {
            return None;
        }
        path = path.join(segment);
        rest = after;
    }
    Some(path)
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

fn write_path(path: &RemotePath, syntax: PathSyntax) -> Option<String> {
    if path.typed().is_some() {
        return None;
    }
    let kind = match syntax {
        PathSyntax::Unix => 1,
        PathSyntax::Dos => 3,
        PathSyntax::Cygwin => 9,
        PathSyntax::Device | PathSyntax::Vms | PathSyntax::Mvs | PathSyntax::Vm | PathSyntax::NonStop => return None,
    };
    let segments = path.components().map(|segment| format!(" {} {segment}", segment.chars().count()));
    Some(format!("{kind} 0{}", segments.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Login, Secret, filezilla};

    fn read(inside: &str) -> Rows {
        let text = format!("<FileZilla3><Queue>{inside}</Queue></FileZilla3>");
        filezilla::read(&text, &|text| text.into()).unwrap().rows
    }

    /// As FileZilla 3.63 wrote them.
    const SERVER: &str = "<Host>127.0.0.1</Host><Port>2121</Port><Protocol>0</Protocol><Type>0</Type><User>me</User>\
        <Pass encoding=\"base64\">c2VjcmV0</Pass><Logontype>1</Logontype><PasvMode>MODE_DEFAULT</PasvMode>\
        <EncodingType>Auto</EncodingType>";

    #[test]
    fn what_filezilla_wrote_is_read() {
        let text = include_str!("../../../tests/data/filezilla/queue.xml");
        let rows = filezilla::read(text, &|text| text.into()).unwrap().rows;
        let told = rows
            .rows
            .iter()
            .map(|row| (row.course, row.folder.local.join(row.local_name()), row.remote(), row.size, row.text))
            .collect::<Vec<_>>();
        let [(Course::Download, down, data, Some(5000), false), (Course::Upload, up, hello, Some(6), true)] =
            told.as_slice()
        else {
            panic!("{told:?}")
        };
        assert_eq!((down.as_path(), data.as_str()), (Path::new("/home/me/data.bin"), "/data.bin"));
        assert_eq!((up.as_path(), hello.as_str()), (Path::new("/home/me/hello.txt"), "/hello.txt"));
    }

    #[test]
    fn rows_are_read_with_their_server() {
        let rows = read(&format!(
            "<Server>{SERVER}<File><LocalFile>/home/me/a.txt</LocalFile><RemoteFile>b.txt</RemoteFile>\
             <RemotePath>1 0 3 pub 6 x y ä&#x1F600;</RemotePath><Flags>16</Flags><Size>7</Size><Priority>4</Priority>\
             <OverwriteAction>3</OverwriteAction></File><File><LocalFile>/home/me/c</LocalFile><RemoteFile>c</RemoteFile>\
             <RemotePath>1 0</RemotePath><Download>0</Download></File><Folder><LocalFile>/home/me/d</LocalFile>\
             <Flags>16</Flags></Folder></Server>\
             <Server><Host>h</Host><Protocol>1</Protocol><File><LocalFile>/a</LocalFile><RemoteFile>b</RemoteFile>\
             <RemotePath>1 0</RemotePath><Flags>0</Flags></File></Server>"
        ));
        assert_eq!((rows.rows.len(), rows.left_out), (2, 2), "a folder without its other end, and SFTP");
        let [first, second] = rows.rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(first.remote().as_str(), "/pub/x y ä\u{1F600}/b.txt");
        assert_eq!((first.local_name(), first.course, first.size), ("a.txt", Course::Download, Some(7)));
        assert_eq!(
            (first.priority, first.if_exists, &first.phase),
            (Priority::Highest, Some(IfExists::Size), &Phase::Left)
        );
        assert_eq!(
            (second.remote().as_str(), second.course, second.priority),
            ("/c", Course::Upload, Priority::Normal)
        );
        assert_eq!((first.folder.site.port(), first.folder.site.login), (2121, Login::Normal));
        assert_eq!(rows.passwords, [(first.folder.site.clone(), Secret::new("secret"))]);
    }

    #[test]
    fn paths_are_read_and_written() {
        for (safe, path) in [
            ("1 0", Some("/")),
            ("1 0 4 home 3 foo", Some("/home/foo")),
            ("0 0 5 a b c", Some("/a b c")),
            ("1 0 3 \u{1F600}x", Some("/\u{1F600}x")), // of Windows
            ("1 0 2 \u{1F600}x", Some("/\u{1F600}x")),
            ("2 4 DISK 1 A", None),
            ("1 0 2 ..", None),
            ("1 0 3 a/b", None),
            ("1 0 9 ab", None),
            ("1 0 1 ab", None),
            ("", None),
        ] {
            assert_eq!(read_path(safe), path.map(RemotePath::new), "{safe}");
        }
        assert_eq!(write_path(&RemotePath::new("/ä/b c"), PathSyntax::Unix).as_deref(), Some("1 0 1 ä 3 b c"));
        assert_eq!(write_path(&RemotePath::root(), PathSyntax::Vms), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let site = |host: &str, paths| Arc::new(Site { host: host.into(), paths, ..Site::default() });
        let folder = |site: &Arc<Site>| {
            let remote = RemotePath::new("/pub/a & b");
            Arc::new(Folder { site: site.clone(), local: "/l".into(), remote, below: 0 })
        };
        let (one, two, vms) = (site("one", None), site("two", None), site("vms", Some(PathSyntax::Vms)));
        let row = Transfer {
            id: TransferId(0),
            course: Course::Download,
            kind: Kind::File,
            folder: folder(&one),
            remote_name: "<x>".into(),
            local_name: Some("y".into()),
            size: Some(3),
            phase: Phase::Left,
            attempts: 0,
            if_exists: Some(IfExists::Resume),
            priority: Priority::Low,
            text: false,
            place: 0,
        };
        let rows = [
            row.clone(),
            Transfer {
                course: Course::Upload,
                local_name: None,
                if_exists: None,
                size: None,
                text: true,
                ..row.clone()
            },
            Transfer { kind: Kind::Directory, priority: Priority::Normal, ..row.clone() },
            Transfer { folder: folder(&two), ..row.clone() },
        ];
        let mut bytes = Vec::new();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut writer = Writer::new(&mut bytes, &text).unwrap();
        rows.iter().for_each(|row| writer.row(row.row()).unwrap());
        writer.row(Transfer { folder: folder(&vms), ..row }.row()).unwrap();
        assert_eq!(writer.end().unwrap(), 1);
        let read = filezilla::read(std::str::from_utf8(&bytes).unwrap(), &|text| text.into()).unwrap().rows;
        assert_eq!((read.rows.as_slice(), read.left_out), (rows.as_slice(), 0));
    }
}
