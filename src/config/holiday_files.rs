//! The organisation's own holiday calendars: the files of `holidays/`.
//!
//! Not here: what such a file says (`holidays`).

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files;
use super::resolve::shape_problem;
use super::sources::Findings;
use crate::document::Problems;
use crate::holidays::{Definition, Library};

/// The folder of the calendars, within the configuration.
pub(super) const FOLDER: &str = "holidays";

/// A file that was read; it is told of only once all others are known, since it may extend them.
struct Found {
    id: String,
    file: String,
    text: Arc<str>,
    problems: Problems,
}

/// All calendars: those of the folder, where there is one, over the built-in ones.
pub(super) fn read(config: &Path, findings: &mut Findings) -> io::Result<Library> {
    let (mut own, mut found) = (Vec::new(), Vec::new());
    let listed = files::list_if_present(&config.join(FOLDER))?;
    for name in listed.into_iter().filter(|entry| !entry.is_folder).map(|entry| entry.name) {
        let file = format!("{FOLDER}/{name}");
        let Some(id) = calendar_id(&name, &file, findings) else { continue };
        match files::read_text(&config.join(&file)) {
            Ok(text) => {
                let problems = Problems::default();
                own.push((id.clone(), Definition::parse(&id, &text, &problems)));
                found.push(Found { id, file, text, problems });
            }
            Err(fault) => {
                findings.fault(&file, None, fault);
                own.push((id, None));
            }
        }
    }
    let library = Library::new(own);
    for Found { id, file, text, problems } in found {
        library.check(&id, &problems);
        findings.file(&file, None, &text, problems);
    }
    Ok(library)
}

/// The id that a file's name gives; `None`, told, for a file that is no calendar.
fn calendar_id(name: &str, file: &str, findings: &mut Findings) -> Option<String> {
    let Some(id) = name.strip_suffix(".toml") else {
        if files::has_extension(name, &["ics"]) {
            let message = "reading holidays from an .ics file is not in this version of oncal";
            let help = format!("write its dates into {FOLDER}/<name>.toml");
            findings.error(file, "not-in-this-version", message, help);
        } else if files::has_extension(name, &["toml", "yaml", "yml"]) {
            findings.unread(file, "calendars are files named <name>.toml");
        }
        return None;
    };
    match shape_problem("a holiday calendar", id) {
        Some(problem) => {
            findings.whole(file, None, problem);
            None
        }
        None => Some(id.to_owned()),
    }
}
