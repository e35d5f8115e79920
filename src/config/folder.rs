//! The content of the configuration folder: the team files, and files that oncal does not read.
//!
//! Not here: the content of a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::configuration::{SETTINGS, TEAMS};
use super::files::{self, Entry};
use super::holiday_files::FOLDER as HOLIDAYS;
use super::ids::id_problem;
use super::run_books;
use super::sources::Diagnostics;
use super::time_off;
use crate::rota::TeamId;
use crate::toml_reader::{Problem, nearest};

/// Why a folder gives no configuration at all. Problems within single files are diagnostics, not a `LoadError`.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There is nothing at the path.
    #[error("there is no configuration folder {}", folder.display())]
    Missing {
        /// As given to [`load`].
        folder: PathBuf,
    },
    /// The path is not a folder.
    #[error("{} is not a folder; the configuration is a folder with teams/ in it", folder.display())]
    NotAFolder {
        /// As given to [`load`].
        folder: PathBuf,
    },
    /// The operating system does not let it be listed.
    #[error("the folder {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The folder, or one within it.
        path: PathBuf,
        /// What the operating system says. Not `source`, which would be printed a second time behind this message.
        cause: io::Error,
    },
}

pub(super) fn check_folder(folder: &Path) -> Result<(), LoadError> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(LoadError::NotAFolder { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(LoadError::Missing { folder: folder.to_owned() })
        }
        Err(error) => Err(unreadable(folder)(error)),
    }
}

pub(super) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> LoadError {
    let path = path.to_owned();
    move |cause| LoadError::Unreadable { path, cause }
}

pub(super) fn list(folder: &Path) -> Result<Vec<Entry>, LoadError> {
    files::list_if_present(folder).map_err(unreadable(folder))
}

/// Warns about files that oncal does not read, which are probably mistakes: `oncall.toml`, or a team beside `teams/`.
pub(super) fn warn_of_strays(listed: &[Entry], diagnostics: &mut Diagnostics) {
    for entry in listed.iter().filter(|entry| !entry.is_folder && entry.name != SETTINGS) {
        if files::has_extension(&entry.name, &["toml", "ics", "yaml", "yml"]) {
            let stem = Path::new(&entry.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let help = match nearest(stem, ["oncal"]) {
                Some(_) => format!("did you mean `{SETTINGS}`?"),
                None => format!("teams belong in {TEAMS}/, holiday calendars in {HOLIDAYS}/"),
            };
            diagnostics.unread(&entry.name, help);
        }
    }
}

/// The teams in order of their ids.
pub(super) fn team_ids(folder: &Path, diagnostics: &mut Diagnostics) -> Result<Vec<TeamId>, LoadError> {
    let (mut ids, mut candidates) = (Vec::new(), 0);
    for entry in list(&folder.join(TEAMS))? {
        let file = format!("{TEAMS}/{}", entry.name);
        let path = Path::new(&entry.name);
        if entry.is_folder {
            if files::has_extension(&entry.name, &["toml"]) {
                diagnostics.folder(&file, "a team is a file named <id>.toml");
            }
            continue;
        }
        if !files::has_extension(&entry.name, &["toml"]) {
            if files::has_extension(&entry.name, &["yaml", "yml", "json"]) {
                diagnostics.unread(&file, "a team is a file named <id>.toml");
            }
            continue;
        }
        candidates += 1;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if let Some(problem) = id_problem("a team", stem) {
            diagnostics.whole(&file, None, problem);
        } else if !entry.name.ends_with(".toml") {
            let message = "a team's file ends in `.toml`, in lower case";
            diagnostics.error(&file, "invalid-id", message, format!("rename it to {stem}.toml"));
        } else {
            ids.extend(TeamId::new(stem));
        }
    }
    if candidates == 0 {
        let help = format!("a team is a file {TEAMS}/<id>.toml; `oncal init` writes one to start from");
        diagnostics.error(&format!("{TEAMS}/"), "no-teams", "there is no team", help);
    }
    ids.sort();
    Ok(ids)
}

pub(super) fn warn_of_ownerless_folders(
    folder: &Path,
    ids: &[TeamId],
    diagnostics: &mut Diagnostics,
) -> Result<(), LoadError> {
    let kinds = [
        (run_books::FOLDER, "run-books-without-team", "there is no team of this name for these run books"),
        (time_off::FOLDER, "time-off-without-team", "there is no team of this name for these absences"),
    ];
    for (kind, code, message) in kinds {
        let folders = list(&folder.join(kind))?.into_iter().filter(|entry| entry.is_folder);
        let has_team = |name: &str| ids.binary_search_by(|id| id.as_str().cmp(name)).is_ok();
        for entry in folders.filter(|entry| !has_team(&entry.name)) {
            let help = nearest(&entry.name, ids.iter().map(TeamId::as_str));
            let problem = Problem::warning(code, message).maybe_help(help);
            diagnostics.whole(&format!("{kind}/{}/", entry.name), None, problem);
        }
    }
    Ok(())
}
