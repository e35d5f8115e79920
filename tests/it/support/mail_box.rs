//! Real mail servers: aiosmtpd, and Postfix from Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::certificates::{Authority, Certificate};
use super::machine::free_port;
use super::running::PATIENCE;
use super::wait::within;

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/bin/python")
}

/// A mail server (aiosmtpd); ends when dropped. Its login is oncal / s3cret-password.
pub(crate) struct MailBox {
    pub(crate) folder: TempDir,
    child: Child,
    pub(crate) port: u16,
}

impl MailBox {
    /// One of this machine. `mode` is plain, starttls or tls.
    pub(crate) fn start(mode: &str) -> MailBox {
        let authority = Authority::new();
        let mail = MailBox::start_with(mode, &authority.issue(&["localhost", "127.0.0.1"]));
        fs::copy(authority.file(), mail.authority()).unwrap();
        mail
    }

    /// One that shows this certificate.
    pub(crate) fn start_with(mode: &str, certificate: &Certificate) -> MailBox {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("server.crt"), &certificate.certificate_pem).unwrap();
        fs::write(path("server.key"), &certificate.key_pem).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/smtp_server.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder.path()).args([path("server.crt"), path("server.key")]).arg(mode);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let port = within(PATIENCE, "the mail server", || fs::read_to_string(path("port")).ok());
        MailBox { port: port.parse().unwrap(), folder, child }
    }

    /// Who trusts this is shown a certificate that is right.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// While `name` is set, it is `down` (refuses all for the moment), `slow` (waits before and after it takes a
    /// message) or on `hold` (takes no message, and leaves each without a reply).
    pub(crate) fn set(&self, name: &str, is_set: bool) {
        let path = self.folder.path().join(name);
        if is_set { fs::write(path, "").unwrap() } else { fs::remove_file(path).unwrap() }
    }

    fn of_kind(&self, kind: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == kind)).collect();
        files.sort();
        files
    }

    /// The messages that it took.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.of_kind("eml")
    }

    /// How many messages it left without a reply.
    pub(crate) fn held(&self) -> usize {
        self.of_kind("held").len()
    }

    /// Whether anybody showed it a password.
    pub(crate) fn saw_password(&self) -> bool {
        self.folder.path().join("login").exists()
    }

    /// What arrived, as Python's package email reads it.
    pub(crate) fn read(&self) -> Vec<Value> {
        read(&self.files())
    }
}

impl Drop for MailBox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Messages as Python's package email reads them; none may have a defect.
pub(crate) fn read(files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/read_messages.py");
    let output = Command::new(python()).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Postfix from Debian with a folder of its own, which offers STARTTLS and a login; stopped when dropped.
pub(crate) struct Postfix {
    folder: TempDir,
    pub(crate) port: u16,
}

impl Postfix {
    /// What it takes goes into one maildir.
    pub(crate) fn start(certificate: &Certificate) -> Postfix {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("server.crt"), &certificate.certificate_pem).unwrap();
        fs::write(folder.path().join("server.key"), &certificate.key_pem).unwrap();
        let port = free_port();
        let output = postfix().arg("start").arg(folder.path()).arg(port.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Postfix { folder, port }
    }

    pub(crate) fn boxes(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let _ = postfix().arg("stop").arg(self.folder.path()).status();
    }
}

fn postfix() -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/postfix.sh"))
}
