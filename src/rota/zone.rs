//! Local time to instant and back, with gaps and overlaps, over the newest time-zone data.
//!
//! [`chrono_tz::Tz`] names a zone; its rules come from jiff's data, which is newer than chrono-tz's own. Not here:
//! reading time-zone files from disk; the caller hands over a database.

use std::fmt;

use chrono::{
    DateTime, Days, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone,
};
use chrono_tz::{TZ_VARIANTS, Tz};
use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone as Rules, TimeZoneDatabase};

use super::period::{Instant, Period};

/// A time zone: its IANA name and its rules. Cheap to clone.
#[derive(Clone)]
pub struct Zone {
    name: Tz,
    rules: Rules,
}

impl Zone {
    /// The zone called `name`, with its letters in this case, and with the rules that `database` has for it; `None`
    /// where it has none, or IANA has no such zone. `Factory` is none: it stands for a machine whose zone nobody has
    /// set.
    pub fn new(name: &str, database: &TimeZoneDatabase) -> Option<Zone> {
        let name: Tz = name.parse().ok()?;
        let rules = database.get(name.name()).ok()?;
        Some(Zone { name, rules })
    }

    /// The names of all zones, old ones such as `US/Eastern` among them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The zone called `name` with the rules that oncal was built with; reads no file.
    pub fn bundled(name: &str) -> Option<Zone> {
        Zone::new(name, &TimeZoneDatabase::bundled())
    }

    /// The IANA name.
    pub fn name(&self) -> &'static str {
        self.name.name()
    }

    /// The instant at which clocks of the zone show `local`. A local time that a clock change skips means the
    /// first instant after the gap; one that occurs twice means the earlier.
    pub fn instant(&self, local: NaiveDateTime) -> Instant {
        match self.offsets(local) {
            Some(AmbiguousOffset::Unambiguous { offset }) => utc(local, offset.seconds()),
            Some(AmbiguousOffset::Fold { before, .. }) => utc(local, before.seconds()),
            Some(AmbiguousOffset::Gap { before, .. }) => self.last_change(utc(local, before.seconds())),
            None => local.and_utc(),
        }
    }

    /// The instant of `local` as RFC 5545 3.3.5 has it, for times of iCalendar files: one that a clock change skips is
    /// read with the offset before the gap; one that occurs twice means the earlier.
    pub fn instant_by_earlier_offset(&self, local: NaiveDateTime) -> Instant {
        match self.offsets(local) {
            Some(
                AmbiguousOffset::Unambiguous { offset: before }
                | AmbiguousOffset::Fold { before, .. }
                | AmbiguousOffset::Gap { before, .. },
            ) => utc(local, before.seconds()),
            None => local.and_utc(),
        }
    }

    /// The local day `[first instant of date, first instant of the next date)`: 23 to 25 hours as a rule.
    /// `None` for a date that the zone skipped altogether.
    pub fn day(&self, date: NaiveDate) -> Option<Period> {
        let next = date.checked_add_days(Days::new(1))?;
        Period::new(self.first_instant(date), self.first_instant(next))
    }

    /// The first instant of the local date.
    pub fn first_instant(&self, date: NaiveDate) -> Instant {
        self.instant(date.and_time(NaiveTime::MIN))
    }

    /// What clocks of the zone show at `instant`.
    pub fn local(&self, instant: Instant) -> NaiveDateTime {
        instant.naive_utc() + TimeDelta::seconds(i64::from(self.offset_seconds(instant.naive_utc())))
    }

    /// The local date at `instant`.
    pub fn date(&self, instant: Instant) -> NaiveDate {
        self.local(instant).date()
    }

    /// The abbreviation in use at `instant`, such as `EST`, or the offset where the zone has no letters.
    pub fn abbreviation(&self, instant: Instant) -> String {
        self.shown(instant).1
    }

    /// [`Zone::local`] and [`Zone::abbreviation`] at once.
    pub fn shown(&self, instant: Instant) -> (NaiveDateTime, String) {
        let utc = instant.naive_utc();
        let Some(stamp) = timestamp(utc) else { return (utc, "UTC".to_owned()) };
        let info = self.rules.to_offset_info(stamp);
        let local = utc + TimeDelta::seconds(i64::from(info.offset().seconds()));
        (local, info.abbreviation().to_owned())
    }

    /// Whether local time names `instant`: where clocks go back, it names only the first of two instants.
    pub fn is_named(&self, instant: Instant) -> bool {
        self.instant(self.local(instant)) == instant
    }

    /// The first instant from `instant` on that local time names.
    pub fn named_from(&self, instant: Instant) -> Instant {
        if self.is_named(instant) {
            return instant;
        }
        // Until then clocks show again what they showed before they went back.
        let second = TimeDelta::seconds(1);
        self.instant(self.local(self.last_change(instant) - second) + second)
    }

    /// The shortest period around `period` with ends in whole minutes that local time names, if it does not name those
    /// of `period`.
    pub fn named_period(&self, period: Period) -> Period {
        let start = match self.is_named(period.start()) {
            true => period.start(),
            false => self.last_change(period.start()) - TimeDelta::minutes(1),
        };
        Period::new(start, self.named_from(period.end())).unwrap_or(period)
    }

    /// The first instant of `period` at which the clocks of `self` and `other` differ.
    pub fn first_difference(&self, other: &Zone, period: Period) -> Option<Instant> {
        let changes = |zone: &Zone| -> Vec<Instant> {
            let start = timestamp(period.start().naive_utc()).map(|start| zone.rules.following(start));
            let changes = start.into_iter().flatten();
            let instants =
                changes.filter_map(|change| DateTime::from_timestamp(change.timestamp().as_second(), 0));
            instants.take_while(|instant| *instant < period.end()).collect()
        };
        let mut instants = vec![period.start()];
        instants.extend(changes(self));
        instants.extend(changes(other));
        instants.sort_unstable();
        let offset = |zone: &Zone, at: &Instant| zone.offset_seconds(at.naive_utc());
        instants.into_iter().find(|at| offset(self, at) != offset(other, at))
    }

    fn offsets(&self, local: NaiveDateTime) -> Option<AmbiguousOffset> {
        #[cfg(test)]
        lookups::count();
        Some(self.rules.to_ambiguous_timestamp(civil(local)?).offset())
    }

    /// The start of the offset in force just before or at `instant`.
    fn last_change(&self, instant: Instant) -> Instant {
        let change = timestamp(instant.naive_utc() + TimeDelta::seconds(1))
            .and_then(|stamp| self.rules.preceding(stamp).next())
            .and_then(|change| DateTime::from_timestamp(change.timestamp().as_second(), 0));
        change.unwrap_or(instant)
    }

    fn offset_seconds(&self, utc: NaiveDateTime) -> i32 {
        #[cfg(test)]
        lookups::count();
        timestamp(utc).map_or(0, |stamp| self.rules.to_offset(stamp).seconds())
    }
}

/// Counts how often this thread asks what time it is somewhere: most of what working out a rota costs.
#[cfg(test)]
pub(super) mod lookups {
    use std::cell::Cell;

    thread_local!(static LOOKUPS: Cell<usize> = const { Cell::new(0) });

    pub(in crate::rota) fn count() {
        LOOKUPS.set(LOOKUPS.get() + 1);
    }

    /// How often `work` asks.
    pub(in crate::rota) fn during<T>(work: impl FnOnce() -> T) -> usize {
        let before = LOOKUPS.get();
        work();
        LOOKUPS.get() - before
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.rules == other.rules
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

fn utc(local: NaiveDateTime, offset_seconds: i32) -> Instant {
    (local - TimeDelta::seconds(i64::from(offset_seconds))).and_utc()
}

/// `None` outside jiff's years -9999..=9999, which no configuration reaches.
fn civil(local: NaiveDateTime) -> Option<jiff::civil::DateTime> {
    use chrono::{Datelike, Timelike};
    let small = |number: u32| i8::try_from(number).ok();
    jiff::civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        small(local.month())?,
        small(local.day())?,
        small(local.hour())?,
        small(local.minute())?,
        small(local.second())?,
        0,
    )
    .ok()
}

fn timestamp(utc: NaiveDateTime) -> Option<Timestamp> {
    Timestamp::from_second(utc.and_utc().timestamp()).ok()
}

/// The offset of a [`Zone`] at some instant, for chrono's formatting and arithmetic.
#[derive(Debug, Clone)]
pub struct ZoneOffset {
    zone: Zone,
    fixed: FixedOffset,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fixed.fmt(f)
    }
}

impl Zone {
    fn chrono_offset(&self, seconds: i32) -> ZoneOffset {
        let fixed = FixedOffset::east_opt(seconds).unwrap_or_else(|| chrono::Utc.fix());
        ZoneOffset { zone: self.clone(), fixed }
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone.clone()
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        match self.offsets(*local) {
            Some(AmbiguousOffset::Unambiguous { offset }) => {
                MappedLocalTime::Single(self.chrono_offset(offset.seconds()))
            }
            Some(AmbiguousOffset::Fold { before, after }) => MappedLocalTime::Ambiguous(
                self.chrono_offset(before.seconds()),
                self.chrono_offset(after.seconds()),
            ),
            Some(AmbiguousOffset::Gap { .. }) | None => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.chrono_offset(self.offset_seconds(*utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::new(name, &TimeZoneDatabase::bundled()).unwrap()
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").unwrap()
    }

    #[track_caller]
    fn resolves(name: &str, clock: &str, expected: &str) {
        let expected: Instant = expected.parse().unwrap();
        assert_eq!(zone(name).instant(local(clock)), expected, "{clock} in {name}");
    }

    #[test]
    fn a_skipped_time_is_the_first_instant_after_the_gap() {
        resolves("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z");
        resolves("America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00Z");
        resolves("America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:00:00Z");
        resolves("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z");
        resolves("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z");
    }

    #[test]
    fn a_repeated_time_is_the_earlier() {
        resolves("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z");
        resolves("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z");
        resolves("Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z");
    }

    #[test]
    fn the_second_of_two_equal_local_times_is_not_named_and_a_period_reaches_to_those_that_are() {
        for (name, start, end, expected) in [
            // 01:00 EDT to 01:59 EDT, then 01:00 EST to 02:00 EST.
            ("America/New_York", "05:00", "05:59", ["05:00", "05:59"]),
            ("America/New_York", "06:00", "06:30", ["05:59", "07:00"]),
            ("America/New_York", "05:30", "07:00", ["05:30", "07:00"]),
        ] {
            let at = |time: &str| format!("2026-11-01T{time}:00Z").parse::<Instant>().unwrap();
            let found = zone(name).named_period(Period::new(at(start), at(end)).unwrap());
            assert_eq!([found.start(), found.end()], expected.map(at), "{start}");
        }
        let at = |time: &str| format!("2026-04-04T{time}:00Z").parse::<Instant>().unwrap();
        let lord_howe = zone("Australia/Lord_Howe");
        assert!(lord_howe.is_named(at("14:59")) && !lord_howe.is_named(at("15:00")));
        assert_eq!(lord_howe.named_from(at("15:15")), at("15:30"), "they go back by half an hour");
    }

    #[test]
    fn a_day_without_midnight_starts_at_its_first_instant() {
        let date = NaiveDate::from_ymd_opt(2026, 4, 24).unwrap();
        let day = zone("Africa/Cairo").day(date).unwrap();
        assert_eq!(day.start(), "2026-04-23T22:00:00Z".parse::<Instant>().unwrap());
        assert_eq!(day.seconds(), 23 * 3600);
        let autumn = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        assert_eq!(zone("America/New_York").day(autumn).unwrap().seconds(), 25 * 3600);
    }

    #[test]
    fn a_date_that_a_zone_skipped_has_no_instant() {
        let skipped = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap();
        assert_eq!(zone("Pacific/Apia").day(skipped), None);
        resolves("Pacific/Apia", "2011-12-30T10:00:00", "2011-12-30T10:00:00Z");
    }

    #[test]
    fn vancouver_keeps_its_summer_clock_from_2026_on() {
        resolves("America/Vancouver", "2026-12-01T10:00:00", "2026-12-01T17:00:00Z");
        resolves("America/Vancouver", "2026-02-01T10:00:00", "2026-02-01T18:00:00Z");
    }

    #[test]
    fn the_first_difference_of_two_clocks_is_where_they_part() {
        let period =
            |start: &str, end: &str| Period::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
        let year = period("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        let at = |text: &str| Some(text.parse::<Instant>().unwrap());
        let (new_york, phoenix) = (zone("America/New_York"), zone("America/Phoenix"));
        assert_eq!(new_york.first_difference(&new_york, year), None);
        assert_eq!(new_york.first_difference(&phoenix, year), at("2026-01-01T00:00:00Z"));
        let (regina, chicago) = (zone("America/Regina"), zone("America/Chicago"));
        assert_eq!(regina.first_difference(&chicago, year), at("2026-03-08T08:00:00Z"));
        assert_eq!(chicago.first_difference(&regina, year), at("2026-03-08T08:00:00Z"));
        let winter = period("2026-01-01T00:00:00Z", "2026-03-08T08:00:00Z");
        assert_eq!(regina.first_difference(&chicago, winter), None, "the end is no part of it");
    }

    #[test]
    fn chrono_formats_in_the_zone() {
        let instant: Instant = "2026-07-01T12:00:00Z".parse().unwrap();
        assert_eq!(instant.with_timezone(&zone("Asia/Kolkata")).to_rfc3339(), "2026-07-01T17:30:00+05:30");
        assert_eq!(zone("America/New_York").abbreviation(instant), "EDT");
    }
}
