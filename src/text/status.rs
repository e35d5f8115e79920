//! The wording of a status and its tone: the same in feeds, on pages and in the terminal.

use crate::rota::{Role, RowStatus};

/// How urgent a status is. No meaning is in a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// Somebody must act now: nobody covers, or the deadline has passed.
    Alarm,
    /// Somebody must act, or should know.
    Warning,
    /// In order.
    Good,
    /// For information.
    Plain,
    /// Of less interest.
    Faint,
}

/// A status in a few words, in lower case.
pub fn status(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Covered => "covered",
        RowStatus::Proposed => "proposed",
        RowStatus::NeedsVolunteer => "volunteer needed",
        RowStatus::Nobody => "not covered",
        RowStatus::Agreed => "agreed",
        RowStatus::AgreedLate => "agreed late",
        RowStatus::Reported => "reported",
        RowStatus::NoBackup => "no backup",
        RowStatus::Backfilled => "stand-in",
        RowStatus::Working => "holiday duty",
        RowStatus::Unaffected => "unaffected",
    }
}

/// The tone of a status whose deadline may have passed.
pub fn tone(status: RowStatus, is_overdue: bool) -> Tone {
    match status {
        _ if is_overdue => Tone::Alarm,
        RowStatus::Nobody => Tone::Alarm,
        RowStatus::Proposed | RowStatus::NeedsVolunteer | RowStatus::NoBackup => Tone::Warning,
        RowStatus::Covered | RowStatus::Backfilled | RowStatus::Agreed | RowStatus::AgreedLate => Tone::Good,
        RowStatus::Reported | RowStatus::Working => Tone::Plain,
        RowStatus::Unaffected => Tone::Faint,
    }
}

/// `Primary` or `Secondary`.
pub fn role_title(role: Role) -> &'static str {
    match role {
        Role::Primary => "Primary",
        Role::Secondary => "Secondary",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_own_words_and_an_open_one_is_at_least_a_warning() {
        let mut words: Vec<&str> = RowStatus::ALL.into_iter().map(status).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), RowStatus::ALL.len());
        for status in RowStatus::ALL {
            assert_eq!(tone(status, true), Tone::Alarm);
            assert!(!status.is_open() || tone(status, false) <= Tone::Warning, "{status:?}");
        }
    }
}
