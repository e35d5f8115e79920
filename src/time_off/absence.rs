//! One absence, and what of many is left without others.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::ics::Span;
use crate::rota::{Period, Periods, Zone};

/// One absence. It has no title, since titles are private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// Whole local days of the engineer, both included.
    Days(NaiveDate, NaiveDate),
    /// An exact time.
    Exact(Period),
}

impl Absence {
    /// The period that it is for somebody who lives in `zone`.
    pub fn period(&self, zone: &Zone) -> Option<Period> {
        match self {
            Absence::Days(first, last) => Span::Days(*first, *last).period(zone),
            Absence::Exact(period) => Some(*period),
        }
    }
}

impl From<&Span> for Absence {
    fn from(span: &Span) -> Absence {
        match span {
            Span::Days(first, last) => Absence::Days(*first, *last),
            Span::Exact(period) => Absence::Exact(*period),
        }
    }
}

/// The days and times of `past` that are not among `entries`.
pub(super) fn without(past: &[Absence], entries: impl Iterator<Item = Absence>) -> Vec<Absence> {
    let (mut dates, mut times) = (BTreeSet::new(), Vec::new());
    for entry in entries {
        match entry {
            Absence::Days(first, last) => dates.extend(days(first, last)),
            Absence::Exact(period) => times.push(period),
        }
    }
    let times: Periods = times.into_iter().collect();
    let mut kept = Vec::new();
    for absence in past {
        match absence {
            Absence::Days(first, last) => {
                let mut run: Option<(NaiveDate, NaiveDate)> = None;
                for date in days(*first, *last).filter(|date| !dates.contains(date)) {
                    run = match run {
                        Some((first, last)) if last.succ_opt() == Some(date) => Some((first, date)),
                        other => {
                            kept.extend(other.map(|(first, last)| Absence::Days(first, last)));
                            Some((date, date))
                        }
                    };
                }
                kept.extend(run.map(|(first, last)| Absence::Days(first, last)));
            }
            Absence::Exact(period) => {
                let rest = Periods::from_iter([*period]).minus(&times);
                kept.extend(rest.iter().map(Absence::Exact));
            }
        }
    }
    kept
}

fn days(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |date| *date <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::Instant;

    #[test]
    fn what_an_entry_still_has_is_taken_out_and_the_rest_stays() {
        let date = |day: u32| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let days = |first, last| Absence::Days(date(first), date(last));
        let exact = |from: u32, to: u32| {
            let at = |hour: u32| -> Instant { date(1).and_hms_opt(hour, 0, 0).unwrap().and_utc() };
            Absence::Exact(Period::new(at(from), at(to)).unwrap())
        };
        let past = [days(2, 6), days(9, 9), days(16, 18), exact(8, 12), exact(14, 15)];
        let entries = [days(4, 4), days(9, 20), exact(9, 10), exact(14, 16)];
        let expected = [days(2, 3), days(5, 6), exact(8, 9), exact(10, 12)];
        assert_eq!(without(&past, entries.into_iter()), expected);
        // A meeting on a day of leave leaves it a day.
        assert_eq!(without(&[days(1, 1)], [exact(9, 10)].into_iter()), [days(1, 1)]);
        assert_eq!(without(&past, std::iter::empty()), past);
    }
}
