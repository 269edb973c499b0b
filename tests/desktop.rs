//! The real window on a virtual screen: a tree goes up and down by drag and drop with a real pointer, and a file that
//! another program drops is uploaded.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use harness::{Kind, PASSWORD, Setup, USER, tree};

#[test]
fn drag_and_drop_with_a_real_pointer() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("source")).unwrap();
    tree::make(&home.path().join("source"));
    fs::write(home.path().join("from elsewhere.txt"), "dropped\n").unwrap();
    fs::create_dir(server.root.join("incoming")).unwrap();
    server.own();
    // Where somebody looks after a failure; a run replaces what the last one left.
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desktop");
    let _ = fs::remove_dir_all(&shots);
    fs::create_dir_all(&shots).unwrap();

    let screen = Screen::start();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "/usr/bin/python3"]).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desktop/drive.py"));
    command.arg(env!("CARGO_BIN_EXE_longshore")).arg(format!("ftp://{USER}@127.0.0.1:{}/", server.port));
    command.arg(home.path()).arg(&server.root).arg(&shots);
    command.env("DISPLAY", &screen.name).env("HOME", home.path()).env("LONGSHORE_PASSWORD", PASSWORD);
    command.env("XDG_CONFIG_HOME", home.path().join(".config")).env("XDG_DATA_HOME", home.path().join(".local"));
    command.env("XDG_RUNTIME_DIR", home.path()).env("LIBGL_ALWAYS_SOFTWARE", "1").env_remove("WAYLAND_DISPLAY");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{} (pictures in {})", String::from_utf8_lossy(&output.stderr), shots.display());
}

/// A virtual screen, ended when dropped.
struct Screen {
    name: String,
    child: Child,
}

impl Screen {
    fn start() -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut number = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { name: format!(":{}", number.trim()), child }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
