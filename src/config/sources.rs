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

/// The texts of the files, for rendering on the command line. They hold private values: nothing else may show them.
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

    /// The text of `file`, named as in [`Diagnostic::file`]; none where it could not be read.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(|text| &**text)
    }
}

/// Names the files alone, so that no debug output of a configuration shows a text.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("folder", &self.folder).field("files", &self.texts.keys()).finish()
    }
}

/// What a load has found so far.
#[derive(Debug)]
pub(super) struct Diagnostics {
    pub(super) sources: Sources,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(folder: &Path) -> Diagnostics {
        let sources = Sources { folder: folder.to_owned(), texts: BTreeMap::new() };
        Diagnostics { sources, diagnostics: Vec::new() }
    }

    /// Keeps the text of a file and takes over what is wrong with it.
    pub(super) fn file(&mut self, file: &str, team: Option<&TeamId>, text: &Arc<str>, problems: Problems) {
        let found = problems.into_sorted();
        self.diagnostics.extend(Diagnostic::located(found, file, team, text));
        self.sources.texts.insert(file.to_owned(), Arc::clone(text));
    }

    /// Takes over that a file gave no text.
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

    /// Records an error of a file, or of a folder, as a whole.
    pub(super) fn error(&mut self, file: &str, code: &'static str, message: &str, help: impl Into<String>) {
        self.whole(file, None, Problem::error(code, message).help(help));
    }

    /// Records a warning of a file that was put there for nothing.
    pub(super) fn unread(&mut self, file: &str, help: impl Into<String>) {
        let problem = Problem::warning("unread-file", "oncal does not read this file");
        self.whole(file, None, problem.help(help));
    }

    /// Records a warning of a folder where a file belongs: a container's runtime makes one for a file that is not there.
    pub(super) fn folder(&mut self, file: &str, help: impl Into<String>) {
        let message = "this is a folder, not a file, so oncal does not read it";
        self.whole(&format!("{file}/"), None, Problem::warning("unread-file", message).help(help));
    }

    /// Records a problem of a file, or of a folder, as a whole; its span does not count.
    pub(super) fn whole(&mut self, file: &str, team: Option<&TeamId>, problem: Problem) {
        self.diagnostics.push(Diagnostic::new(problem, file, team, None));
    }
}
