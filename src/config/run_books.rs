//! The run books of a team: the Markdown files of `runbooks/<team>/`.
//!
//! Not here: how they are shown.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{self, FileFault};
use super::ids::id_problem;
use super::sources::Diagnostics;
use crate::rota::{RunBook, RunBookId, TeamId};
use crate::toml_reader::{At, Problem, Problems, Severity, nearest};

/// The folder of all run books, within the configuration.
pub(super) const FOLDER: &str = "runbooks";

/// The files in a team's folder, by name, and which of them pipelines have named.
#[derive(Debug, Default)]
pub(super) struct RunBooks {
    /// The folder as shown to people.
    shown: String,
    files: BTreeMap<String, Result<RunBook, BookFault>>,
    named: RefCell<BTreeSet<String>>,
}

/// Why a file cannot be used as a run book.
#[derive(Debug)]
enum BookFault {
    /// Its name is not a valid id.
    Id(Problem),
    /// It, or the target of the link, is not in the team's folder.
    Outside,
    File(FileFault),
}

impl BookFault {
    fn problem(&self) -> Problem {
        let (code, message, help) = match self {
            BookFault::Id(problem) => return problem.clone(),
            BookFault::Outside => (
                "run-book-outside",
                "this run book is a link that leads out of the team's folder".to_owned(),
                Some("put the file itself there".to_owned()),
            ),
            BookFault::File(fault) => {
                let help = fault
                    .bad_line()
                    .map(|line| format!("save it as UTF-8; the first invalid character is on line {line}"));
                (fault.code(), format!("this run book cannot be used: {fault}"), help)
            }
        };
        Problem::error(code, message).maybe_help(help)
    }
}

impl RunBooks {
    /// Reads the run books of `team`; none where it has no folder.
    pub(super) fn read(config: &Path, team: &TeamId) -> Result<RunBooks, FileFault> {
        let shown = format!("{FOLDER}/{team}");
        let folder = config.join(FOLDER).join(team.as_str());
        let listed = files::list_if_present(&folder)?;
        let mut books = RunBooks { shown, ..RunBooks::default() };
        if listed.is_empty() {
            return Ok(books);
        }
        let home = files::inside(config, &folder)?;
        for entry in listed.into_iter().filter(|entry| !entry.is_folder) {
            if let Some(stem) = entry.name.strip_suffix(".md") {
                let book = read_book(&home, folder.join(&entry.name), stem);
                books.files.insert(entry.name, book);
            }
        }
        Ok(books)
    }

    /// The run book that a pipeline names at `at`; an error if there is none.
    pub(super) fn named(&self, at: &At<String>, problems: &Problems) -> Option<RunBookId> {
        self.named.borrow_mut().insert(at.value.clone());
        if at.value.contains(['/', '\\']) {
            let help = format!(
                "write the name of a file in {}/, without folders, or an address with `https://`",
                self.shown
            );
            let message = "a run book must be in the folder of its team";
            problems.error_with_help("run-book-outside", at.span.clone(), message, help);
            return None;
        }
        match self.files.get(&at.value) {
            Some(Ok(book)) => Some(book.id.clone()),
            Some(Err(fault)) => {
                problems.push(fault.problem().at(&at.span));
                None
            }
            None => {
                let message = format!("there is no run book {}/{}", self.shown, at.value.escape_debug());
                let help = nearest(&at.value, self.files.keys().map(String::as_str))
                    .unwrap_or_else(|| "create the file, or delete this line".to_owned());
                problems.error_with_help("run-book-missing", at.span.clone(), message, help);
                None
            }
        }
    }

    /// Whether the file of that name exists and is empty apart from headings.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let book = self.files.get(name).and_then(|book| book.as_ref().ok());
        book.is_some_and(|book| book.markdown.lines().all(is_blank))
    }

    /// Warns about files that no pipeline has named. Returns whether none of them is an error, as a link that leads out
    /// of the folder is.
    pub(super) fn report_unnamed(&self, team: &TeamId, diagnostics: &mut Diagnostics) -> bool {
        let named = self.named.borrow();
        let mut is_right = true;
        for (name, book) in self.files.iter().filter(|(name, _)| !named.contains(*name)) {
            let file = format!("{}/{name}", self.shown);
            let problem = match book {
                Ok(_) => Problem::warning("run-book-unnamed", "no pipeline names this run book")
                    .help(format!("give a [[pipeline]] the line `run_book = \"{name}\"`")),
                Err(fault @ BookFault::Outside) => fault.problem(),
                Err(fault) => Problem { severity: Severity::Warning, ..fault.problem() },
            };
            is_right &= problem.severity == Severity::Warning;
            diagnostics.whole(&file, Some(team), problem);
        }
        is_right
    }

    /// All usable run books, by id.
    pub(super) fn books(&self) -> BTreeMap<RunBookId, RunBook> {
        let books = self.files.values().filter_map(|book| book.as_ref().ok());
        books.map(|book| (book.id.clone(), book.clone())).collect()
    }
}

fn read_book(home: &Path, path: PathBuf, stem: &str) -> Result<RunBook, BookFault> {
    if let Some(problem) = id_problem("a run book", stem) {
        return Err(BookFault::Id(problem));
    }
    let real = fs::canonicalize(path).map_err(|error| BookFault::File(error.into()))?;
    if !real.starts_with(home) {
        return Err(BookFault::Outside);
    }
    let markdown = files::read_text(&real).map_err(BookFault::File)?;
    let id = RunBookId::new(stem).ok_or(BookFault::Outside)?;
    let title = title(&markdown).unwrap_or(stem).to_owned();
    Ok(RunBook { id, title, markdown: Arc::clone(&markdown) })
}

/// The first heading written with `#` (CommonMark 4.2) that is not within a code block.
fn title(markdown: &str) -> Option<&str> {
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let text = line.trim_start_matches(' ');
        let marks =
            |mark: char| text.get(..text.len() - text.trim_start_matches(mark).len()).unwrap_or_default();
        let run = if text.starts_with('~') { marks('~') } else { marks('`') };
        match fence {
            Some(opened) if run.starts_with(opened) && text.trim_end() == run => fence = None,
            None if run.len() >= 3 => fence = Some(run),
            None if line.len() - text.len() < 4 => {
                let rest = text.trim_start_matches('#');
                let level = text.len() - rest.len();
                let title = rest.trim();
                let title = title.trim_end_matches('#').trim_end();
                if (1..=6).contains(&level) && rest.starts_with([' ', '\t']) && !title.is_empty() {
                    return Some(title);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_heading() {
        for (markdown, expected) in [
            ("# Profit\n\n## Purpose", Some("Profit")),
            ("text\n\n  ## Profit ##  \n", Some("Profit")),
            ("#!/bin/sh\n#tag\n####### seven\n#\n# Real", Some("Real")),
            ("```sh\n# comment\n```\n# Real", Some("Real")),
            ("~~~~\n# comment\n~~~\n# still\n~~~~~\n# Real", Some("Real")),
            ("    # code\n# Real", Some("Real")),
            ("no heading", None),
            ("", None),
        ] {
            assert_eq!(title(markdown), expected, "{markdown:?}");
        }
    }
}
