//! R3: who is away when, and why.
//!
//! Not here: how absences affect duty (`planning`).

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::calendar::Calendar;
use super::period::{Instant, Period, Periods};
use super::team::{Engineer, HolidayPolicy, SecondaryOnHoliday, TimeOffRule};
use super::zone::Zone;

/// The reason that is shown for time off. The `reason` in the file is private.
pub const TIME_OFF: &str = "Time off";

/// Why somebody is away. Holidays sort before time off that starts with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Holiday,
    TimeOff,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Absence {
    period: Period,
    cause: Cause,
    name: Arc<str>,
}

/// The absences of one engineer over a range, in order of their starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absences {
    entries: Vec<Absence>,
    longest_seconds: i64,
}

impl Absences {
    /// All absences of `engineer` that share an instant with `range`, each in its full length.
    ///
    /// Holidays are the dates of their calendars and `also_off` without `works_on`, each the whole local day in the
    /// engineer's own zone.
    pub fn of(engineer: &Engineer, range: Period) -> Absences {
        let (first, last) = dates(&engineer.zone, range);
        Absences::new(engineer, holidays(engineer, first, last), range)
    }

    /// [`Absences::of`] each of `engineers`.
    pub fn of_all(engineers: &[Engineer], range: Period) -> Vec<Absences> {
        let holidays = holidays_of_all(engineers, |zone| dates(zone, range));
        let all = engineers.iter().zip(holidays);
        all.map(|(engineer, holidays)| Absences::new(engineer, holidays.into_iter(), range)).collect()
    }

    fn new<'t>(
        engineer: &Engineer,
        holidays: impl Iterator<Item = (NaiveDate, Period, &'t Arc<str>)>,
        range: Period,
    ) -> Absences {
        let holiday = |(_, period, name)| Absence { period, cause: Cause::Holiday, name: Arc::clone(name) };
        let mut entries: Vec<Absence> = holidays.map(holiday).collect();
        let name: Arc<str> = TIME_OFF.into();
        entries.extend(engineer.time_off.iter().map(|period| Absence {
            period: *period,
            cause: Cause::TimeOff,
            name: Arc::clone(&name),
        }));
        entries.retain(|absence| absence.period.overlaps(range));
        entries.sort_by_key(|absence| (absence.period.start(), absence.cause));
        let longest_seconds = entries.iter().map(|absence| absence.period.seconds()).max().unwrap_or(0);
        Absences { entries, longest_seconds }
    }

    /// The holidays within `period`, merged.
    pub fn holidays(&self, period: Period) -> Periods {
        self.merged(period, |cause| cause == Cause::Holiday)
    }

    /// The time off within `period`, merged.
    pub fn time_off(&self, period: Period) -> Periods {
        self.merged(period, |cause| cause == Cause::TimeOff)
    }

    /// Holidays and time off within `period`, merged.
    pub fn away(&self, period: Period) -> Periods {
        self.merged(period, |_| true)
    }

    /// The names of all absences that meet `period`, in order of time, each once.
    pub fn names(&self, period: Period) -> Vec<Arc<str>> {
        unique(self.meeting(period).map(|absence| &absence.name))
    }

    /// The names of the holidays that meet `period`, in order of time, each once.
    pub fn holiday_names(&self, period: Period) -> Vec<Arc<str>> {
        unique(
            self.meeting(period)
                .filter(|absence| absence.cause == Cause::Holiday)
                .map(|absence| &absence.name),
        )
    }

    /// R3, R4: what takes the primary off duty within `period`.
    pub(super) fn off_duty(&self, policy: &HolidayPolicy, period: Period) -> Periods {
        match policy.time_off {
            TimeOffRule::Cover => self.away(period),
            TimeOffRule::Report => self.holidays(period),
        }
    }

    /// R4: what keeps a secondary from covering within `period`.
    pub fn cannot_cover(&self, policy: &HolidayPolicy, period: Period) -> Periods {
        match policy.secondary_on_holiday {
            SecondaryOnHoliday::Covers => self.time_off(period),
            SecondaryOnHoliday::Unavailable => self.away(period),
        }
    }

    fn merged(&self, period: Period, wanted: impl Fn(Cause) -> bool) -> Periods {
        self.meeting(period)
            .filter(|absence| wanted(absence.cause))
            .filter_map(|absence| absence.period.intersection(period))
            .collect()
    }

    fn meeting(&self, period: Period) -> impl Iterator<Item = &Absence> {
        let reach = period.start() - TimeDelta::seconds(self.longest_seconds);
        let first = self.entries.partition_point(|absence| absence.period.start() < reach);
        let last = self.entries.partition_point(|absence| absence.period.start() < period.end());
        let near = self.entries.get(first..last).unwrap_or_default();
        near.iter().filter(move |absence| absence.period.overlaps(period))
    }
}

/// R3: the holidays of `engineer` from `first` to `last`, both included: the dates of their calendars and `also_off`
/// without `works_on`, each with its local day and its name. One date may come twice, under two names.
pub(super) fn holidays(
    engineer: &Engineer,
    first: NaiveDate,
    last: NaiveDate,
) -> impl Iterator<Item = (NaiveDate, Period, &Arc<str>)> {
    let dated = engineer.calendars.iter().flat_map(move |calendar| calendar.between(first, last));
    let own = engineer.also_off.iter().filter(move |(date, _)| (first..=last).contains(date));
    dated
        .chain(own)
        .filter(|(date, _)| !engineer.works_on.contains(date))
        .filter_map(|(date, name)| Some((*date, engineer.zone.day(*date)?, name)))
}

/// A date with its local day and the name of a holiday on it.
pub(super) type HolidayOn<'t> = (NaiveDate, Period, &'t Arc<str>);

/// [`holidays`] of each of `engineers`, from the first to the last of the dates that `ends` gives for their zone. What
/// those of one zone have in common is worked out once.
pub(super) fn holidays_of_all<'t>(
    engineers: &'t [Engineer],
    ends: impl Fn(&Zone) -> (NaiveDate, NaiveDate),
) -> Vec<Vec<HolidayOn<'t>>> {
    let mut known: Vec<(&Zone, &Arc<Calendar>, Vec<HolidayOn<'_>>)> = Vec::new();
    let mut of = |engineer: &'t Engineer| {
        let (zone, (first, last)) = (&engineer.zone, ends(&engineer.zone));
        let mut found: Vec<HolidayOn<'_>> = Vec::new();
        for calendar in &engineer.calendars {
            let is_same = |(other, own, _): &(&Zone, &Arc<Calendar>, _)| {
                Arc::ptr_eq(own, calendar) && other.name() == zone.name()
            };
            let place = known.iter().position(is_same).unwrap_or_else(|| {
                let days = calendar.between(first, last).iter();
                let days = days.filter_map(|(date, name)| Some((*date, zone.day(*date)?, name)));
                known.push((zone, calendar, days.collect()));
                known.len() - 1
            });
            let days = known.get(place).map(|(.., days)| &days[..]).unwrap_or_default();
            found.extend(days.iter().filter(|(date, ..)| !engineer.works_on.contains(date)));
        }
        let own = engineer.also_off.iter().filter(|(date, _)| (first..=last).contains(date));
        let own = own.filter(|(date, _)| !engineer.works_on.contains(date));
        found.extend(own.filter_map(|(date, name)| Some((*date, zone.day(*date)?, name))));
        found
    };
    engineers.iter().map(&mut of).collect()
}

/// The first and last local date of `range`.
fn dates(zone: &Zone, range: Period) -> (NaiveDate, NaiveDate) {
    (zone.date(range.start()), zone.date(range.end()))
}

/// When the last absence of `engineer` that is known of ends; `None` where none is.
pub(super) fn last_absence(engineer: &Engineer) -> Option<Instant> {
    let days = holidays(engineer, NaiveDate::MIN, NaiveDate::MAX).map(|(_, day, _)| day.end());
    days.chain(engineer.time_off.iter().map(|period| period.end())).max()
}

fn unique<'n>(names: impl Iterator<Item = &'n Arc<str>>) -> Vec<Arc<str>> {
    let mut list: Vec<Arc<str>> = Vec::new();
    for name in names {
        if !list.contains(name) {
            list.push(Arc::clone(name));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{calendar, date, engineer, period, zone};

    fn january() -> Period {
        period("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    }

    fn list(periods: &Periods) -> Vec<Period> {
        periods.iter().collect()
    }

    #[test]
    fn a_holiday_is_the_whole_local_day_of_the_engineers_own_zone() {
        let mut sydney = engineer("a");
        sydney.zone = zone("Australia/Sydney");
        sydney.calendars = vec![calendar(&[("2026-01-26", "Australia Day")])];
        let holidays = Absences::of(&sydney, january()).holidays(january());
        assert_eq!(list(&holidays), [period("2026-01-25T13:00:00Z", "2026-01-26T13:00:00Z")]);
    }

    #[test]
    fn also_off_adds_days_and_works_on_removes_them() {
        let mut engineer = engineer("a");
        engineer.calendars = vec![calendar(&[("2026-01-07", "One"), ("2026-01-20", "Two")])];
        engineer.also_off = vec![(date("2026-01-14"), "Company day".into())];
        engineer.works_on = vec![date("2026-01-07")];
        assert_eq!(
            Absences::of(&engineer, january()).names(january()).iter().map(|n| &**n).collect::<Vec<_>>(),
            ["Company day", "Two"]
        );
    }

    #[test]
    fn days_that_touch_merge_and_two_entries_on_one_date_are_one_absence_with_two_names() {
        let mut engineer = engineer("a");
        let federal = calendar(&[("2026-01-08", "Christmas Day"), ("2026-01-09", "Boxing Day")]);
        let other = calendar(&[("2026-01-08", "Weihnachten"), ("2026-01-09", "Boxing Day")]);
        engineer.calendars = vec![federal, other];
        let absences = Absences::of(&engineer, january());
        let two_days = period("2026-01-08T05:00:00Z", "2026-01-10T05:00:00Z");
        assert_eq!(list(&absences.away(january())), [two_days]);
        let names = absences.names(january());
        assert_eq!(
            names.iter().map(|n| &**n).collect::<Vec<_>>(),
            ["Christmas Day", "Weihnachten", "Boxing Day"]
        );
        let second = period("2026-01-09T05:00:00Z", "2026-01-09T06:00:00Z");
        assert_eq!(absences.names(second).len(), 1, "only what meets the period");
    }

    #[test]
    fn a_long_time_off_is_found_from_its_middle_and_sorts_after_a_holiday_that_starts_with_it() {
        let mut engineer = engineer("a");
        engineer.calendars = vec![calendar(&[("2026-01-05", "Founders"), ("2026-01-20", "Late")])];
        engineer.time_off = vec![period("2026-01-05T05:00:00Z", "2026-01-25T05:00:00Z")];
        let absences = Absences::of(&engineer, january());
        let middle = period("2026-01-15T00:00:00Z", "2026-01-15T01:00:00Z");
        assert_eq!(absences.names(middle).iter().map(|n| &**n).collect::<Vec<_>>(), [TIME_OFF]);
        assert!(absences.holidays(middle).is_empty() && !absences.time_off(middle).is_empty());
        let names = absences.names(january());
        assert_eq!(names.iter().map(|n| &**n).collect::<Vec<_>>(), ["Founders", TIME_OFF, "Late"]);
        assert_eq!(absences.holiday_names(january()).len(), 2);
    }

    #[test]
    fn weekends_count_and_a_date_that_a_zone_skipped_is_no_absence() {
        let mut apia = engineer("a");
        apia.zone = zone("Pacific/Apia");
        apia.calendars = vec![calendar(&[("2011-12-30", "Skipped"), ("2012-01-01", "New Year's Day")])];
        let turn = period("2011-12-25T00:00:00Z", "2012-01-05T00:00:00Z");
        assert_eq!(Absences::of(&apia, turn).names(turn).len(), 1);
    }
}
