//! What of a calendar counts and what was passed over, for `oncal check`.

use std::collections::BTreeMap;
use std::fmt;

/// How many entries of a calendar count, and how many do not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Entries that count: a repeating one is one.
    pub count: usize,
    /// Those that do not, by reason.
    pub passed_over: BTreeMap<PassedOver, usize>,
}

/// Why an entry does not count, in the order of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// It was cancelled.
    Cancelled,
    /// The engineer declined it.
    Declined,
    /// oncal itself wrote it.
    OnCall,
    /// `exclude` matches.
    Excluded,
    /// None of `time_off_only` matches.
    OtherPeople,
    /// It is marked as free.
    Free,
    /// It is marked as working elsewhere.
    WorkingElsewhere,
    /// It covers no whole day, or takes no time.
    Short,
    /// Free/busy times that do not count.
    FreeBusy,
}

impl Summary {
    /// Counts an entry that does not count as time off.
    pub(super) fn pass_over(&mut self, reason: PassedOver) {
        *self.passed_over.entry(reason).or_default() += 1;
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassedOver::Cancelled => "cancelled",
            PassedOver::Declined => "declined",
            PassedOver::OnCall => "written by oncal",
            PassedOver::Excluded => "left out by `exclude`",
            PassedOver::OtherPeople => "of other people",
            PassedOver::Free => "marked as free",
            PassedOver::WorkingElsewhere => "marked as working elsewhere",
            PassedOver::Short => "shorter than a day",
            PassedOver::FreeBusy => "free/busy times other than \"unavailable\"",
        })
    }
}

/// Such as `12 entries count as time off; 1488 do not: 1400 shorter than a day, 88 marked as free`.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str("1 entry counts as time off")?,
            count => write!(f, "{count} entries count as time off")?,
        }
        let others: usize = self.passed_over.values().sum();
        match others {
            0 => return Ok(()),
            1 => f.write_str("; 1 does not")?,
            others => write!(f, "; {others} do not")?,
        }
        for (n, (reason, count)) in self.passed_over.iter().enumerate() {
            write!(f, "{} {count} {reason}", if n == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_says_how_many_entries_count_and_which_do_not() {
        let mut summary = Summary { count: 1, ..Summary::default() };
        assert_eq!(summary.to_string(), "1 entry counts as time off");
        summary.pass_over(PassedOver::Free);
        assert_eq!(summary.to_string(), "1 entry counts as time off; 1 does not: 1 marked as free");
        summary.count = 0;
        (0..3).for_each(|_| summary.pass_over(PassedOver::Declined));
        let expected = "0 entries count as time off; 4 do not: 3 declined, 1 marked as free";
        assert_eq!(summary.to_string(), expected);
    }
}
