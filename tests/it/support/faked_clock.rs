//! A clock that a test moves under a running program, with libfaketime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A clock that begins at the right time.
#[derive(Clone)]
pub(crate) struct FakedClock {
    file: PathBuf,
}

impl FakedClock {
    /// Keeps what it shows in `file`.
    pub(crate) fn new(file: PathBuf) -> FakedClock {
        let clock = FakedClock { file };
        clock.set("+0");
        clock
    }

    /// Makes `command` read this clock. With `is_monotonic` uptime moves with it too.
    pub(crate) fn apply(&self, command: &mut Command, is_monotonic: bool) {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].iter();
        let mut libraries = folders.map(|folder| Path::new(folder).join("faketime/libfaketime.so.1"));
        command.env("LD_PRELOAD", libraries.find(|path| path.exists()).unwrap());
        command.env("FAKETIME_TIMESTAMP_FILE", &self.file).env("FAKETIME_NO_CACHE", "1");
        if !is_monotonic {
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
    }

    /// Moves it away from the right time: `+3d`, `-9d`, `+0`.
    pub(crate) fn set(&self, offset: &str) {
        fs::write(&self.file, format!("{offset}\n")).unwrap();
    }
}
