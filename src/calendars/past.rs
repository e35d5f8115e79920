//! The past does not change: when a new copy of a calendar arrives, what had begun according to the old one is kept as
//! dates.

use chrono::NaiveDate;

use crate::config::{Found, History};
use crate::rota::{Instant, Period, Periods, Zone};
use crate::time_off::Absence;

/// The past of a calendar, given that a copy with `new` replaces one with `old` at `now`, which for holidays is on the
/// date `today`; `before` is its past so far.
pub(super) fn extended(
    before: Option<&History>,
    old: &Found,
    new: &Found,
    (now, today): (Instant, NaiveDate),
) -> History {
    let before = before.cloned().unwrap_or_default();
    let has_future = |found: &Found| has_future(found, now, today);
    let emptied_at = match (has_future(old), has_future(new)) {
        (true, false) => Some(now),
        (_, true) => None,
        (false, false) => before.emptied_at,
    };
    match old {
        Found::Absences(absences, zone) => {
            let begun = absences.iter().filter_map(|absence| begun(absence, zone, now));
            let absences = merged(before.absences.iter().copied().chain(begun));
            History { absences, emptied_at, ..before }
        }
        Found::Holidays(dates) => {
            let mut holidays = before.holidays;
            holidays.extend(dates.iter().filter(|(date, _)| *date <= today).cloned());
            holidays.sort();
            holidays.dedup();
            History { holidays, emptied_at, extended_for: before.extended_for, ..History::default() }
        }
        Found::Nothing | Found::Unreadable(_) => History { emptied_at, ..before },
    }
}

fn has_future(found: &Found, now: Instant, today: NaiveDate) -> bool {
    match found {
        Found::Absences(absences, zone) => {
            absences.iter().any(|absence| absence.period(zone).is_some_and(|period| period.end() > now))
        }
        Found::Holidays(dates) => dates.iter().any(|(date, _)| *date > today),
        Found::Nothing | Found::Unreadable(_) => false,
    }
}

/// The part of an absence that has begun by `now`: of whole days those up to today, since leave in whole days does not
/// end in the middle of one.
fn begun(absence: &Absence, zone: &Zone, now: Instant) -> Option<Absence> {
    match absence {
        Absence::Days(first, last) => {
            let last = *last.min(&zone.date(now));
            (*first <= last).then_some(Absence::Days(*first, last))
        }
        Absence::Exact(period) => Some(Absence::Exact(Period::new(period.start(), period.end().min(now))?)),
    }
}

/// The same days and times, with as few absences as possible.
fn merged(absences: impl Iterator<Item = Absence>) -> Vec<Absence> {
    let (mut days, mut exact) = (Vec::new(), Vec::new());
    for absence in absences {
        match absence {
            Absence::Days(first, last) => days.push((first, last)),
            Absence::Exact(period) => exact.push(period),
        }
    }
    days.sort_unstable();
    let mut merged: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for (first, last) in days {
        match merged.last_mut() {
            Some((_, end)) if end.succ_opt().is_none_or(|next| first <= next) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    let days = merged.into_iter().map(|(first, last)| Absence::Days(first, last));
    let exact: Periods = exact.into_iter().collect();
    days.chain(exact.iter().map(Absence::Exact)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(first: &str, last: &str) -> Absence {
        Absence::Days(date(first), date(last))
    }

    fn exact(start: &str, end: &str) -> Absence {
        Absence::Exact(Period::new(start.parse().unwrap(), end.parse().unwrap()).unwrap())
    }

    fn zone() -> Zone {
        Zone::bundled("America/New_York").unwrap()
    }

    fn at(now: Instant) -> (Instant, NaiveDate) {
        (now, now.date_naive())
    }

    #[test]
    fn what_had_begun_stays_and_what_was_ahead_goes() {
        // In New York it is still 14 May.
        let now = "2026-05-15T03:00:00Z".parse().unwrap();
        let old = Found::Absences(
            vec![
                days("2026-05-16", "2026-05-18"),
                days("2026-05-11", "2026-05-20"),
                days("2026-03-02", "2026-03-03"),
                exact("2026-05-15T02:00:00Z", "2026-05-15T06:00:00Z"),
                exact("2026-05-15T04:00:00Z", "2026-05-15T06:00:00Z"),
            ],
            zone(),
        );
        let before = History { absences: vec![days("2026-03-04", "2026-03-05")], ..History::default() };
        let past = extended(Some(&before), &old, &Found::Absences(Vec::new(), zone()), at(now));
        let expected = [
            days("2026-03-02", "2026-03-05"),
            days("2026-05-11", "2026-05-14"),
            exact("2026-05-15T02:00:00Z", "2026-05-15T03:00:00Z"),
        ];
        assert_eq!(past.absences, expected);
        assert_eq!(extended(Some(&past), &Found::Nothing, &old, at(now)).absences, expected);
    }

    #[test]
    fn a_calendar_that_loses_everything_ahead_is_noted() {
        let now: Instant = "2026-05-15T12:00:00Z".parse().unwrap();
        let later: Instant = "2026-05-16T12:00:00Z".parse().unwrap();
        let found = |absences: &[Absence]| Found::Absences(absences.to_vec(), zone());
        let (ahead, past) = (days("2026-07-01", "2026-07-02"), days("2026-01-01", "2026-01-02"));
        let none = found(&[]);
        let first = extended(None, &found(&[ahead, past]), &found(&[past]), at(now));
        assert_eq!(first.emptied_at, Some(now));
        assert_eq!(extended(Some(&first), &none, &none, at(later)).emptied_at, Some(now), "once");
        assert_eq!(extended(Some(&first), &none, &found(&[ahead]), at(later)).emptied_at, None);
        assert_eq!(extended(None, &found(&[past]), &none, at(now)).emptied_at, None, "nothing was ahead");
        assert_eq!(extended(None, &Found::Nothing, &none, at(now)).emptied_at, None, "nothing was known");
    }

    #[test]
    fn holidays_stay_with_their_names() {
        let now: Instant = "2026-05-15T12:00:00Z".parse().unwrap();
        let day = |text: &str, name: &str| -> (NaiveDate, Arc<str>) { (date(text), Arc::from(name)) };
        let old = Found::Holidays(vec![day("2026-05-25", "Ahead"), day("2026-05-01", "May Day")]);
        let before = History { holidays: vec![day("2026-01-01", "New Year")], ..History::default() };
        let past = extended(Some(&before), &old, &Found::Holidays(Vec::new()), at(now));
        assert_eq!(past.holidays, [day("2026-01-01", "New Year"), day("2026-05-01", "May Day")]);
        assert_eq!(past.emptied_at, Some(now));

        // A day begins at another moment for each zone.
        let next = extended(None, &old, &old, (now, date("2026-05-25")));
        assert_eq!(next.holidays, [day("2026-05-01", "May Day"), day("2026-05-25", "Ahead")]);
        assert!(extended(None, &old, &old, (now, date("2026-04-30"))).holidays.is_empty());
    }
}
