//! The rules of a time zone that a calendar file defines itself (`VTIMEZONE`, RFC 5545 3.6.5).
//!
//! Not here: whether a `TZID` means these rules or a zone of the IANA database (`time_zone`).

use chrono::{NaiveDateTime, TimeDelta};

use super::bounds::Bounds;
use super::component::{Observance, ZoneDefinition};
use super::recur::{self, Allowance};
use super::rule::Rule;
use super::value::{self, Clock, Stamp};
use crate::rota::Instant;

/// How many observances one zone may have, and how many dates one may list; real ones have a few dozen.
const MAX_OBSERVANCES: usize = 500;

/// A time zone by its changes of offset.
#[derive(Debug)]
pub(super) struct FileZone {
    /// East of UTC, in seconds, before the first change.
    before: i64,
    /// In order.
    changes: Vec<Change>,
}

/// From `at` on clocks are `offset` seconds ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    at: Instant,
    from: i64,
    offset: i64,
}

impl FileZone {
    /// UTC, which never changes.
    pub(super) fn utc() -> FileZone {
        FileZone { before: 0, changes: Vec::new() }
    }

    /// The changes of `zone` within `bounds`; `None` where a part cannot be read or would take too much work.
    pub(super) fn read(zone: &ZoneDefinition<'_>, bounds: Bounds, allowance: &Allowance) -> Option<FileZone> {
        if zone.observances.is_empty() || zone.observances.len() > MAX_OBSERVANCES {
            return None;
        }
        let mut changes = Vec::new();
        for observance in &zone.observances {
            changes.extend(changes_of(observance, bounds, allowance)?);
        }
        changes.sort_unstable();
        changes.dedup_by_key(|change| change.at);
        Some(FileZone { before: changes.first()?.from, changes })
    }

    /// As RFC 5545 3.3.5: a time that a change skips is read with the offset before it; one that occurs twice means the
    /// earlier.
    pub(super) fn instant(&self, local: NaiveDateTime) -> Instant {
        // Up to the later of the two readings of a change, clocks are read with the offset before it.
        let is_over =
            |change: &Change| local >= shifted(change.at.naive_utc(), change.from.max(change.offset));
        shifted(local, -self.offset_after(self.changes.partition_point(is_over))).and_utc()
    }

    pub(super) fn local(&self, instant: Instant) -> NaiveDateTime {
        let changed = self.changes.partition_point(|change| change.at <= instant);
        shifted(instant.naive_utc(), self.offset_after(changed))
    }

    /// The offset after that many changes.
    fn offset_after(&self, count: usize) -> i64 {
        let last = count.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map_or(self.before, |change| change.offset)
    }
}

fn changes_of(observance: &Observance<'_>, bounds: Bounds, allowance: &Allowance) -> Option<Vec<Change>> {
    let all = |name: &'static str| observance.lines.iter().filter(move |line| line.name == name);
    let offset = |name| all(name).next().and_then(|line| value::utc_offset(&line.value));
    let (from, offset) = (offset("TZOFFSETFROM")?, offset("TZOFFSETTO")?);
    let start = value::single(all("DTSTART").next()?)?.local();
    let mut onsets = vec![start];
    for line in all("RRULE") {
        let rule = Rule::parse(&line.value).ok()?;
        let until = match rule.until.as_deref() {
            Some(text) => Some(value::until(text)?),
            None => None,
        };
        // A year more at either end, for the offset in force at the bounds themselves.
        let first = bounds.first - TimeDelta::days(366);
        let last = bounds.last + TimeDelta::days(366);
        let last =
            until.as_ref().map_or(last, |until| until.local().date().succ_opt().unwrap_or(last).min(last));
        let dates = recur::dates(&rule, start.date(), (first, last), allowance).ok()?;
        let is_in_time = |onset: &NaiveDateTime| match &until {
            None => true,
            Some(Stamp::Date(date)) => onset.date() <= *date,
            Some(Stamp::Time(until, Clock::Utc)) => shifted(*onset, -from) <= *until,
            Some(Stamp::Time(until, _)) => onset <= until,
        };
        onsets.extend(dates.into_iter().map(|date| date.and_time(start.time())).filter(is_in_time));
    }
    for line in all("RDATE") {
        let entries = value::entries(line).take(MAX_OBSERVANCES).map(|(_, _, entry)| entry);
        for entry in entries {
            onsets.push(entry?.start.local());
        }
    }
    let change = |onset| Change { at: shifted(onset, -from).and_utc(), from, offset };
    Some(onsets.into_iter().map(change).collect())
}

fn shifted(time: NaiveDateTime, seconds: i64) -> NaiveDateTime {
    let shifted = TimeDelta::try_seconds(seconds).and_then(|by| time.checked_add_signed(by));
    shifted.unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::component;
    use super::super::report::Report;
    use super::*;
    use crate::rota::Zone;
    use crate::toml_reader::Problems;

    const BERLIN: &str = "BEGIN:STANDARD\nDTSTART:16011028T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n\
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010325T020000\n\
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n";

    fn zone(observances: &str) -> Option<FileZone> {
        let text =
            format!("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\n{observances}END:VTIMEZONE\nEND:VCALENDAR\n");
        let problems = Problems::default();
        let file = component::read(&text, &Report::new(&problems)).unwrap();
        let bounds = Bounds::at("2026-06-01T00:00:00Z".parse().unwrap());
        FileZone::read(&file.calendars[0].zones[0], bounds, &Allowance::default())
    }

    #[test]
    fn the_rules_of_outlook_give_the_clock_of_berlin() {
        let (zone, berlin) = (zone(BERLIN).unwrap(), Zone::bundled("Europe/Berlin").unwrap());
        // From 1996 on; before, summer time ended in September.
        let first: Instant = "1996-06-01T00:00:00Z".parse().unwrap();
        for half_hours in 0..(50 * 366 * 48 / 7) {
            let instant = first + TimeDelta::minutes(30 * 7 * half_hours);
            let local = zone.local(instant);
            assert_eq!(local, berlin.local(instant), "{instant}");
            assert_eq!(zone.instant(local), berlin.instant_by_earlier_offset(local), "{local}");
        }
    }

    #[test]
    fn gaps_and_repeated_hours_are_read_with_the_offset_before_the_change() {
        let (zone, berlin) = (zone(BERLIN).unwrap(), Zone::bundled("Europe/Berlin").unwrap());
        for (local, expected) in [
            ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25T02:00:00", "2026-10-25T00:00:00Z"),
            ("2026-10-25T02:59:59", "2026-10-25T00:59:59Z"),
            ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
        ] {
            let local = local.parse().unwrap();
            let expected: Instant = expected.parse().unwrap();
            assert_eq!(zone.instant(local), expected, "{local}");
            assert_eq!(berlin.instant_by_earlier_offset(local), expected, "{local}");
        }
    }

    #[test]
    fn changes_may_be_listed_and_rules_may_end() {
        let zone = zone(
            "BEGIN:DAYLIGHT\nDTSTART:20250330T020000\nRDATE:20260329T020000,20270328T020000\nTZOFFSETFROM:+0100\n\
             TZOFFSETTO:+0200\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20251026T030000\n\
             RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10;UNTIL=20261025T010000Z\nTZOFFSETFROM:+0200\n\
             TZOFFSETTO:+0100\nEND:STANDARD\n",
        );
        let zone = zone.unwrap();
        let offset = |at: &str| {
            let at: Instant = at.parse().unwrap();
            (zone.local(at) - at.naive_utc()).num_minutes()
        };
        assert_eq!(offset("2020-07-01T00:00:00Z"), 60, "before the first change");
        assert_eq!(offset("2025-07-01T00:00:00Z"), 120);
        assert_eq!(offset("2026-02-01T00:00:00Z"), 60);
        assert_eq!(offset("2026-10-25T00:59:59Z"), 120);
        assert_eq!(offset("2026-10-25T01:00:00Z"), 60, "the last change of the rule");
        assert_eq!(offset("2028-02-01T00:00:00Z"), 120, "no change back is left");
    }

    #[test]
    fn a_zone_that_cannot_be_read_does_not_exist() {
        assert!(zone("").is_none());
        assert!(zone("BEGIN:STANDARD\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\n").is_none());
        let bad_offset =
            "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:9\nTZOFFSETTO:9\nEND:STANDARD\n";
        assert!(zone(bad_offset).is_none());
        let fixed =
            "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD\n";
        let local = DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::minutes(330);
        assert_eq!(zone(fixed).unwrap().local(DateTime::UNIX_EPOCH), local);
    }
}
