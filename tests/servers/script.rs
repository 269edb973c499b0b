//! The script: each step does one thing as a person would want it done, and looks at the server's disk or listing.

use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use longshore::ftp::{self, Operation, Outcome, Then, TransferType};
use longshore::model::{Direction, Entry, Kind, Mode, RemotePath, Security, Site};
use longshore::net::{Body, Cancel, Connection, Dial, Error, Flow, Log, Pace, open};

use super::harness::dial::dial;

/// A way to a server.
pub struct Way {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub certificate: PathBuf,
    /// The folder that it serves.
    pub root: PathBuf,
    /// Whether data connections must resume the session of the control connection.
    pub resumes: bool,
    /// Gives what a test puts there to the server's user.
    pub own: Option<Box<dyn Fn()>>,
    pub tls: bool,
    pub tls12_only: bool,
    pub mode: Mode,
}

/// How a step ended; if badly, with what was said last.
type Result<T> = std::result::Result<T, String>;

/// A step: what it shows, and what it does.
type Step = (&'static str, fn(&mut Client<'_>) -> Result<()>);

/// In their order: later ones use what earlier ones have made.
pub const STEPS: &[Step] = &[
    ("a wrong password is refused", wrong_password),
    ("log-in, and what the server says of itself", introduction),
    ("the control connection is encrypted where it should be", security),
    ("an empty folder is listed", |c| c.names("/").and_then(|names| same(names, Vec::new()))),
    ("a folder is made", |c| c.does(make("/one")).and_then(|()| must(c.at("one").is_dir(), "it is not there"))),
    ("a folder in a folder is made", |c| c.does(make("/one/two"))),
    ("a folder that is there is refused", |c| c.refuses(make("/one"))),
    ("an empty file goes up", |c| c.upload("/empty", b"")),
    ("a small file goes up", |c| c.upload("/small", b"hello\r\nworld\n")),
    ("a file of 3 MB goes up", |c| c.upload("/large", &bytes(3_000_000))),
    ("an empty file comes down", |c| c.download("/empty", b"")),
    ("a small file comes down", |c| c.download("/small", b"hello\r\nworld\n")),
    ("a file of 3 MB comes down", |c| c.download("/large", &bytes(3_000_000))),
    ("sizes and kinds are listed", sizes_and_kinds),
    ("size and time of a file are told", facts),
    ("names with blanks", |c| c.name("two  words and more")),
    ("names beyond ASCII", |c| c.name("Grüße, Привет, 日本語, 😀.txt")),
    ("names of signs", |c| c.name("#%&+;=@!$(){}[]~`^,.txt")),
    ("names with quotes", |c| c.name("it's \"quoted\"")),
    ("names with patterns", |c| c.name("[a-z]*?.txt")),
    ("names that look like options", |c| c.name("-la")),
    ("names that begin with a blank", |c| c.name(" leads")),
    ("names that are no UTF-8", undecodable_name),
    ("hidden files are listed", hidden),
    ("a link to a folder is entered", link),
    ("a time is set and listed", time),
    ("permissions are set and listed", permissions),
    ("a file is renamed", |c| c.renames("/small", "/tiny")),
    ("a file is moved to another folder", |c| c.renames("/tiny", "/one/two/tiny")),
    ("a folder is renamed with what is in it", |c| c.renames("/one", "/eins")),
    ("an upload goes on from where it was", resumed_upload),
    ("an upload is appended", appended),
    ("a download goes on from where it was", resumed_download),
    ("text comes down with this system's line ends", text_down),
    ("text goes up with the network's line ends", text_up),
    ("a stopped download leaves the connection usable", stopped_download),
    ("a stopped upload is not called whole", stopped_upload),
    ("three hundred files are listed", many),
    ("a raw command with a reply", |c| c.raw("NOOP").map(drop)),
    ("a raw command with data", raw_listing),
    ("a missing file is refused", |c| c.refuses(retrieve("/missing"))),
    ("a missing folder is an error, not an empty listing", missing_folder),
    ("an upload into a missing folder is refused", upload_nowhere),
    ("a file is deleted", |c| c.does(delete("/large")).and_then(|()| must(!c.at("large").exists(), "it is there"))),
    ("a missing file is not deleted", |c| c.refuses(delete("/large"))),
    ("a folder with something in it is not removed", |c| c.refuses(remove("/eins"))),
    ("folders are removed", remove_folders),
    ("data connections were encrypted, and resumed where that is demanded", encrypted_data),
    ("goodbye", goodbye),
];

/// Plays all steps.
pub fn play(way: &Way) -> Vec<Result<()>> {
    let mut client = Client::new(way);
    STEPS
        .iter()
        .map(|(_, step)| {
            client.said.lock().unwrap().push(String::new());
            step(&mut client).map_err(|why| format!("{why}; last: {}", client.last_words()))
        })
        .collect()
}

/// A client with one connection, which is opened anew where a step has closed it.
pub struct Client<'a> {
    way: &'a Way,
    runtime: tokio::runtime::Runtime,
    connection: Option<Connection>,
    said: Arc<Mutex<Vec<String>>>,
}

impl<'a> Client<'a> {
    fn new(way: &'a Way) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { way, runtime, connection: None, said: Arc::default() }
    }

    fn dial(&self, password: &str) -> Dial {
        let said = self.said.clone();
        let log = Log::new(move |line| {
            let arrow = match line.direction {
                Direction::Sent => ">",
                Direction::Received => "<",
                Direction::Note => "*",
            };
            said.lock().unwrap().push(format!("{arrow} {}", line.text));
        });
        let roots = if self.way.tls { vec![self.way.certificate.clone()] } else { Vec::new() };
        let site = Site {
            host: self.way.host.clone(),
            port: Some(self.way.port),
            security: if self.way.tls { Security::Explicit } else { Security::Never },
            user: self.way.user.clone(),
            mode: self.way.mode,
            ..Site::default()
        };
        Dial { tls12_only: self.way.tls12_only, ..dial(site, password, &roots, log) }
    }

    fn connection(&mut self) -> Result<&Connection> {
        if self.connection.as_ref().is_none_or(|connection| !connection.is_open()) {
            let dial = self.dial(&self.way.password);
            self.connection = Some(self.runtime.block_on(open(dial, |_| {})).map_err(|error| error.to_string())?);
        }
        self.connection.as_ref().ok_or_else(|| "no connection".to_owned())
    }

    fn try_run(
        &mut self,
        operation: Operation,
        body: Body,
        cancel: &Cancel,
    ) -> Result<std::result::Result<Outcome, Error>> {
        self.connection()?;
        let connection = self.connection.as_ref().unwrap();
        Ok(self.runtime.block_on(connection.run(operation, body, None, cancel)).map(|(outcome, _)| outcome))
    }

    fn run(&mut self, operation: Operation, body: Body) -> Result<Outcome> {
        self.try_run(operation, body, &Cancel::new())?.map_err(|error| error.to_string())
    }

    fn does(&mut self, operation: Operation) -> Result<()> {
        self.run(operation, Body::None).map(drop)
    }

    /// The server must refuse it, and the connection must live.
    fn refuses(&mut self, operation: Operation) -> Result<()> {
        let body = match operation {
            Operation::Retrieve { .. } => Body::Receive { file: tempfile::tempfile().unwrap(), flow: Arc::default() },
            _ => Body::None,
        };
        match self.try_run(operation, body, &Cancel::new())? {
            Err(Error::Ftp(ftp::Error::Refused { code, .. })) if code >= 400 => self.does(Operation::NoOperation),
            Err(error) => Err(format!("it ended otherwise: {error}")),
            Ok(outcome) => Err(format!("it was not refused: {outcome:?}")),
        }
    }

    fn entries(&mut self, path: &str) -> Result<Vec<Entry>> {
        self.connection()?;
        let connection = self.connection.as_ref().unwrap();
        let listing = self.runtime.block_on(connection.list(&RemotePath::new(path), &Cancel::new()));
        listing.map(|listing| listing.entries.clone()).map_err(|error| error.to_string())
    }

    fn names(&mut self, path: &str) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.entries(path)?.into_iter().map(|entry| entry.name).collect();
        names.sort();
        Ok(names)
    }

    fn entry(&mut self, folder: &str, name: &str) -> Result<Entry> {
        let entries = self.entries(folder)?;
        let names: Vec<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        entries.into_iter().find(|entry| entry.name == name).ok_or_else(|| format!("{name:?} is not among {names:?}"))
    }

    /// A path on the server's disk.
    fn at(&self, path: &str) -> PathBuf {
        self.way.root.join(path.trim_start_matches('/'))
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        std::fs::write(self.at(path), bytes).unwrap();
        self.own();
    }

    fn own(&self) {
        if let Some(own) = &self.way.own {
            own();
        }
    }

    fn store(&mut self, operation: Operation, bytes: &[u8], from: u64, ascii: bool) -> Result<Outcome> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let flow = Arc::new(Flow::new(Pace::default(), ascii));
        self.run(operation, Body::Send { file, from, flow })
    }

    fn upload(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let operation = Operation::Store {
            path: RemotePath::new(path),
            offset: 0,
            kind: TransferType::Image,
            then: Then::default(),
        };
        same(
            self.store(operation, bytes, 0, false)?,
            Outcome::Stored { bytes: bytes.len() as u64, size: None, dated: false, clean: true },
        )?;
        must(std::fs::read(self.at(path)).ok().as_deref() == Some(bytes), "it is not there as it was sent")
    }

    fn fetch(&mut self, operation: Operation, before: &[u8], ascii: bool) -> Result<Vec<u8>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(before).unwrap();
        let flow = Arc::new(Flow { from: before.len() as u64, ..Flow::new(Pace::default(), ascii) });
        self.run(operation, Body::Receive { file: file.try_clone().unwrap(), flow })?;
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        Ok(bytes)
    }

    fn download(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let got = self.fetch(retrieve(path), b"", false)?;
        must(got == bytes, "it is not what is there")
    }

    /// A file of this name goes up, is listed, comes down, and is deleted.
    fn name(&mut self, name: &str) -> Result<()> {
        let path = format!("/{name}");
        self.upload(&path, b"x")?;
        self.entry("/", name)?;
        self.download(&path, b"x")?;
        self.does(delete(&path))?;
        must(!self.at(name).exists(), "it is still there")
    }

    fn renames(&mut self, from: &str, to: &str) -> Result<()> {
        self.does(Operation::Rename { from: RemotePath::new(from), to: RemotePath::new(to) })?;
        must(self.at(to).exists() && !self.at(from).exists(), "it did not move")
    }

    fn raw(&mut self, line: &str) -> Result<(Outcome, Vec<u8>)> {
        self.connection()?;
        let connection = self.connection.as_ref().unwrap();
        let operation = Operation::Raw { line: line.to_owned() };
        let cancel = Cancel::new();
        self.runtime.block_on(connection.run(operation, Body::None, None, &cancel)).map_err(|error| error.to_string())
    }

    fn last_words(&self) -> String {
        let said = self.said.lock().unwrap();
        let mut last: Vec<_> = said.iter().rev().take_while(|line| !line.is_empty()).take(16).cloned().collect();
        last.reverse();
        last.join(" / ")
    }

    fn count(&self, words: &str) -> usize {
        self.said.lock().unwrap().iter().filter(|line| line.contains(words)).count()
    }
}

fn wrong_password(client: &mut Client<'_>) -> Result<()> {
    match client.runtime.block_on(open(client.dial("not it"), |_| {})) {
        Ok(_) => Err("it was let in".to_owned()),
        Err(Error::Ftp(ftp::Error::Refused { code: 530, .. })) => Ok(()),
        Err(error) => Err(format!("it ended otherwise: {error}")),
    }
}

fn introduction(client: &mut Client<'_>) -> Result<()> {
    let server = client.connection()?.server();
    must(!server.features.is_empty() && server.home == RemotePath::root(), "no features, or another home")
}

fn security(client: &mut Client<'_>) -> Result<()> {
    let wanted = client.way.tls;
    let server = client.connection()?.server();
    must(server.tls.is_some() == wanted, "it is not as asked for")
}

fn sizes_and_kinds(client: &mut Client<'_>) -> Result<()> {
    let large = client.entry("/", "large")?;
    same((large.size, large.kind), (Some(3_000_000), Kind::File))?;
    same(client.entry("/", "one")?.kind, Kind::Directory)?;
    same(client.entry("/one", "two")?.kind, Kind::Directory)
}

fn facts(client: &mut Client<'_>) -> Result<()> {
    let outcome = client.run(Operation::Facts { path: RemotePath::new("/large") }, Body::None)?;
    match outcome {
        Outcome::Facts { size: Some(3_000_000), modified: Some(modified), .. } => {
            let now = jiff::Timestamp::now().as_second();
            must((now - modified.unix_seconds()).abs() < 600, "the time is not the present in UTC")
        }
        other => Err(format!("{other:?}")),
    }
}

fn undecodable_name(client: &mut Client<'_>) -> Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(client.way.root.join(name), b"latin").unwrap();
    client.own();
    let result = (|| {
        let name = longshore::model::path::decode_utf8(b"caf\xe9.txt");
        client.entry("/", &name)?;
        let path = format!("/{name}");
        client.download(&path, b"latin")?;
        client.does(delete(&path))
    })();
    let _ = std::fs::remove_file(client.way.root.join(name));
    result
}

fn hidden(client: &mut Client<'_>) -> Result<()> {
    client.upload("/.hidden", b"x")?;
    client.entry("/", ".hidden")?;
    client.does(delete("/.hidden"))
}

fn link(client: &mut Client<'_>) -> Result<()> {
    std::os::unix::fs::symlink("one", client.at("link")).unwrap();
    let result = client.entry("/", "link").and_then(|entry| {
        must(entry.kind == Kind::Link || entry.is_directory(), "it is not shown as a link or a folder")?;
        same(client.names("/link")?, vec!["two".to_owned()])
    });
    std::fs::remove_file(client.at("link")).unwrap();
    result
}

fn time(client: &mut Client<'_>) -> Result<()> {
    let at: jiff::Timestamp = "2020-02-29T12:34:56Z".parse().unwrap();
    client.does(Operation::SetModified { path: RemotePath::new("/large"), at })?;
    let there = std::fs::metadata(client.at("large")).unwrap().modified().unwrap();
    let there = there.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    same(i64::try_from(there).unwrap(), at.as_second())?;
    let listed = client.entry("/", "large")?.modified.ok_or("no time is listed")?;
    same(listed.at.date().to_string(), "2020-02-29".to_owned())
}

fn permissions(client: &mut Client<'_>) -> Result<()> {
    client.does(Operation::Chmod { path: RemotePath::new("/large"), mode: 0o604 })?;
    use std::os::unix::fs::PermissionsExt;
    same(std::fs::metadata(client.at("large")).unwrap().permissions().mode() & 0o777, 0o604)
}

fn resumed_upload(client: &mut Client<'_>) -> Result<()> {
    let whole = bytes(500_000);
    client.upload("/part", &whole[..200_000])?;
    let operation = Operation::Store {
        path: RemotePath::new("/part"),
        offset: 200_000,
        kind: TransferType::Image,
        then: Then::default(),
    };
    client.store(operation, &whole, 200_000, false)?;
    must(std::fs::read(client.at("part")).unwrap() == whole, "it is not whole")
}

fn appended(client: &mut Client<'_>) -> Result<()> {
    client.upload("/appended", b"one ")?;
    let operation =
        Operation::Append { path: RemotePath::new("/appended"), kind: TransferType::Image, then: Then::default() };
    client.store(operation, b"two", 0, false)?;
    same(std::fs::read(client.at("appended")).unwrap(), b"one two".to_vec())?;
    client.does(delete("/appended"))
}

fn resumed_download(client: &mut Client<'_>) -> Result<()> {
    let whole = bytes(500_000);
    let operation = Operation::Retrieve {
        path: RemotePath::new("/part"),
        offset: 200_000,
        kind: TransferType::Image,
        dated: false,
    };
    let got = client.fetch(operation, &whole[..200_000], false)?;
    client.does(delete("/part"))?;
    must(got == whole, "it is not whole")
}

fn text_down(client: &mut Client<'_>) -> Result<()> {
    client.put("text", b"one\ntwo\n");
    let operation =
        Operation::Retrieve { path: RemotePath::new("/text"), offset: 0, kind: TransferType::Ascii, dated: false };
    let got = client.fetch(operation, b"", true)?;
    same(String::from_utf8_lossy(&got).into_owned(), "one\ntwo\n".to_owned())
}

fn text_up(client: &mut Client<'_>) -> Result<()> {
    let operation = Operation::Store {
        path: RemotePath::new("/text"),
        offset: 0,
        kind: TransferType::Ascii,
        then: Then::default(),
    };
    client.store(operation, b"one\ntwo\n", 0, true)?;
    let there = std::fs::read_to_string(client.at("text")).unwrap();
    client.does(delete("/text"))?;
    same(there, "one\ntwo\n".to_owned())
}

fn stop_after(client: &mut Client<'_>, operation: Operation, body: Body) -> Result<()> {
    client.connection()?;
    let connection = client.connection.as_ref().unwrap();
    let cancel = Cancel::new();
    let stopper = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        cancel.cancel();
    };
    let transfer = connection.run(operation, body, None, &cancel);
    let (result, ()) = client.runtime.block_on(async { tokio::join!(transfer, stopper) });
    match result {
        Err(Error::Ftp(ftp::Error::Cancelled)) => Ok(()),
        Err(error) => Err(format!("it ended otherwise: {error}")),
        Ok(_) => Err("it was called whole".to_owned()),
    }
}

fn slowly() -> Arc<Flow> {
    Arc::new(Flow::new(Pace::new(1_000_000), false))
}

fn stopped_download(client: &mut Client<'_>) -> Result<()> {
    let body = Body::Receive { file: tempfile::tempfile().unwrap(), flow: slowly() };
    stop_after(client, retrieve("/large"), body)?;
    client.does(Operation::NoOperation)
}

fn stopped_upload(client: &mut Client<'_>) -> Result<()> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes(3_000_000)).unwrap();
    let operation = Operation::Store {
        path: RemotePath::new("/stopped"),
        offset: 0,
        kind: TransferType::Image,
        then: Then::default(),
    };
    stop_after(client, operation, Body::Send { file, from: 0, flow: slowly() })?;
    client.does(Operation::NoOperation)?;
    let _ = std::fs::remove_file(client.at("stopped"));
    Ok(())
}

fn many(client: &mut Client<'_>) -> Result<()> {
    let folder = client.at("many");
    std::fs::create_dir(&folder).unwrap();
    let wanted: Vec<String> = (100..400).map(|number| format!("file {number}")).collect();
    wanted.iter().for_each(|name| std::fs::write(folder.join(name), name).unwrap());
    client.own();
    let names = client.names("/many");
    client.names("/")?; // no server likes to stand on ground that is taken away
    std::fs::remove_dir_all(folder).unwrap();
    same(names?, wanted)
}

fn raw_listing(client: &mut Client<'_>) -> Result<()> {
    let (_, bytes) = client.raw("NLST /")?;
    must(bytes.windows(5).any(|window| window == b"large"), "the data are not there")
}

fn missing_folder(client: &mut Client<'_>) -> Result<()> {
    match client.entries("/missing") {
        Err(_) => client.does(Operation::NoOperation),
        Ok(entries) => Err(format!("it lists {}", entries.len())),
    }
}

fn upload_nowhere(client: &mut Client<'_>) -> Result<()> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"x").unwrap();
    let operation = Operation::Store {
        path: RemotePath::new("/no/where"),
        offset: 0,
        kind: TransferType::Image,
        then: Then::default(),
    };
    match client.try_run(operation, Body::Send { file, from: 0, flow: Arc::default() }, &Cancel::new())? {
        Err(_) => client.does(Operation::NoOperation),
        Ok(_) => Err("it was not refused".to_owned()),
    }
}

fn remove_folders(client: &mut Client<'_>) -> Result<()> {
    client.does(delete("/eins/two/tiny"))?;
    client.does(remove("/eins/two"))?;
    client.does(remove("/eins"))?;
    must(!client.at("eins").exists(), "it is still there")
}

fn encrypted_data(client: &mut Client<'_>) -> Result<()> {
    if !client.way.tls {
        return Ok(());
    }
    let resumed = !client.way.resumes || (client.count("not resumed") == 0 && client.count("session resumed") > 0);
    must(client.count("PROT P") > 0 && resumed, "a data connection was not as it should be")
}

fn goodbye(client: &mut Client<'_>) -> Result<()> {
    client.connection()?;
    let connection = client.connection.take().unwrap();
    client.runtime.block_on(connection.close());
    must(client.count("< 221") > 0, "no 221 came")
}

fn make(path: &str) -> Operation {
    Operation::MakeDirectory { path: RemotePath::new(path) }
}

fn remove(path: &str) -> Operation {
    Operation::RemoveDirectory { path: RemotePath::new(path) }
}

fn delete(path: &str) -> Operation {
    Operation::Delete { path: RemotePath::new(path) }
}

fn retrieve(path: &str) -> Operation {
    Operation::Retrieve { path: RemotePath::new(path), offset: 0, kind: TransferType::Image, dated: false }
}

/// Bytes that no piece of which could be taken for another.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i: usize| (i.wrapping_mul(31).wrapping_add(i / 251)).to_le_bytes()[0]).collect()
}

fn must(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn same<T: PartialEq + std::fmt::Debug>(is: T, wanted: T) -> Result<()> {
    if is == wanted { Ok(()) } else { Err(format!("{is:?} instead of {wanted:?}")) }
}
