//! The rules of the house that the compiler does not know: who may name whom, captions, bounded channels.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Words that the sources of a room must not contain, because the room must not depend on what they name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "model",
        &[
            "tokio",
            "egui",
            "std::fs",
            "std::net::Tcp",
            "::now()",
            "crate::ftp",
            "crate::net",
            "crate::worker",
            "crate::ui",
            "crate::cli",
        ],
    ),
    (
        "ftp",
        &[
            "tokio",
            "egui",
            "std::fs",
            "std::net::Tcp",
            "::now()",
            "crate::net",
            "crate::worker",
            "crate::ui",
            "crate::cli",
        ],
    ),
    ("net", &["egui", "crate::worker", "crate::ui", "crate::cli"]),
    ("worker", &["egui", "crate::ui", "crate::cli"]),
    ("cli", &["egui", "crate::ftp", "crate::net", "crate::worker", "crate::ui"]),
    ("ui", &["tokio", "std::fs", "crate::ftp", "crate::net", "crate::worker", "crate::cli"]),
];

/// Channels without a bound let one side fill the memory of the other.
const UNBOUNDED: &[&str] = &["unbounded_channel", "mpsc::channel()", "unbounded("];

/// What the top level holds, besides dot files and what git ignores.
const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "src",
    "assets",
    "tests",
    "packaging",
    "target",
];

#[test]
fn rooms_name_only_what_they_stand_on() {
    for (room, words) in FORBIDDEN {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        assert!(!sources(&folder).is_empty(), "there is no room {room}");
        for (path, source) in sources(&folder) {
            for (number, line) in code_lines(&source) {
                for word in *words {
                    assert!(!names(line, word), "{}:{number}: {room} must not name {word}", path.display());
                }
            }
        }
    }
}

#[test]
fn channels_are_bounded() {
    for (path, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for (number, line) in code_lines(&source) {
            for word in UNBOUNDED {
                assert!(!line.contains(word), "{}:{number}: {word} has no bound", path.display());
            }
        }
    }
}

/// Without the feature the window builds, and copies and pastes within itself only: no test of the window sees it.
#[test]
fn the_window_has_the_systems_clipboard() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let eframe = manifest.lines().find(|line| line.starts_with("eframe = ")).unwrap();
    assert!(eframe.contains("\"clipboard\""), "{eframe}");
}

#[test]
fn every_file_has_a_caption() {
    for folder in ["src", "tests"] {
        for (path, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            assert!(source.starts_with("//! "), "{} does not begin with what it is about", path.display());
        }
    }
}

#[test]
fn the_top_level_holds_no_strangers() {
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || TOP.contains(&name.as_str()), "{name} does not belong on the top level");
    }
}

/// The fuzz targets are built of these rooms alone, in a package of their own that nothing else builds every day.
#[test]
fn the_fuzz_targets_have_every_library_of_their_rooms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("tests/fuzz/Cargo.toml")).unwrap();
    for (path, source) in ["model", "ftp"].iter().flat_map(|room| sources(&root.join("src").join(room))) {
        for (number, line) in code_lines(&source) {
            let Some((library, _)) = line.strip_prefix("use ").and_then(|used| used.split_once("::")) else { continue };
            let ours = matches!(library, "std" | "crate" | "super" | "self");
            let there = manifest.lines().any(|line| line.replace('-', "_").starts_with(&format!("{library} = ")));
            assert!(ours || there, "{}:{number}: tests/fuzz/Cargo.toml lacks {library}", path.display());
        }
    }
}

/// Whether `line` has `word` as a word of its own: `egui` is not in `egui_kittest_is_elsewhere`, but is in `egui::Ui`.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        (word.starts_with(':') || !inside(before)) && (word.ends_with(')') || !inside(after))
    })
}

/// The lines that the compiler reads, up to the unit tests at the end of the file, with their numbers.
fn code_lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines
        .take_while(|(_, line)| !line.starts_with("mod tests"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            found.push((path, source));
        }
    }
    found
}
