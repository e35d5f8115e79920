//! Names of other machines that mean this one for a program, with Debian's libnss-wrapper.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Some names, each of which means 127.0.0.1.
pub(crate) struct HostNames(TempDir);

impl HostNames {
    pub(crate) fn new(names: &[&str]) -> HostNames {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = names.iter().map(|name| format!("127.0.0.1 {name}\n")).collect();
        fs::write(folder.path().join("hosts"), lines).unwrap();
        HostNames(folder)
    }

    /// Has `command` know them.
    pub(crate) fn apply(&self, command: &mut Command) {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].iter();
        let mut libraries = folders.map(|folder| Path::new(folder).join("libnss_wrapper.so"));
        command.env("LD_PRELOAD", libraries.find(|path| path.exists()).unwrap());
        command.env("NSS_WRAPPER_HOSTS", self.0.path().join("hosts"));
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
    }
}
