//! Where commands write and how they end: data to standard output, the rest to standard error, and the exit codes
//! of the README.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use thiserror::Error;

use crate::json;

/// The exit status of a command that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Nothing is wrong.
    Fine,
    /// The configuration has errors.
    Failed,
    /// The rota needs somebody to act.
    Attention,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Attention => 3,
        })
    }
}

/// The exit code of wrong usage, the same as clap's.
pub(super) const USAGE: u8 = 2;

/// Wrong usage: an argument names something that does not exist, or makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

impl Usage {
    /// A message, and what would be right.
    pub(super) fn with_help(message: impl Display, help: impl Display) -> Usage {
        Usage(format!("{message}; {help}"))
    }
}

/// The two streams of a command.
pub(super) struct Output {
    data: AutoStream<io::Stdout>,
    /// Whether whoever read the data has gone (`oncal schedule | head`).
    unread: bool,
    notes: AutoStream<io::Stderr>,
}

impl Output {
    /// Standard output and standard error; `Auto` uses colours on a terminal, unless `NO_COLOR` is set.
    pub(super) fn new(color: ColorChoice) -> Output {
        Output {
            data: AutoStream::new(io::stdout(), color),
            unread: false,
            notes: AutoStream::new(io::stderr(), color),
        }
    }

    /// Writes `text` as it is, styles included. If the reader has gone, the command goes on silently, to determine its
    /// exit code.
    pub(super) fn data(&mut self, text: &str) -> io::Result<()> {
        if self.unread {
            return Ok(());
        }
        let written = self.data.write_all(text.as_bytes()).and_then(|()| self.data.flush());
        self.unread = written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if self.unread { Ok(()) } else { written }
    }

    /// Writes `value` as JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        Ok(self.data(&json::text(value)?)?)
    }

    /// Writes a line for people to standard error. A failure to write is ignored.
    pub(super) fn note(&mut self, text: impl Display) {
        let _ = writeln!(self.notes, "{text}");
    }

    /// The same, as a warning.
    pub(super) fn warn(&mut self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        self.note(format_args!("{style}warning{style:#}: {text}"));
    }

    /// The same, as an error.
    pub(super) fn error(&mut self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        self.note(format_args!("{style}error{style:#}: {text}"));
    }
}

/// What could not be done.
pub(super) fn failed(error: impl Display) -> anyhow::Error {
    anyhow::anyhow!("failed to {error}")
}

/// Prints `error` and returns the exit code for it.
pub(super) fn fail(error: &anyhow::Error, output: &mut Output) -> ExitCode {
    output.error(format_args!("{error:#}"));
    if error.is::<Usage>() { ExitCode::from(USAGE) } else { Exit::Failed.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: impl Into<anyhow::Error>) -> String {
        format!("{:?}", fail(&error.into(), &mut Output::new(ColorChoice::Never)))
    }

    #[test]
    fn wrong_usage_exits_with_two_and_other_failures_with_one() {
        let failed = format!("{:?}", ExitCode::from(1));
        assert_eq!(code(io::Error::from(io::ErrorKind::BrokenPipe)), failed, "of a connection, say");
        assert_eq!(code(Usage("no".to_owned())), format!("{:?}", ExitCode::from(2)));
        assert_eq!(code(io::Error::from(io::ErrorKind::NotFound)), format!("{:?}", ExitCode::from(1)));
    }
}
