//! The texts that were read and the diagnostics found in them, collected over a whole load.
//!
//! Not here: how a diagnostic is shown (`render`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::files::FileFault;
use crate::rota::TeamId;
use crate::toml_reader::{Problem, Problems};

/// The texts of the files, for rendering on the command line. They contain private values: nothing else may show them.
#[derive(Clone, Default)]
pub struct Sources {
    folder: PathBuf,
    texts: BTreeMap<String, Arc<str>>,
}

impl Sources {
    /// The configuration folder as it was named to `load`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The text of `file`, named as in [`Diagnostic::file`]; `None` if it could not be read.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(|text| &**text)
    }
}

/// Shows only the names of files, so that no debug output of a configuration contains their text.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("folder", &self.folder).field("files", &self.texts.keys()).finish()
    }
}

/// The texts and diagnostics of a load so far.
#[derive(Debug)]
pub(super) struct Diagnostics {
    pub(super) sources: Sources,
    pub(super) list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(folder: &Path) -> Diagnostics {
        let sources = Sources { folder: folder.to_owned(), texts: BTreeMap::new() };
        Diagnostics { sources, list: Vec::new() }
    }

    /// Adds what was read and found elsewhere in the same folder.
    pub(super) fn append(&mut self, other: Diagnostics) {
        self.sources.texts.extend(other.sources.texts);
        self.list.extend(other.list);
    }

    /// Adds the text of a file and its problems.
    pub(super) fn file(&mut self, file: &str, team: Option<&TeamId>, text: &Arc<str>, problems: Problems) {
        let found = problems.into_sorted();
        self.list.extend(Diagnostic::located(found, file, team, text));
        self.sources.texts.insert(file.to_owned(), Arc::clone(text));
    }

    /// Adds that a file could not be read.
    pub(super) fn fault(&mut self, file: &str, team: Option<&TeamId>, fault: FileFault) {
        let (code, message) = (fault.code(), fault.to_string());
        if let FileFault::NotUtf8 { readable, bad } = fault {
            let problems = Problems::default();
            let help = "save the file as UTF-8".to_owned();
            problems.error_with_help(code, bad, message, help);
            self.file(file, team, &readable.into(), problems);
        } else {
            self.whole(file, team, Problem::error(code, message));
        }
    }

    /// Adds an error about a whole file or folder.
    pub(super) fn error(&mut self, file: &str, code: &'static str, message: &str, help: impl Into<String>) {
        self.whole(file, None, Problem::error(code, message).help(help));
    }

    /// Adds a warning about a file that oncal does not read.
    pub(super) fn unread(&mut self, file: &str, help: impl Into<String>) {
        let problem = Problem::warning("unread-file", "oncal does not read this file");
        self.whole(file, None, problem.help(help));
    }

    /// Adds a warning about a folder in place of a file: container runtimes create one for a mounted file that is
    /// missing.
    pub(super) fn folder(&mut self, file: &str, help: impl Into<String>) {
        let message = "this is a folder, not a file, so oncal does not read it";
        self.whole(&format!("{file}/"), None, Problem::warning("unread-file", message).help(help));
    }

    /// Adds a problem of a whole file or folder; its span is ignored.
    pub(super) fn whole(&mut self, file: &str, team: Option<&TeamId>, problem: Problem) {
        self.list.push(Diagnostic::new(problem, file, team, None));
    }
}
