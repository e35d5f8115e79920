//! Whether an event takes place and its owner is busy or away, by its own properties.
//!
//! Not here: whether that counts as time off (`time_off::rules`).

use super::component::{BUSY_STATUS, Event};
use super::line::Line;
use crate::toml_reader::Span;

/// How an event shows in its owner's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusyStatus {
    /// The time is free.
    Free,
    /// At work, but not at the usual place.
    WorkingElsewhere,
    /// Perhaps.
    Tentative,
    /// The time is taken.
    Busy,
    /// Away.
    OutOfOffice,
}

/// What somebody answered to an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They do not come.
    Declined,
    /// They may come, or have not answered yet.
    Open,
    /// They come.
    Accepted,
}

impl Event<'_> {
    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.is("STATUS", "CANCELLED")
    }

    /// Where it is marked as tentative, if it is.
    pub fn tentative(&self) -> Option<Span> {
        let by_status = self.line("STATUS").filter(|_| self.is("STATUS", "TENTATIVE"));
        let by_busy_status = self.line(BUSY_STATUS).filter(|_| self.is(BUSY_STATUS, "TENTATIVE"));
        by_status.or(by_busy_status).map(Line::value_span)
    }

    /// Outlook's status where the event has one, otherwise by TRANSP.
    pub fn busy_status(&self) -> BusyStatus {
        match self.line(BUSY_STATUS).map(|line| line.value.trim().to_ascii_uppercase()).as_deref() {
            Some("FREE") => BusyStatus::Free,
            Some("WORKINGELSEWHERE") => BusyStatus::WorkingElsewhere,
            Some("TENTATIVE") => BusyStatus::Tentative,
            Some("BUSY") => BusyStatus::Busy,
            Some("OOF") => BusyStatus::OutOfOffice,
            _ if self.is("TRANSP", "TRANSPARENT") => BusyStatus::Free,
            _ => BusyStatus::Busy,
        }
    }

    /// What the attendee with the mail address `email` answered, and where that stands; `None` where they are not
    /// invited.
    pub fn answer_of(&self, email: &str) -> Option<(Answer, Span)> {
        let line = self.all("ATTENDEE").find(|line| is_attendee(line, email))?;
        let answer = match line.parameter("PARTSTAT").map(str::to_ascii_uppercase).as_deref() {
            Some("DECLINED") => Answer::Declined,
            Some("NEEDS-ACTION" | "TENTATIVE") => Answer::Open,
            _ => Answer::Accepted,
        };
        Some((answer, line.span()))
    }

    fn is(&self, name: &str, word: &str) -> bool {
        self.line(name).is_some_and(|line| line.value.trim().eq_ignore_ascii_case(word))
    }
}

/// Whether an `ATTENDEE` is the person with that mail address: in its value, or in the `EMAIL` that Apple adds.
fn is_attendee(line: &Line<'_>, email: &str) -> bool {
    let value = line.value.trim();
    let address = value
        .split_at_checked(7)
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"))
        .map(|(_, rest)| rest);
    [address, line.parameter("EMAIL")]
        .into_iter()
        .flatten()
        .any(|known| known.trim().eq_ignore_ascii_case(email))
}
