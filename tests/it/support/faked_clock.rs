//! A clock that a test moves under a running program, with libfaketime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

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
        command.env("LD_PRELOAD", library());
        command.env("FAKETIME_TIMESTAMP_FILE", &self.file).env("FAKETIME_NO_CACHE", "1");
        if !is_monotonic {
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
    }

    /// Moves it away from the right time: `+3d`, `-9d`, `+0`. At once: programs read the file at each look at the
    /// clock.
    pub(crate) fn set(&self, offset: &str) {
        let aside = self.file.with_extension("next");
        fs::write(&aside, format!("{offset}\n")).unwrap();
        fs::rename(aside, &self.file).unwrap();
    }
}

/// A clock that runs fast, for programs that wait for minutes or days. Uptime runs as it does.
pub(crate) struct FastClock {
    start: DateTime<Utc>,
    since: Instant,
    speed: u32,
}

impl FastClock {
    /// It shows `start` now and is so many times as fast as the real one.
    pub(crate) fn start(start: DateTime<Utc>, speed: u32) -> FastClock {
        FastClock { start, since: Instant::now(), speed }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.start + TimeDelta::from_std(self.since.elapsed() * self.speed).unwrap()
    }

    /// Has `command` read it.
    pub(crate) fn apply(&self, command: &mut Command) {
        let clock = self.now().format("@%Y-%m-%d %H:%M:%S");
        command.env("LD_PRELOAD", library()).env("FAKETIME", format!("{clock} x{}", self.speed));
        command.env("TZ", "UTC").env("NO_FAKE_STAT", "1");
        command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
}

fn library() -> PathBuf {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"].iter();
    let mut libraries = folders.map(|folder| Path::new(folder).join("faketime/libfaketime.so.1"));
    libraries.find(|path| path.exists()).unwrap()
}
