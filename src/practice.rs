//! The practice server: a folder of sample files on a free loopback port, gone with the process.
//!
//! Only with the feature `practice`; no package ships it.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use libunftp::ServerBuilder;
use tokio::runtime::{Builder, Runtime};
use unftp_auth_jsonfile::JsonFileAuthenticator;
use unftp_sbe_fs::Filesystem;

const USER: &str = "practice";
const GREETING: &str = "Longshore's practice server. Nothing here can break.";
/// How long connections may take to end with the server.
const GOODBYE: Duration = Duration::from_millis(500);
const DAY: Duration = Duration::from_secs(86_400);

/// A running server; dropping it ends the server and removes its files.
pub(crate) struct Practice {
    url: String,
    folder: PathBuf,
    runtime: Option<Runtime>,
}

impl Practice {
    /// Makes the sample files and serves them to who knows the password.
    pub(crate) fn start() -> io::Result<Self> {
        let secret = random();
        let folder = std::env::temp_dir().join(format!("longshore-practice-{}-{:08x}", std::process::id(), random()));
        fs::create_dir(&folder)?;
        // From here on dropping it removes the folder, whatever else fails.
        let mut practice = Self { url: String::new(), folder, runtime: None };
        samples(&practice.folder)?;
        let users = format!(r#"[{{"username": "{USER}", "password": "{secret:016x}"}}]"#);
        let users = JsonFileAuthenticator::from_json(users).map_err(|error| io::Error::other(error.to_string()))?;
        let root = practice.folder.clone();
        // Each connection opens the folder anew. Without the folder there is nothing to serve: that connection ends.
        let open = move || Filesystem::new(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        let server = ServerBuilder::with_authenticator(Box::new(open), Arc::new(users))
            .greeting(GREETING)
            .build()
            .map_err(io::Error::other)?;
        let port = free_port()?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.spawn(server.listen(format!("127.0.0.1:{port}")));
        practice.runtime = Some(runtime);
        practice.url = format!("ftp://{USER}:{secret:016x}@127.0.0.1:{port}/");
        wait_for(port)?;
        Ok(practice)
    }

    /// Where it is, with user and password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Serves without a window until Ctrl-C; the URL is the one line on standard output.
pub(crate) fn serve() -> ExitCode {
    let practice = match Practice::start() {
        Ok(practice) => practice,
        Err(error) => {
            longshore::cli::complain(&format!("could not start the practice server: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // Who started this may have no interest in the URL.
    let _ = writeln!(io::stdout(), "{}", practice.url());
    let waited = practice.runtime.as_ref().map(|runtime| runtime.block_on(tokio::signal::ctrl_c()));
    if waited.is_some_and(|waited| waited.is_ok()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Drop for Practice {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(GOODBYE);
        }
        // It is in the system's folder for temporary files, which is emptied anyway.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The standard library's hash maps are seeded by the operating system: good for a password that lives for an hour.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_for(port: u16) -> io::Result<()> {
    let mut last = Ok(());
    for _ in 0..200 {
        match std::net::TcpStream::connect(("127.0.0.1", port)) {
            Ok(_) => return Ok(()),
            Err(error) => last = Err(error),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    last
}

/// What the server offers: what people keep on such servers, and what makes clients stumble.
fn samples(root: &Path) -> io::Result<()> {
    let file = |path: &str, days: u32, content: &[u8]| {
        let path = root.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&path, content)?;
        fs::File::options().write(true).open(&path)?.set_modified(SystemTime::now() - DAY * days)
    };
    file("Welcome.txt", 1, WELCOME.as_bytes())?;
    for folder in ["empty folder", "inbox"] {
        fs::create_dir(root.join(folder))?;
    }
    file("website/index.html", 3, page("Harbour Café", "Open every day from 7 to 19.").as_bytes())?;
    file("website/about.html", 90, page("About us", "Coffee by the water since 1998.").as_bytes())?;
    file("website/contact.html", 41, page("Contact", "Quay 4, beside the blue crane.").as_bytes())?;
    file("website/css/style.css", 12, b"body { font: 16px/1.5 sans-serif; max-width: 40em; margin: 2em auto; }\n")?;
    file(
        "website/js/menu.js",
        12,
        b"document.querySelector('#menu')?.addEventListener('click', e => e.preventDefault());\n",
    )?;
    file("website/.htaccess", 200, b"Options -Indexes\n")?;
    for number in 1..=6 {
        file(&format!("website/images/gallery-{number}.bmp"), 30 + number, &picture(240, 160, number))?;
    }
    for number in 0..12 {
        let path = format!("photos/2025 Lisbon/IMG_{}.bmp", 2041 + number * 3);
        file(&path, 150 + number, &picture(320, 240, number * 7))?;
    }
    for number in 0..5 {
        file(&format!("photos/2026 Oslo/IMG_{}.bmp", 310 + number), 20 + number, &picture(320, 240, number * 13 + 5))?;
    }
    for year in [2024, 2025] {
        for quarter in 1..=4 {
            let path = format!("reports/{year}/Q{quarter} sales.csv");
            file(&path, (2026 - year) * 365 - quarter * 90 + 90, table(year * 4 + quarter).as_bytes())?;
        }
    }
    file("reports/Budget 2026 (draft).csv", 5, table(77).as_bytes())?;
    let mut deep = "projects".to_owned();
    for level in ["harbour", "north quay", "crane", "drawings", "revision 7", "details", "bolts", "M24"] {
        deep.push('/');
        deep.push_str(level);
        file(&format!("{deep}/notes.txt"), 60, format!("Notes about {level}.\n").as_bytes())?;
    }
    file("Übungen/Größenvergleich für Anfänger.txt", 9, "Grüße aus Köln!\n".as_bytes())?;
    file("日本語/写真の一覧.txt", 14, "港、船、灯台\n".as_bytes())?;
    file("日本語/カメラ/設定.ini", 14, "露出 = 自動\n".as_bytes())?;
    file("names that stumble/ two  spaces and a 'quote'.txt", 33, b"Still a name.\n")?;
    file("names that stumble/100% & more [v2] #final.txt", 33, b"Also a name.\n")?;
    file("names that stumble/nothing.dat", 33, b"")?;
    let noise: Vec<u8> = (0..3_000_000_u32).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    file("backups/harbour-2026-01-31.tar", 44, &noise)?;
    file("backups/harbour-2025-12-31.tar", 75, &noise[..1_800_000])
}

const WELCOME: &str = "\
This folder is served to you alone, by a server inside of Longshore.
Download it, change it, delete it: it is made anew each time.

Try to drag a folder from one side to the other, then look at the replies below:
a click on one shows what its code means.
";

fn page(title: &str, text: &str) -> String {
    format!(
        "<!doctype html>\n<title>{title}</title>\n<link rel=stylesheet href=css/style.css>\n<h1>{title}</h1>\n<p>{text}</p>\n"
    )
}

fn table(seed: u32) -> String {
    let mut text = "day,visitors,coffees,cakes\n".to_owned();
    for day in 1..=90 {
        let visitors = 80 + (day * 37 + seed * 11) % 120;
        text += &format!("{day},{visitors},{},{}\n", visitors * 9 / 10, visitors * 2 / 5 + day % 7);
    }
    text
}

/// A bitmap (Windows 3, 24 bits) with a sky and a sea, so that pictures open.
fn picture(width: u32, height: u32, hue: u32) -> Vec<u8> {
    const HEADER: u32 = 54;
    let size = width * height * 3;
    let mut bytes = Vec::with_capacity((HEADER + size) as usize);
    bytes.extend_from_slice(b"BM");
    for field in [HEADER + size, 0, HEADER, 40, width, height, 1 | (24 << 16), 0, size, 2835, 2835, 0, 0] {
        bytes.extend_from_slice(&field.to_le_bytes());
    }
    for y in 0..height {
        for x in 0..width {
            let wave = (x + hue * 9) % 40 / 4;
            let is_sea = y < height * 2 / 5 + wave;
            let light = u8::try_from(y * 120 / height).unwrap_or(120);
            let tint = u8::try_from(hue * 5 % 90).unwrap_or(0);
            // Blue, green, red.
            bytes.extend_from_slice(&if is_sea {
                [110 + light, 80 + tint / 2, 30 + tint / 3]
            } else {
                [255 - tint, 130 + light, 90 + light]
            });
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn it_serves_to_who_knows_the_password_and_leaves_nothing_behind() {
        let practice = Practice::start().unwrap();
        let rest = practice.url().strip_prefix("ftp://practice:").unwrap();
        let (password, address) = rest.trim_end_matches('/').split_once('@').unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut ask = |line: &str| {
            if !line.is_empty() {
                stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
            }
            replies.next().unwrap().unwrap()
        };
        assert!(ask("").starts_with("220 Longshore"));
        assert!(ask("USER practice").starts_with("331"));
        assert!(ask("PASS wrong").starts_with("530"));
        assert!(ask("USER practice").starts_with("331"));
        assert!(ask(&format!("PASS {password}")).starts_with("230"));
        assert!(ask("SIZE Welcome.txt").starts_with("213"));
        let folder = practice.folder.clone();
        assert!(folder.join("日本語/写真の一覧.txt").exists() && folder.join("empty folder").is_dir());
        drop(practice);
        assert!(!folder.exists());
    }

    #[test]
    fn pictures_are_bitmaps() {
        let bytes = picture(4, 2, 1);
        assert_eq!((bytes.len(), &bytes[..2], &bytes[10..14]), (54 + 24, &b"BM"[..], &54_u32.to_le_bytes()[..]));
    }
}
