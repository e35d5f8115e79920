//! The last good configuration of a team whose files have errors at the start: what was last published, read from the
//! source files in the journal.

use std::fs;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

use tempfile::TempDir;

use crate::config::{self, AsOf, KeptCalendars, Settings, TeamConfig, ZoneDataSource};
use crate::journal::SourceFile;
use crate::rota::{Instant, TeamId};

/// Where to create a folder while the files are read. It is in memory, and most containers have it even if their other
/// folders are read-only.
const MEMORY: &str = "/dev/shm";

/// The team `id` as its stored source `files` say at `now`; `None` if there are none, or this version of the program
/// cannot read them.
pub(super) fn restore(
    id: &TeamId,
    files: &[SourceFile],
    settings: &Settings,
    now: Instant,
) -> Option<TeamConfig> {
    if files.is_empty() {
        return None;
    }
    let folder = match written(files, settings) {
        Ok(folder) => folder,
        Err(error) => {
            tracing::error!(team = %id, %error, "failed to restore what was last published");
            return None;
        }
    };
    let copies = files.iter().filter_map(|file| Some((file.path.as_str(), file.content.as_deref()?)));
    let calendars = Arc::new(KeptCalendars::from_files(copies));
    let mut loaded = config::load(folder.path(), AsOf { now, calendars }).ok()?;
    let team = loaded.teams.remove(id)?;
    // No files have this fingerprint: whatever is loaded later is something else.
    Some(TeamConfig { fingerprint: format!("restored {}", team.fingerprint), ..TeamConfig::clone(&team) })
}

/// A configuration folder with `files`, which only this user can read. It is deleted when dropped.
fn written(files: &[SourceFile], settings: &Settings) -> io::Result<TempDir> {
    let folder = match TempDir::with_prefix_in("oncal-", MEMORY) {
        Ok(folder) => folder,
        Err(_) => TempDir::with_prefix("oncal-")?,
    };
    if settings.tzdata == ZoneDataSource::System {
        fs::write(folder.path().join("oncal.toml"), "tzdata = \"system\"\n")?;
    }
    for file in files {
        let below = Path::new(&file.path);
        let is_below = below.components().all(|part| matches!(part, Component::Normal(_)));
        let Some(content) = file.content.as_ref().filter(|_| is_below) else { continue };
        let path = folder.path().join(below);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok(folder)
}
