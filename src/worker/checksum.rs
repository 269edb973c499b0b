//! Checksums of files on this machine, to compare with what a server computes.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::ftp::Algorithm;

const BUFFER: usize = 256 * 1024;

/// The checksum of `file` from its position on, in lower-case hexadecimal digits.
pub(super) fn of_file(algorithm: Algorithm, file: &File) -> io::Result<String> {
    match algorithm {
        Algorithm::Crc32 => {
            let mut hasher = crc32fast::Hasher::new();
            read(file, |bytes| hasher.update(bytes))?;
            Ok(format!("{:08x}", hasher.finalize()))
        }
        Algorithm::Md5 => digest::<Md5>(file),
        Algorithm::Sha1 => digest::<Sha1>(file),
        Algorithm::Sha256 => digest::<Sha256>(file),
        Algorithm::Sha512 => digest::<Sha512>(file),
    }
}

fn digest<D: Digest>(file: &File) -> io::Result<String> {
    let mut hasher = D::new();
    read(file, |bytes| hasher.update(bytes))?;
    Ok(hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn read(mut file: &File, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => each(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, b"test").unwrap();
        for (algorithm, sum) in [
            (Algorithm::Crc32, "d87f7e0c"),
            (Algorithm::Md5, "098f6bcd4621d373cade4e832627b4f6"),
            (Algorithm::Sha1, "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
            (Algorithm::Sha256, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ] {
            assert_eq!(of_file(algorithm, &File::open(&path).unwrap()).unwrap(), sum);
        }
        assert!(of_file(Algorithm::Sha512, &File::open(&path).unwrap()).unwrap().starts_with("ee26b0dd4af7e749"));
    }
}
