//! A client certificate and its key, from PEM files.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Error;
use crate::model::Secret;

/// A file of certificates and keys is no longer than this.
const MAX_FILE: u64 = 1 << 20;
/// How the PEM of a key under a password begins.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// The same in OpenSSL's old form, which hides the key badly.
const OLD_ENCRYPTED: &str = "Proc-Type: 4,ENCRYPTED";

/// Where a client certificate and its key are.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// PEM, the chain above it too.
    pub certificate: PathBuf,
    /// PEM; `None`: in the same file.
    pub key: Option<PathBuf>,
    /// What opens the key, where it is under a password.
    pub password: Option<Secret>,
}

impl ClientCertificate {
    /// The file that holds the key.
    pub fn key_file(&self) -> &Path {
        self.key.as_deref().unwrap_or(&self.certificate)
    }

    /// Reads both. Blocks.
    pub(super) fn read(&self) -> Result<Identity, Error> {
        let file = contents(&self.certificate)?;
        let broken = |path: &Path, why: String| Error::Key { path: path.to_owned(), why, password: false };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(file.as_bytes()).collect();
        let chain = chain.map_err(|error| broken(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(broken(&self.certificate, format!("there is no certificate in it{}", hint(&self.certificate))));
        }
        let file = contents(self.key_file())?;
        let key = match file.contains(ENCRYPTED) {
            true => self.decrypt(&file)?,
            false if file.contains(OLD_ENCRYPTED) => {
                let why = "its password is of an old kind: convert it with `openssl pkcs8 -topk8`".to_owned();
                return Err(broken(self.key_file(), why));
            }
            false => PrivateKeyDer::from_pem_slice(file.as_bytes())
                .map_err(|error| broken(self.key_file(), format!("{error}{}", hint(self.key_file()))))?,
        };
        Ok(Identity { chain, key })
    }

    fn decrypt(&self, file: &str) -> Result<PrivateKeyDer<'static>, Error> {
        let wants =
            |why: &str, password| Error::Key { path: self.key_file().to_owned(), why: why.to_owned(), password };
        let Some(password) = &self.password else { return Err(wants("it is under a password", true)) };
        let (begin, end) = (format!("-----BEGIN {ENCRYPTED}-----"), format!("-----END {ENCRYPTED}-----"));
        let pem = file.find(&begin).and_then(|start| {
            let length = file[start..].find(&end)? + end.len();
            file.get(start..start + length)
        });
        let (_, document) = pkcs8::SecretDocument::from_pem(pem.unwrap_or_default())
            .map_err(|error| wants(&error.to_string(), false))?;
        let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes());
        let info = info.map_err(|error| wants(&error.to_string(), false))?;
        let key = info.decrypt(password.expose()).map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) => {
                wants("the password is wrong", true)
            }
            other => wants(&other.to_string(), false),
        })?;
        Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
    }
}

/// What proves who we are.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

fn contents(path: &Path) -> Result<String, Error> {
    let fails = |why: String| Error::Key { path: path.to_owned(), why, password: false };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| fails(error.to_string()))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| fails(error.to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(fails("it is too long".to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| fails(format!("this is not PEM{}", hint(path))))
}

/// PKCS #12 has no reader here: those there are stand on versions that are not finished.
fn hint(path: &Path) -> &'static str {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("p12" | "pfx") => "; convert PKCS #12 with `openssl pkcs12 -in FILE -out FILE.pem`",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    /// Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -passout pass:hunter2`.
    const LOCKED: &str = include_str!("tests/locked.pem");

    fn file(text: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        file
    }

    fn read(path: &Path, password: Option<&str>) -> Result<Identity, Error> {
        let password = password.map(Secret::new);
        ClientCertificate { certificate: path.to_owned(), key: None, password }.read()
    }

    #[test]
    fn a_key_under_a_password_is_opened_with_it_only() {
        let file = file(LOCKED.as_bytes());
        assert!(matches!(read(file.path(), None), Err(Error::Key { password: true, .. })));
        let error = read(file.path(), Some("letmein")).unwrap_err();
        assert!(matches!(error, Error::Key { password: true, .. }) && !error.to_string().contains("letmein"));
        let identity = read(file.path(), Some("hunter2")).unwrap();
        assert_eq!(identity.chain.len(), 1);
    }

    #[test]
    fn what_is_no_identity_says_why() {
        for (text, words) in [
            (&b"nothing"[..], "no certificate"),
            (b"\x30\x82\xff\xff", "not PEM"),
            (LOCKED.split_once("-----END ENC").unwrap().0.as_bytes(), "end marker"),
        ] {
            let error = read(file(text).path(), Some("hunter2")).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let long = vec![b'a'; usize::try_from(MAX_FILE).unwrap() + 1];
        assert!(read(file(&long).path(), None).unwrap_err().to_string().contains("too long"));
        assert!(hint(Path::new("x.P12")).contains("openssl pkcs12"));
    }
}
