//! FileZilla's queue: `<Queue>` with servers, and in each its files and folders.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{path, server};
use crate::model::queue::Row;
use crate::model::queue::portable::{LeftOut, NO_FILE, Rows, can_be};
use crate::model::transfer::{Course, Folder, Phase, Priority, Transfer, TransferId};
use crate::model::xml::{Element, line};
use crate::model::{IfExists, Kind, PathSyntax, Site, TransferType};

/// In `Flags`: towards this machine.
const DOWNLOAD: u32 = 0x10;
/// As text: by the kinds of files that FileZilla takes for such, when the row was made.
const TEXT: u32 = 0x8000;
/// The same in `DataType`, of versions before it had flags.
const TYPE_TEXT: u8 = 0;
const TYPE_BINARY: u8 = 1;
/// What FileZilla does with a target that exists, from its 0 on. Its 4, "if the size differs or the source is newer", is
/// none of ours: the nearest would also replace newer targets by older sources.
const IF_EXISTS: [IfExists; 8] = [
    IfExists::Ask,
    IfExists::Overwrite,
    IfExists::Newer,
    IfExists::Size,
    IfExists::Ask,
    IfExists::Resume,
    IfExists::Rename,
    IfExists::Skip,
];

/// Why rows of a file cannot be taken.
const OTHER_PROTOCOL: &str = "of another protocol than FTP";
const EMPTY_FOLDER: &str = "of folders that are to be made without what is in them";
const OTHER_PATH: &str = "with a path that such a server cannot be told here";
/// Why rows of ours cannot be written.
const NOT_LISTED: &str = "of folders whose files are not listed yet (start the queue, and export it when they are)";
const UNTOLD: &str = "with a path that FileZilla cannot be told (the site's form of paths may have to be set)";

/// Takes rows out of a document while it is read.
pub(super) struct Reader<'a> {
    path: &'a dyn Fn(&str) -> PathBuf,
    rows: Rows,
    /// The server whose rows are being read: as it says itself, then with the forms of paths that its rows say. Nothing inside
    /// where it is none of ours.
    server: Option<Vec<Arc<Site>>>,
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
                let passwords = &mut self.rows.passwords;
                self.server.get_or_insert_with(|| {
                    let Some((site, password)) = server::read(outer) else { return Vec::new() };
                    let site = Arc::new(site);
                    passwords.extend(password.map(|password| (site.clone(), password)));
                    vec![site]
                });
                let row = self.row(&element);
                self.rows.take(row);
                return None;
            }
            _ => {}
        }
        Some(element)
    }

    fn row(&mut self, element: &Element) -> Result<Transfer, &'static str> {
        let said = self.server.as_ref().and_then(|sites| sites.first()).ok_or(OTHER_PROTOCOL)?.paths;
        // FileZilla makes the folder here or there, and does not look into it.
        if element.name == "Folder" {
            return Err(EMPTY_FOLDER);
        }
        let flags = element.number_of::<u32>("Flags");
        let is_download = match element.number_of::<u8>("Download") {
            Some(number) => number == 1,
            None => flags.ok_or(NO_FILE)? & DOWNLOAD != 0,
        };
        let is_text = match element.number_of::<u8>("DataType") {
            Some(number) => number == TYPE_TEXT,
            None => flags.unwrap_or(0) & TEXT != 0,
        };
        let local = (self.path)(element.text_of("LocalFile"));
        let name = local.file_name().and_then(|name| name.to_str());
        let (parent, name) = local.parent().zip(name).ok_or(NO_FILE)?;
        let (remote, paths) = path::read(element.text_of("RemotePath"), said).ok_or(OTHER_PATH)?;
        let site = self.site(paths).ok_or(OTHER_PROTOCOL)?;
        let folder = self.folder(Folder { site, local: parent.to_owned(), remote, below: 0 });
        let remote_name: Box<str> = element.text_of("RemoteFile").into();
        let action: Option<usize> = element.number_of("OverwriteAction");
        let row = Transfer {
            id: TransferId(0),
            course: if is_download { Course::Download } else { Course::Upload },
            kind: Kind::File,
            folder,
            local_name: (name != &*remote_name).then(|| name.into()),
            remote_name,
            size: element.number_of("Size"),
            phase: Phase::Left,
            attempts: 0,
            if_exists: action.and_then(|action| IF_EXISTS.get(action)).copied(),
            priority: element.number_of("Priority").map_or_else(Priority::default, Priority::of_level),
            transfer_type: if is_text { TransferType::Text } else { TransferType::Binary },
            place: 0,
        };
        can_be(&row).then_some(row).ok_or(NO_FILE)
    }

    /// The server with this form of paths.
    fn site(&mut self, paths: Option<PathSyntax>) -> Option<Arc<Site>> {
        let sites = self.server.as_mut()?;
        if let Some(known) = sites.iter().find(|site| site.paths == paths) {
            return Some(known.clone());
        }
        let site = Arc::new(Site { paths, ..Site::clone(sites.first()?) });
        sites.push(site.clone());
        Some(site)
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
    left_out: LeftOut,
}

impl<'a, W: io::Write> Writer<'a, W> {
    /// Begins the document. `text` makes a text of a path of this machine.
    pub fn new(mut to: W, text: &'a dyn Fn(&Path) -> String) -> io::Result<Self> {
        to.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FileZilla3>\n<Queue>\n")?;
        Ok(Self { to, text, server: None, left_out: LeftOut::default() })
    }

    /// Writes a row. FileZilla would make a folder of ours, and move nothing that is in it.
    pub fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let site = &row.folder.site;
        if row.kind != Kind::File {
            self.left_out.add(1, NOT_LISTED);
            return Ok(());
        }
        let Some(path) = path::write(&row.folder.remote, site.paths) else {
            self.left_out.add(1, UNTOLD);
            return Ok(());
        };
        if self.server.as_ref() != Some(site) {
            self.end_server()?;
            write!(self.to, "<Server>\n{}", server::write(site))?;
            self.server = Some(site.clone());
        }
        let is_download = row.course == Course::Download;
        let local = (self.text)(&row.folder.local.join(row.local_name()));
        self.to.write_all(b"<File>\n")?;
        for (name, value) in [("LocalFile", local.as_str()), ("RemoteFile", row.remote_name), ("RemotePath", &path)] {
            self.to.write_all(line(name, value).as_bytes())?;
        }
        // Older ones know `Download`, newer ones the flags.
        let (download, way) = if is_download { ("1", DOWNLOAD) } else { ("0", 0) };
        let (data_type, text) = if row.is_text() { (TYPE_TEXT, TEXT) } else { (TYPE_BINARY, 0) };
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
        self.to.write_all(b"</File>\n")
    }

    /// Ends the document, and says what is left out of it.
    pub fn end(mut self) -> io::Result<LeftOut> {
        self.end_server()?;
        self.to.write_all(b"</Queue>\n</FileZilla3>\n")?;
        Ok(self.left_out)
    }

    fn end_server(&mut self) -> io::Result<()> {
        if self.server.take().is_some() { self.to.write_all(b"</Server>\n") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Login, RemotePath, Secret, filezilla};

    fn read(inside: &str) -> Rows {
        let text = format!("<FileZilla3><Queue>{inside}</Queue></FileZilla3>");
        filezilla::read(text.as_bytes(), &|text| text.into()).unwrap().rows
    }

    /// As FileZilla 3.63 wrote them.
    const SERVER: &str = "<Host>127.0.0.1</Host><Port>2121</Port><Protocol>0</Protocol><Type>0</Type><User>me</User>\
        <Pass encoding=\"base64\">c2VjcmV0</Pass><Logontype>1</Logontype><PasvMode>MODE_DEFAULT</PasvMode>\
        <EncodingType>Auto</EncodingType>";

    #[test]
    fn what_filezilla_wrote_is_read() {
        let text = include_str!("../../../tests/data/filezilla/queue.xml");
        let rows = filezilla::read(text.as_bytes(), &|text| text.into()).unwrap().rows;
        let told = rows
            .rows
            .iter()
            .map(|row| (row.course, row.folder.local.join(row.local_name()), row.remote(), row.size, row.is_text()))
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
        let why =
            "2 left out: 1 of another protocol than FTP, 1 of folders that are to be made without what is in them";
        assert_eq!((rows.rows.len(), rows.left_out.to_string().as_str()), (2, why));
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
    fn paths_say_their_form_where_the_server_does_not() {
        let rows = |kind: u8, paths: &[&str]| {
            let row = |path: &&str| {
                format!(
                    "<File><LocalFile>/l/a</LocalFile><RemoteFile>a</RemoteFile><RemotePath>{path}</RemotePath>\
                     <Flags>16</Flags></File>"
                )
            };
            let server = SERVER.replace("<Type>0", &format!("<Type>{kind}"));
            read(&format!("<Server>{server}{}</Server>", paths.iter().map(row).collect::<String>()))
        };
        let told = rows(0, &["1 0 1 a", "2 2 D: 1 A", "2 2 D: 1 B", "1 0"]);
        let forms: Vec<_> = told.rows.iter().map(|row| row.folder.site.paths).collect();
        assert_eq!(forms, [None, Some(PathSyntax::Vms), Some(PathSyntax::Vms), None]);
        assert!(Arc::ptr_eq(&told.rows[1].folder.site, &told.rows[2].folder.site), "it is not another server");
        let told = rows(4, &["1 0 1 u", "4 1 . 2 ME", "3 0 2 C:"]);
        let forms: Vec<_> = told.rows.iter().map(|row| (row.folder.remote.as_str(), row.folder.site.paths)).collect();
        assert_eq!(forms, [("/u", Some(PathSyntax::Mvs)), ("/ME.", Some(PathSyntax::Mvs))]);
        let why = "1 left out: with a path that such a server cannot be told here";
        assert_eq!(told.left_out.to_string(), why);
    }

    #[test]
    fn size_or_newer_is_asked_about() {
        let file = |action: u8| {
            format!(
                "<File><LocalFile>/l/a</LocalFile><RemoteFile>a</RemoteFile><RemotePath>1 0</RemotePath><Flags>16</Flags>\
                 <OverwriteAction>{action}</OverwriteAction></File>"
            )
        };
        let rows = read(&format!("<Server>{SERVER}{}</Server>", (0..9).map(file).collect::<String>())).rows;
        use IfExists::*;
        let expected = [Ask, Overwrite, Newer, Size, Ask, Resume, Rename, Skip].map(Some).into_iter().chain([None]);
        assert!(rows.iter().map(|row| row.if_exists).eq(expected));
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
            transfer_type: TransferType::Binary,
            place: 0,
        };
        let rows = [
            row.clone(),
            Transfer {
                course: Course::Upload,
                local_name: None,
                if_exists: None,
                size: None,
                transfer_type: TransferType::Text,
                ..row.clone()
            },
            Transfer { priority: Priority::Normal, if_exists: Some(IfExists::Ask), ..row.clone() },
            Transfer { folder: folder(&two), ..row.clone() },
        ];
        let mut bytes = Vec::new();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut writer = Writer::new(&mut bytes, &text).unwrap();
        rows.iter().for_each(|row| writer.row(row.row()).unwrap());
        let left_out = writer.end().unwrap();
        let held = filezilla::read(&bytes[..], &|text| text.into()).unwrap().rows;
        assert_eq!((held.rows.as_slice(), &held.left_out), (rows.as_slice(), &left_out));
        assert_eq!(left_out, LeftOut::default());

        bytes.clear();
        let mut writer = Writer::new(&mut bytes, &text).unwrap();
        let of = |kind| Transfer { kind, ..row.clone() };
        let vms = Transfer { folder: folder(&vms), if_exists: Some(IfExists::SizeOrTime), ..row.clone() };
        for row in [of(Kind::Directory), of(Kind::Other), vms] {
            writer.row(row.row()).unwrap();
        }
        let left_out = writer.end().unwrap().to_string();
        assert_eq!(left_out, format!("2 left out: {NOT_LISTED}"));
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("Folder") && !text.contains("OverwriteAction"), "{text}");
        assert_eq!(text.matches("<File>").count(), 1);
    }
}
