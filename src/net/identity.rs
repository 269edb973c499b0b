//! A client certificate and its key, from PEM files or from one of PKCS #12 (RFC 7292).

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use p12_keystore::Pkcs12Archive;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Error;
use crate::model::Secret;

/// A file of certificates and keys is no longer than this.
const MAX_FILE: u64 = 1 << 20;
/// How the PEM of a key under a password begins.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";
/// The same in OpenSSL's old form, which hides the key badly.
const OLD_ENCRYPTED: &str = "Proc-Type: 4,ENCRYPTED";

/// Said of a certificate's file, and of another one that was named for its key.
const NO_KEY: &str = "there is no key in it: name the file that holds the certificate's key";

/// Where a client certificate and its key are.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// PEM, the chain above it too; DER; or PKCS #12, the key too.
    pub certificate: PathBuf,
    /// PEM; `None`: in the same file.
    pub key: Option<PathBuf>,
    /// What opens the key or the PKCS #12 file, where there is a password.
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
        let chain = match is_der(&file) {
            true if is_certificate(&file) => Ok(vec![CertificateDer::from(file)]),
            true => return self.unpack(&file),
            false => CertificateDer::pem_slice_iter(&file).collect(),
        };
        let chain: Vec<_> = chain.map_err(|error: pem::Error| broken(&self.certificate, error))?;
        if chain.is_empty() {
            return Err(broken(&self.certificate, "there is no certificate in it"));
        }
        let file = contents(self.key_file())?;
        if is_der(&file) && self.key.is_none() {
            return Err(broken(self.key_file(), NO_KEY));
        }
        if is_der(&file) {
            let why = "this is not PEM; a PKCS #12 file has its certificate in it and is chosen as that";
            return Err(broken(self.key_file(), why));
        }
        let text = String::from_utf8_lossy(&file);
        let key = match text.contains(ENCRYPTED) {
            true => self.decrypt(&text)?,
            false if text.contains(OLD_ENCRYPTED) => {
                let why = "its password is of an old kind: convert it with `openssl pkcs8 -topk8`";
                return Err(broken(self.key_file(), why));
            }
            false => PrivateKeyDer::from_pem_slice(&file).map_err(|error| match error {
                pem::Error::NoItemsFound => broken(self.key_file(), NO_KEY),
                other => broken(self.key_file(), other),
            })?,
        };
        Ok(Identity { chain, key })
    }

    /// From PKCS #12.
    fn unpack(&self, file: &[u8]) -> Result<Identity, Error> {
        use p12_keystore::error::Error as Why;
        let broken = |why: &str| broken(&self.certificate, why);
        if self.key.is_some() {
            return Err(broken("the key is in this file: choose no other one"));
        }
        // Without a password, as with an empty one, it may well be open.
        let password = self.password.as_ref().map(Secret::expose).unwrap_or_default();
        let archive = Pkcs12Archive::from_pkcs12(file, password).map_err(|error| match &error {
            Why::MacError(_) | Why::UnpadError => self.locked(&self.certificate),
            Why::Pkcs5Error(why) if *why == pkcs8::pkcs5::Error::DecryptFailed.to_string() => {
                self.locked(&self.certificate)
            }
            _ => broken(&format!("{error}; convert it with `openssl pkcs12 -in FILE -out FILE.pem`")),
        })?;
        let key = archive.keys.first().ok_or_else(|| broken("there is no key in it"))?;
        let id = key.local_key_id.as_ref().map(AsRef::as_ref);
        let certificates = || archive.certs.iter().map(|bag| &bag.cert);
        let own = archive.certs.iter().find(|bag| id.is_some() && bag.local_key_id.as_deref() == id);
        let own = own.map(|bag| &bag.cert).or_else(|| certificates().next());
        let mut chain = vec![own.ok_or_else(|| broken("there is no certificate in it"))?];
        while let Some(above) = chain
            .last()
            .and_then(|last| certificates().find(|above| above.subject() == last.issuer() && !chain.contains(above)))
        {
            chain.push(above);
        }
        Ok(Identity {
            chain: chain.iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect(),
            key: PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()).into(),
        })
    }

    /// The password for `path` is missing, or is not the right one.
    fn locked(&self, path: &Path) -> Error {
        let why = if self.password.is_some() { "the password is wrong" } else { "it is under a password" };
        Error::Key { path: path.to_owned(), why: why.to_owned(), password: true }
    }

    /// From PEM under a password.
    fn decrypt(&self, file: &str) -> Result<PrivateKeyDer<'static>, Error> {
        let path = self.key_file();
        let Some(password) = &self.password else { return Err(self.locked(path)) };
        let (begin, end) = (format!("-----BEGIN {ENCRYPTED}-----"), format!("-----END {ENCRYPTED}-----"));
        let pem = file.find(&begin).and_then(|start| {
            let length = file[start..].find(&end)? + end.len();
            file.get(start..start + length)
        });
        let (_, document) =
            pkcs8::SecretDocument::from_pem(pem.unwrap_or_default()).map_err(|error| broken(path, error))?;
        let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes());
        let key =
            info.map_err(|error| broken(path, error))?.decrypt(password.expose()).map_err(|error| match error {
                pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) => self.locked(path),
                other => broken(path, other),
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

fn contents(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| broken(path, error))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| broken(path, error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(broken(path, "it is too long"));
    }
    Ok(bytes)
}

/// Whether a file begins as a sequence of ASN.1, as PKCS #12 does and no text: `0`, and a length in more than a byte.
fn is_der(file: &[u8]) -> bool {
    matches!(file, [0x30, length, ..] if *length >= 0x80)
}

/// Whether a file of DER is a certificate: a sequence comes first in it, and in PKCS #12 a number.
fn is_certificate(file: &[u8]) -> bool {
    let header = 2 + file.get(1).map_or(0, |length| usize::from(length & 0x7f));
    file.get(header) == Some(&0x30)
}

fn broken(path: &Path, why: impl ToString) -> Error {
    Error::Key { path: path.to_owned(), why: why.to_string(), password: false }
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
    fn a_certificate_alone_wants_a_key_and_may_be_der() {
        let made = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
        let key = file(made.signing_key.serialize_pem().as_bytes());
        for certificate in [made.cert.pem().as_bytes(), made.cert.der()] {
            let certificate = file(certificate);
            let error = read(certificate.path(), None).unwrap_err().to_string();
            assert!(error.contains("there is no key in it"), "{error}");
            let (certificate, key) = (certificate.path().to_owned(), Some(key.path().to_owned()));
            let identity = ClientCertificate { certificate, key, password: None }.read().unwrap();
            assert_eq!(identity.chain, [made.cert.der().clone()]);
        }
    }

    #[test]
    fn what_is_no_identity_says_why() {
        for (text, words) in [
            (&b"nothing"[..], "no certificate"),
            (b"\x30\x82\xff\xff", "openssl pkcs12"),
            (LOCKED.split_once("-----END ENC").unwrap().0.as_bytes(), "end marker"),
        ] {
            let error = read(file(text).path(), Some("hunter2")).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let long = vec![b'a'; usize::try_from(MAX_FILE).unwrap() + 1];
        assert!(read(file(&long).path(), None).unwrap_err().to_string().contains("too long"));
    }

    /// Made with `openssl pkcs12 -export`, of a certificate and that of who signed it.
    #[test]
    fn pkcs_12_is_opened_with_its_password_only() {
        for (name, bytes, certificates) in [
            ("modern", &include_bytes!("tests/modern.p12")[..], 2),
            ("-legacy", include_bytes!("tests/legacy.p12"), 2),
            ("-nomac", include_bytes!("tests/no-mac.p12"), 1),
        ] {
            let file = file(bytes);
            let error = read(file.path(), None).unwrap_err();
            assert!(matches!(error, Error::Key { password: true, .. }), "{name}: {error}");
            assert!(error.to_string().contains("is under a password"), "{name}: {error}");
            let error = read(file.path(), Some("letmein")).unwrap_err();
            assert!(matches!(error, Error::Key { password: true, .. }), "{name}: {error}");
            assert!(error.to_string().contains("the password is wrong"), "{name}: {error}");
            let identity = read(file.path(), Some("hunter2")).unwrap();
            assert_eq!(identity.chain.len(), certificates, "{name}");
            let (_, own) = x509_parser::parse_x509_certificate(&identity.chain[0]).unwrap();
            assert_eq!(own.subject().to_string(), "CN=me", "{name}");
        }
        let open = file(include_bytes!("tests/no-password.p12"));
        assert_eq!(read(open.path(), None).unwrap().chain.len(), 1);
    }

    #[test]
    fn pkcs_12_holds_its_key_itself() {
        let (packed, pem) = (file(include_bytes!("tests/modern.p12")), file(LOCKED.as_bytes()));
        for (certificate, key, words) in [(&packed, &pem, "choose no other one"), (&pem, &packed, "is not PEM")] {
            let (certificate, key) = (certificate.path().to_owned(), Some(key.path().to_owned()));
            let error = ClientCertificate { certificate, key, password: None }.read().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn broken_pkcs_12_does_no_harm() {
        let whole = include_bytes!("tests/legacy.p12");
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.to_vec();
            bytes[at] ^= 0x55;
            let _ = read(file(&bytes).path(), Some("hunter2"));
            let _ = read(file(&whole[..at]).path(), Some("hunter2")).unwrap_err();
        }
    }
}
