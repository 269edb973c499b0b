//! The tree that every server must carry both ways: 303 files, 20 MB, empty files, an empty folder, hard names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Makes it below `root`; the same bytes every time.
pub fn make(root: &Path) {
    let mut random = 0x2545_F491_4F6C_DD17_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut bytes = |length: usize| -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(length).collect()
    };
    for folder in ["plain", "with space", "Grüße/Äpfel & Birnen", "deep/er/and/deeper", "日本", "empty folder"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for index in 0..240 {
        fs::write(root.join(format!("plain/file-{index:03}.dat")), bytes(index * 97)).unwrap();
    }
    for index in 0..40 {
        fs::write(root.join(format!("with space/a file {index} (copy).txt")), bytes(1000 + index)).unwrap();
    }
    for (index, name) in ["ä ö ü.txt", "Straße.html", "naïve café.md", "ñandú"].iter().enumerate() {
        fs::write(root.join("Grüße/Äpfel & Birnen").join(name), bytes(20_000 + index)).unwrap();
    }
    for (index, name) in ["写真.jpg", "メモ.txt"].iter().enumerate() {
        fs::write(root.join("日本").join(name), bytes(70_000 + index)).unwrap();
    }
    for index in 0..10 {
        fs::write(root.join(format!("deep/er/and/deeper/empty {index}")), b"").unwrap();
    }
    fs::write(root.join("deep/er/and/middle.bin"), bytes(3_000_000)).unwrap();
    fs::write(root.join("'quotes' \"too\" #1 100%.txt"), bytes(123)).unwrap();
    fs::write(root.join("-dash"), bytes(5)).unwrap();
    fs::write(root.join(".hidden"), bytes(9)).unwrap();
    fs::write(root.join("large.bin"), bytes(14_000_000)).unwrap();
    fs::write(root.join("one byte"), b"x").unwrap();
    fs::write(root.join("[brackets] {braces} ~ $HOME ;x.txt"), bytes(77)).unwrap();
    assert_eq!(read(root).values().filter(|content| content.is_some()).count(), 303);
}

/// Everything below `root` by its path: the content of a file, `None` for a folder.
pub fn read(root: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    collect(root, root, &mut found);
    found
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Option<Vec<u8>>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            found.insert(name, None);
            collect(root, &path, found);
        } else {
            found.insert(name, Some(fs::read(&path).unwrap()));
        }
    }
}

/// Panics with what differs, without printing the contents.
pub fn assert_same(left: &Path, right: &Path, what: &str) {
    let (left, right) = (read(left), read(right));
    let differing: Vec<&String> =
        left.keys().chain(right.keys()).filter(|name| left.get(*name) != right.get(*name)).take(10).collect();
    assert!(differing.is_empty(), "{what}: these differ, or are on one side only: {differing:?}");
}
