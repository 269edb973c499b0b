//! Starts real FTP servers on free loopback ports, for one test each, and ends them with it.
//!
//! The servers come from `tests/all`, which unpacks them side by side below `target/servers`: Debian's packages of FTP
//! servers exclude one another. They need root, because they change to the user whose files they serve.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout)]

pub mod dial;
pub mod tree;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub const USER: &str = "tester";
pub const PASSWORD: &str = "s3cret word";
/// The address of a server in another network namespace: see [`Setup::far`].
pub const FAR: &str = "10.211.7.2";
/// `nobody`: pure-ftpd refuses to serve root's files.
const OWNER: u32 = 65534;

/// The servers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Vsftpd,
    Proftpd,
    PureFtpd,
    Pyftpdlib,
}

/// TLS of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    Off,
    /// AUTH TLS; vsftpd and ProFTPD demand that data connections resume the session.
    Explicit,
    Implicit,
}

/// How a server is to be.
#[derive(Clone, Debug)]
pub struct Setup {
    pub kind: Kind,
    pub tls: Tls,
    pub ipv6: bool,
    /// Lines for the configuration file (vsftpd, ProFTPD), arguments (Pure-FTPd), or the environment (pyftpdlib).
    pub extra: Vec<String>,
    /// Another network namespace, and the address that it has there.
    pub far: Option<(&'static str, &'static str)>,
}

/// A running server; ends when dropped.
pub struct Server {
    pub kind: Kind,
    pub port: u16,
    pub host: &'static str,
    /// The folder it serves.
    pub root: PathBuf,
    work: TempDir,
    child: Child,
    setup: Setup,
}

impl Setup {
    pub fn new(kind: Kind) -> Self {
        Self { kind, tls: Tls::Off, ipv6: false, extra: Vec::new(), far: None }
    }

    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    pub fn ipv6(mut self) -> Self {
        self.ipv6 = true;
        self
    }

    pub fn extra(mut self, line: &str) -> Self {
        self.extra.push(line.to_owned());
        self
    }

    /// In the network namespace `namespace`, at `address`.
    pub fn far(mut self, namespace: &'static str, address: &'static str) -> Self {
        self.far = Some((namespace, address));
        self
    }

    /// Starts it, or says on standard output why it cannot be and gives `None`: a machine without the servers skips
    /// such tests, unless `LONGSHORE_SERVERS=required`, as `tests/all` sets it.
    pub fn start(self) -> Option<Server> {
        if let Some(missing) = self.missing() {
            assert!(std::env::var("LONGSHORE_SERVERS").as_deref() != Ok("required"), "{missing}");
            println!("skipped: {missing}; tests/all installs what is needed");
            return None;
        }
        let work = tempfile::Builder::new().prefix("longshore-server").tempdir().unwrap();
        fs::set_permissions(work.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let root = work.path().join("root");
        fs::create_dir(&root).unwrap();
        chown(&root, Some(OWNER), Some(OWNER)).unwrap();
        let near = if self.ipv6 { "::1" } else { "127.0.0.1" };
        let (host, port) = (self.far.map_or(near, |(_, address)| address), free_port(near));
        let child = self.launch(work.path(), &root, host, port);
        let mut server = Server { kind: self.kind, port, host, root, work, child, setup: self };
        server.wait();
        Some(server)
    }

    fn missing(&self) -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("FTP servers need root to change to another user".to_owned());
        }
        let program = self.program();
        (!program.exists()).then(|| format!("no {}", program.display()))
    }

    fn program(&self) -> PathBuf {
        match self.kind {
            Kind::Vsftpd => unpacked("vsftpd/usr/sbin/vsftpd"),
            Kind::Proftpd => unpacked("proftpd-core/usr/sbin/proftpd"),
            Kind::PureFtpd => unpacked("pure-ftpd/usr/sbin/pure-ftpd"),
            Kind::Pyftpdlib => unpacked("venv/bin/python"),
        }
    }

    fn launch(&self, work: &Path, root: &Path, host: &str, port: u16) -> Child {
        let (certificate, key) = certificate(work);
        match self.kind {
            Kind::Vsftpd => self.vsftpd(work, root, host, port, &certificate, &key),
            Kind::Proftpd => self.proftpd(work, root, host, port, &certificate, &key),
            Kind::PureFtpd => self.pure_ftpd(work, root, host, port, &certificate, &key),
            Kind::Pyftpdlib => self.pyftpdlib(work, root, host, port, &certificate, &key),
        }
    }

    /// vsftpd knows only users of the system: it gets one in a mount namespace of its own, so nothing stays behind.
    fn vsftpd(&self, work: &Path, root: &Path, host: &str, port: u16, certificate: &Path, key: &Path) -> Child {
        let listen = if self.ipv6 {
            format!("listen=NO\nlisten_ipv6=YES\nlisten_address6={host}")
        } else {
            format!("listen=YES\nlisten_address={host}")
        };
        let mut config = format!(
            "{listen}\nlisten_port={port}\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\npam_service_name=ftp\n\
             local_root={root}\nchroot_local_user=YES\nallow_writeable_chroot=YES\nwrite_enable=YES\nlocal_umask=022\n\
             utf8_filesystem=YES\nmdtm_write=YES\nuse_localtime=NO\nsecure_chroot_dir={empty}\nseccomp_sandbox=NO\n\
             connect_from_port_20=NO\nxferlog_enable=NO\n",
            root = root.display(),
            empty = work.join("empty").display(),
        );
        if self.tls != Tls::Off {
            config += &format!(
                "ssl_enable=YES\nrsa_cert_file={}\nrsa_private_key_file={}\nforce_local_logins_ssl=NO\n\
                 force_local_data_ssl=NO\nssl_sslv2=NO\nssl_sslv3=NO\nrequire_ssl_reuse=YES\nssl_ciphers=HIGH\n",
                certificate.display(),
                key.display(),
            );
        }
        if self.tls == Tls::Implicit {
            config += "implicit_ssl=YES\n";
        }
        config += &self.extra.join("\n");
        config.push('\n');
        fs::create_dir(work.join("empty")).unwrap();
        fs::write(work.join("config"), config).unwrap();
        fs::write(
            work.join("passwd"),
            system_file("/etc/passwd", &format!("{USER}:x:{OWNER}:{OWNER}::{}:/bin/sh", root.display())),
        )
        .unwrap();
        fs::write(
            work.join("shadow"),
            system_file("/etc/shadow", &format!("{USER}:{}:19000:0:99999:7:::", hashed_password())),
        )
        .unwrap();
        fs::set_permissions(work.join("shadow"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir(work.join("pam.d")).unwrap();
        fs::write(
            work.join("pam.d/ftp"),
            "auth required pam_unix.so nullok\naccount required pam_permit.so\nsession required pam_permit.so\n",
        )
        .unwrap();
        let script = "mount --bind $W/passwd /etc/passwd && mount --bind $W/shadow /etc/shadow && \
                      mount --bind $W/pam.d /etc/pam.d && exec \"$0\" $W/config";
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "bash", "-c", script]).arg(self.program()).env("W", work);
        self.spawn(command, work)
    }

    fn proftpd(&self, work: &Path, root: &Path, host: &str, port: u16, certificate: &Path, key: &Path) -> Child {
        let users = work.join("users");
        fs::write(&users, format!("{USER}:{}:{OWNER}:{OWNER}::{}:/bin/false\n", hashed_password(), root.display()))
            .unwrap();
        fs::set_permissions(&users, fs::Permissions::from_mode(0o600)).unwrap();
        let at = |name: &str| work.join(name).display().to_string();
        let mut config = format!(
            "ServerName practice\nServerType standalone\nUseIPv6 {}\nDefaultAddress {host}\nSocketBindTight on\nPort {port}\n\
             ModulePath {}\nPidFile {}\nScoreboardFile {}\nDelayEngine off\nWtmpLog off\nTransferLog none\nSystemLog {}\n\
             User root\nGroup root\nRootRevoke off\nAuthOrder mod_auth_file.c\nAuthUserFile {}\nRequireValidShell off\n\
             UseFtpUsers off\nDefaultRoot ~\nAllowOverwrite on\nAllowStoreRestart on\nAllowRetrieveRestart on\n\
             UseReverseDNS off\nTimesGMT on\nMaxInstances 60\n",
            if self.ipv6 { "on" } else { "off" },
            unpacked("proftpd-core/usr/lib/proftpd").display(),
            at("pid"),
            at("scoreboard"),
            at("log"),
            users.display(),
        );
        if self.tls != Tls::Off {
            config += &format!(
                "LoadModule mod_tls.c\nTLSEngine on\nTLSLog {}\nTLSRSACertificateFile {}\nTLSRSACertificateKeyFile {}\n\
                 TLSRequired off\n",
                at("tls-log"),
                certificate.display(),
                key.display()
            );
        }
        if self.tls == Tls::Implicit {
            config += "TLSOptions UseImplicitSSL\n";
        }
        config += &self.extra.join("\n");
        config.push('\n');
        fs::write(work.join("config"), config).unwrap();
        let mut command = Command::new(self.program());
        command.args(["-n", "-q", "-c"]).arg(work.join("config"));
        self.spawn(command, work)
    }

    fn pure_ftpd(&self, work: &Path, root: &Path, host: &str, port: u16, certificate: &Path, key: &Path) -> Child {
        let (users, database) = (work.join("users"), work.join("users.pdb"));
        let owner = OWNER.to_string();
        let mut add = Command::new(unpacked("pure-ftpd/usr/bin/pure-pw"));
        add.args(["useradd", USER, "-u", &owner, "-g", &owner, "-f"]).arg(&users).arg("-d").arg(root);
        let mut add = add.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut add.stdin.take().unwrap(), format!("{PASSWORD}\n{PASSWORD}\n").as_bytes())
            .unwrap();
        assert!(add.wait().unwrap().success());
        let mut build = Command::new(unpacked("pure-ftpd/usr/bin/pure-pw"));
        assert!(build.arg("mkdb").arg(&database).arg("-f").arg(&users).status().unwrap().success());
        let mut command = Command::new(self.program());
        command.arg("-S").arg(format!("{host},{port}")).arg("-l").arg(format!("puredb:{}", database.display()));
        command.args(["-A", "-E", "-H", "-u", "1", "-c", "50", "-C", "50", "-D", "-g"]).arg(work.join("pid"));
        if self.tls != Tls::Off {
            command.args(["-Y", "1", "-2"]).arg(format!("{},{}", certificate.display(), key.display()));
        }
        command.args(&self.extra);
        self.spawn(command, work)
    }

    fn pyftpdlib(&self, work: &Path, root: &Path, host: &str, port: u16, certificate: &Path, key: &Path) -> Child {
        fs::write(work.join("server.py"), include_str!("pyftpdlib_server.py")).unwrap();
        let mut command = Command::new(self.program());
        command.arg(work.join("server.py")).args([host, &port.to_string(), USER, PASSWORD]).arg(root);
        command.envs(self.extra.iter().filter_map(|line| line.split_once('=')));
        if self.tls != Tls::Off {
            command.arg(certificate).arg(key);
        }
        self.spawn(command, work)
    }

    fn spawn(&self, command: Command, work: &Path) -> Child {
        let mut command = match self.far {
            None => command,
            Some((namespace, _)) => {
                let mut there = Command::new("ip");
                there.args(["netns", "exec", namespace]).arg(command.get_program()).args(command.get_args());
                command.get_envs().for_each(|(name, value)| {
                    there.env(name, value.unwrap_or_default());
                });
                there
            }
        };
        let output = fs::File::create(work.join("output")).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        // A group of its own, so that the server ends with the processes it makes for its connections.
        command.process_group(0).spawn().unwrap()
    }
}

impl Server {
    /// `ftp://tester@host:port/path`; the password goes by `LONGSHORE_PASSWORD`, see [`Server::longshore`].
    pub fn url(&self, path: &str) -> String {
        let scheme = match self.setup.tls {
            Tls::Off => "ftp",
            Tls::Explicit => "ftpes",
            Tls::Implicit => "ftps",
        };
        let host = if self.setup.ipv6 { "[::1]" } else { self.host };
        format!("{scheme}://{USER}@{host}:{}/{path}", self.port)
    }

    /// The command line with this server's password, and with folders for settings and data of its own below `home`.
    pub fn longshore(&self, home: &Path) -> Command {
        let mut command = longshore(home);
        command.env("LONGSHORE_PASSWORD", PASSWORD);
        if self.setup.tls != Tls::Off {
            command.arg("--ca").arg(self.work.path().join("certificate.pem"));
        }
        command
    }

    /// The PEM file with the server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.work.path().join("certificate.pem")
    }

    /// Gives everything below the served folder to the server's user, after a test put files there.
    pub fn own(&self) {
        own(&self.root);
    }

    /// Ends the server with all its connections, at once.
    pub fn kill(&mut self) {
        // vsftpd gives each connection a session of its own, which outlives its process group.
        for id in descendants(i32::try_from(self.child.id()).unwrap()) {
            if let Some(id) = rustix::process::Pid::from_raw(id) {
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
        }
        let _ = self.child.wait();
    }

    /// Starts it again on the same port and folder.
    pub fn restart(&mut self) {
        let _ = fs::remove_dir(self.work.path().join("empty"));
        let _ = fs::remove_dir_all(self.work.path().join("pam.d"));
        let _ = fs::remove_file(self.work.path().join("users"));
        self.child = self.setup.launch(self.work.path(), &self.root, self.host, self.port);
        self.wait();
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((self.host, self.port)).is_err() {
            let log = || fs::read_to_string(self.work.path().join("output")).unwrap_or_default();
            assert!(self.child.try_wait().unwrap().is_none(), "{:?} ended at once: {}", self.kind, log());
            assert!(Instant::now() < deadline, "{:?} does not listen: {}", self.kind, log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program under test with folders for settings and data of its own below `home`.
pub fn longshore(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.env("HOME", home).env("XDG_CONFIG_HOME", home.join("config")).env("XDG_DATA_HOME", home.join("data"));
    command.env_remove("LONGSHORE_PASSWORD").env_remove("DBUS_SESSION_BUS_ADDRESS").stdin(Stdio::null());
    command
}

/// A port of `host` that was free a moment ago.
pub fn free_port(host: &str) -> u16 {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().port()
}

/// A process and all that it started, directly or not.
fn descendants(id: i32) -> Vec<i32> {
    let parent = |id: i32| -> Option<i32> {
        // The second field is the name in parentheses, which may hold anything.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let pairs: Vec<(i32, i32)> = all.filter_map(|id: i32| Some((id, parent(id)?))).collect();
    let mut found = vec![id];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        found.extend(pairs.iter().filter(|(_, parent)| *parent == above).map(|(id, _)| *id));
        next += 1;
    }
    found
}

/// Gives `path` and all that is below it to the user that servers run as.
pub fn own(path: &Path) {
    std::os::unix::fs::lchown(path, Some(OWNER), Some(OWNER)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            own(&entry.unwrap().path());
        }
    }
}

fn unpacked(path: &str) -> PathBuf {
    let servers = std::env::var_os("LONGSHORE_SERVER_ROOT").map(PathBuf::from);
    servers.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers")).join(path)
}

/// A system file without this test's user, and with `line` for it.
fn system_file(path: &str, line: &str) -> String {
    let kept = fs::read_to_string(path).unwrap();
    let kept = kept.lines().filter(|other| !other.starts_with(&format!("{USER}:")));
    kept.chain([line]).fold(String::new(), |text, line| text + line + "\n")
}

fn hashed_password() -> String {
    let output = Command::new("openssl").args(["passwd", "-6", PASSWORD]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A self-signed certificate for loopback, and its key.
fn certificate(work: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (work.join("certificate.pem"), work.join("key.pem"));
    if !certificate.exists() {
        let names = ["localhost", "127.0.0.1", "::1", FAR].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    }
    (certificate, key)
}
