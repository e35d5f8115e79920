//! What one occurrence of an event looks like: whole days or exact times, and on which clock.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::bounds::Bounds;
use super::event::{End, Fault, Times};
use super::time_zone::{TimeZone, TimeZones};
use super::value::{Clock, Length, Stamp};
use crate::rota::{Instant, Period, Zone};
use crate::toml_reader;

/// Programs write a whole day as 00:00 to 23:59 or as 00:01 to 23:59: this close to midnight is midnight.
const NEAR_MIDNIGHT_SECONDS: u32 = 60;
const DAY_SECONDS: u32 = 86_400;

/// Where clocks change, a day has 22 hours at least.
const SHORTEST_DAY: i64 = 22 * 3600;

/// The time that an occurrence takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Whole days, both included, wherever one is.
    Days(NaiveDate, NaiveDate),
    /// An exact time.
    Exact(Period),
}

impl Span {
    /// The period that it is for somebody who lives in `own`: whole days are days there, wherever their calendar was
    /// kept.
    pub fn period(&self, own: &Zone) -> Option<Period> {
        match self {
            Span::Days(first, last) => {
                Period::new(own.first_instant(*first), own.first_instant(last.succ_opt()?))
            }
            Span::Exact(period) => Some(*period),
        }
    }

    /// The part of it that is within `bounds`, if any is. Some programs write leave without an end as leave until 9999.
    pub(super) fn within(self, bounds: Bounds) -> Option<Span> {
        match self {
            Span::Days(first, last) => {
                let (first, last) = (first.max(bounds.first), last.min(bounds.last));
                (first <= last).then_some(Span::Days(first, last))
            }
            Span::Exact(period) => {
                let first = bounds.first.and_time(NaiveTime::MIN).and_utc();
                let end = bounds.last.succ_opt()?.and_time(NaiveTime::MIN).and_utc();
                Period::new(period.start().max(first), period.end().min(end)).map(Span::Exact)
            }
        }
    }

    /// How many days it touches, at least 1.
    pub(super) fn days(&self) -> u64 {
        let days = match self {
            Span::Days(first, last) => (*last - *first).num_days(),
            Span::Exact(period) => period.seconds() / i64::from(DAY_SECONDS),
        };
        u64::try_from(days).unwrap_or(0) + 1
    }
}

/// What is the same for every occurrence of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// So many whole days. The first is `shift` days after the date of the start on the event's own clock: a start at
    /// 22:00 in UTC may be the midnight of the next day.
    Days { count: i64, shift: i64 },
    /// With an exact end.
    Seconds(i64),
    /// With a nominal length.
    Length(Length),
}

/// A read event with what its occurrences have in common.
#[derive(Debug, Clone)]
pub(super) struct Shaped {
    pub(super) times: Times,
    pub(super) shape: Shape,
    /// The clock of the start; `None` for a date.
    pub(super) zone: Option<TimeZone>,
    /// A whole day that ends before it starts.
    pub(super) is_inverted: bool,
}

/// The clocks of one calendar of a file.
#[derive(Clone, Copy)]
pub(super) struct Clocks<'a> {
    pub(super) zones: &'a TimeZones<'a>,
    /// The place of the calendar in the file.
    pub(super) calendar: usize,
}

impl Clocks<'_> {
    /// The zone of a clock; a fault where the file does not say what it is.
    pub(super) fn zone(&self, clock: &Clock, span: &toml_reader::Span) -> Result<TimeZone, Fault> {
        let zone = match clock {
            Clock::Floating => Some(self.zones.own()),
            Clock::Utc => Some(self.zones.utc()),
            Clock::Named(tzid) => self.zones.find(tzid, self.calendar),
        };
        zone.ok_or_else(|| Fault {
            code: "unknown-zone",
            span: span.clone(),
            message: "unknown time zone".to_owned(),
            help: "a TZID is an IANA name such as `America/New_York`, a Windows name, or a VTIMEZONE of this file",
        })
    }

    /// The instant of a stamp; a date is its first moment. A time without a zone is on the clock of `series`, if there
    /// is one, otherwise on the reader's own.
    pub(super) fn instant(
        &self,
        stamp: &Stamp,
        series: Option<&TimeZone>,
        span: &toml_reader::Span,
    ) -> Result<Instant, Fault> {
        match stamp {
            Stamp::Time(local, clock @ (Clock::Named(_) | Clock::Utc)) => {
                Ok(self.zone(clock, span)?.instant(*local))
            }
            Stamp::Date(_) | Stamp::Time(..) => {
                Ok(series.map_or_else(|| self.zones.own(), TimeZone::clone).instant(stamp.local()))
            }
        }
    }

    /// The date that a stamp means in a series of whole days: of an instant, the date on the first clock of the
    /// calendar on which it is a midnight, or in the last minute before one; if it is on none, the date on the first.
    pub(super) fn date(&self, stamp: &Stamp, span: &toml_reader::Span) -> Result<NaiveDate, Fault> {
        let is_midnight = |local: &NaiveDateTime| {
            let second = local.num_seconds_from_midnight();
            second == 0 || second >= DAY_SECONDS - NEAR_MIDNIGHT_SECONDS
        };
        match stamp {
            Stamp::Date(date) => Ok(*date),
            Stamp::Time(local, Clock::Floating) => Ok(local.date()),
            Stamp::Time(local, Clock::Named(_)) if is_midnight(local) => Ok(local.date()),
            Stamp::Time(local, clock) => {
                let instant = self.zone(clock, span)?.instant(*local);
                let clocks = self.zones.day_clocks(self.calendar);
                let shown: Vec<NaiveDateTime> = clocks.iter().map(|zone| zone.local(instant)).collect();
                let found = shown.iter().find(|local| is_midnight(local)).or(shown.first());
                Ok(found.unwrap_or(local).date())
            }
        }
    }

    /// What the occurrences of an event with these times have in common.
    pub(super) fn shaped(&self, times: Times) -> Result<Shaped, Fault> {
        let Stamp::Time(local, clock) = &times.start.value else {
            let (count, is_inverted) = self.count_of_days(&times)?;
            return Ok(Shaped { times, shape: Shape::Days { count, shift: 0 }, zone: None, is_inverted });
        };
        let (local, zone) = (*local, self.zone(clock, &times.start.span)?);
        let start = zone.instant(local);
        let end = match &times.end.value {
            End::Open => start,
            End::At(stamp) => self.instant(stamp, Some(&zone), &times.end.span)?,
            End::After(length) => end_after(*length, local, &zone).unwrap_or(start),
        };
        let on_clock = |zone: &TimeZone| days_between(zone.local(start), zone.local(end));
        let days = match clock {
            Clock::Utc => self.zones.day_clocks(self.calendar).iter().find_map(on_clock),
            Clock::Named(_) | Clock::Floating => {
                // As written, since a midnight may be one that a clock change skips.
                let same_clock = match &times.end.value {
                    End::At(Stamp::Time(end, of)) if of == clock => days_between(local, *end),
                    End::At(Stamp::Date(end)) => days_between(local, end.and_time(NaiveTime::MIN)),
                    _ => None,
                };
                same_clock.or_else(|| on_clock(&zone))
            }
        };
        let shape = match (days, &times.end.value) {
            (Some((first, count)), _) => Shape::Days { count, shift: (first - local.date()).num_days() },
            (None, End::After(length)) => Shape::Length(*length),
            (None, End::Open | End::At(_)) => Shape::Seconds((end - start).num_seconds()),
        };
        Ok(Shaped { times, shape, zone: Some(zone), is_inverted: false })
    }

    /// How many days an event takes that starts on a date, and whether it ends before it starts.
    fn count_of_days(&self, times: &Times) -> Result<(i64, bool), Fault> {
        let start = times.start.value.local().date();
        let end = match &times.end.value {
            End::Open => return Ok((1, false)),
            End::After(length) => {
                let seconds = length.seconds + i64::from(DAY_SECONDS) - 1;
                return Ok(((length.days + seconds / i64::from(DAY_SECONDS)).max(1), false));
            }
            End::At(stamp) => {
                let date = self.date(stamp, &times.end.span)?;
                // An end within a day, or in its last minute, takes that day.
                let is_within = match stamp {
                    Stamp::Date(_) => false,
                    Stamp::Time(local, Clock::Floating | Clock::Named(_)) => local.time() != NaiveTime::MIN,
                    Stamp::Time(_, Clock::Utc) => {
                        let instant = self.instant(stamp, None, &times.end.span)?;
                        let clocks = self.zones.day_clocks(self.calendar);
                        !clocks.iter().any(|zone| zone.local(instant) == date.and_time(NaiveTime::MIN))
                    }
                };
                if is_within { date.succ_opt().unwrap_or(date) } else { date }
            }
        };
        // Some programs write the last day, which is the first, for the day after it.
        let count = (end - start).num_days();
        Ok((count.max(1), count < 0))
    }
}

impl Times {
    /// Whether an event on a clock that is not known may take whole days, by its times as written.
    pub(super) fn may_be_whole_days(&self) -> bool {
        self.written_end().is_none_or(|(start, end)| days_between(start, end).is_some())
    }

    /// Whether such an event may be away for a whole local day.
    pub(super) fn may_cover_a_day(&self) -> bool {
        let is_long =
            |(start, end): (NaiveDateTime, NaiveDateTime)| (end - start).num_seconds() >= SHORTEST_DAY;
        self.may_be_whole_days() || self.written_end().is_none_or(is_long)
    }

    /// Start and end on one clock; `None` where they are on two.
    fn written_end(&self) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let start = self.start.value.local();
        let end = match (&self.end.value, &self.start.value) {
            (End::Open, _) => start,
            (End::At(Stamp::Time(end, of)), Stamp::Time(_, clock)) if of == clock => *end,
            (End::At(_), _) => return None,
            (End::After(length), _) => {
                start + TimeDelta::try_days(length.days)? + TimeDelta::try_seconds(length.seconds)?
            }
        };
        Some((start, end))
    }
}

impl Shaped {
    /// The time of the occurrence that starts at `local` on the event's own clock; `None` where it takes no time.
    pub(super) fn span(&self, local: NaiveDateTime) -> Option<Span> {
        match (self.shape, &self.zone) {
            (Shape::Days { count, shift }, _) => {
                let first = shifted(local.date(), shift)?;
                Some(Span::Days(first, shifted(first, count - 1)?))
            }
            (Shape::Seconds(seconds), Some(zone)) => {
                let start = zone.instant(local);
                let end = start.checked_add_signed(TimeDelta::try_seconds(seconds)?)?;
                Period::new(start, end).map(Span::Exact)
            }
            (Shape::Length(length), Some(zone)) => {
                Period::new(zone.instant(local), end_after(length, local, zone)?).map(Span::Exact)
            }
            (Shape::Seconds(_) | Shape::Length(_), None) => None,
        }
    }

    /// The date by which an occurrence is known in its series.
    pub(super) fn date(&self, local: NaiveDateTime) -> NaiveDate {
        match self.shape {
            Shape::Days { shift, .. } => shifted(local.date(), shift).unwrap_or(local.date()),
            Shape::Seconds(_) | Shape::Length(_) => local.date(),
        }
    }

    /// Whether it ends before it starts, with times of day.
    pub(super) fn is_negative(&self) -> bool {
        matches!(self.shape, Shape::Seconds(seconds) if seconds < 0)
    }

    /// Whether its occurrences are whole days.
    pub(super) fn has_whole_days(&self) -> bool {
        matches!(self.shape, Shape::Days { .. })
    }

    /// Whether it may be away for a whole local day.
    pub(super) fn may_cover_a_day(&self) -> bool {
        match self.shape {
            Shape::Days { .. } => true,
            Shape::Seconds(seconds) => seconds >= SHORTEST_DAY,
            Shape::Length(length) => length.days > 0 || length.seconds >= SHORTEST_DAY,
        }
    }

    /// How many days an occurrence takes, at least 1.
    pub(super) fn days(&self) -> i64 {
        let day = i64::from(DAY_SECONDS);
        match self.shape {
            Shape::Days { count, .. } => count,
            Shape::Seconds(seconds) => seconds / day + 1,
            Shape::Length(length) => length.days + length.seconds / day + 1,
        }
    }
}

/// Days are nominal, on the clock; seconds are exact (RFC 5545 3.3.6).
fn end_after(length: Length, start: NaiveDateTime, zone: &TimeZone) -> Option<Instant> {
    let after_days = start.checked_add_signed(TimeDelta::try_days(length.days)?)?;
    zone.instant(after_days).checked_add_signed(TimeDelta::try_seconds(length.seconds)?)
}

/// The first day and how many there are, of a time from one midnight, or within a minute of it, to a later one.
fn days_between(start: NaiveDateTime, end: NaiveDateTime) -> Option<(NaiveDate, i64)> {
    let (first, after) = (midnight_near(start)?, midnight_near(end)?);
    let count = (after - first).num_days();
    (count > 0).then_some((first, count))
}

/// The date that begins at, or within a minute of, `local`.
fn midnight_near(local: NaiveDateTime) -> Option<NaiveDate> {
    let second = local.num_seconds_from_midnight();
    if second <= NEAR_MIDNIGHT_SECONDS {
        Some(local.date())
    } else if second >= DAY_SECONDS - NEAR_MIDNIGHT_SECONDS {
        local.date().succ_opt()
    } else {
        None
    }
}

pub(super) fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(by) } else { date.checked_add_days(by) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_a_minute_of_midnight_is_midnight() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (start, end, expected) in [
            ("2026-07-14T00:00:00", "2026-07-15T00:00:00", Some(("2026-07-14", 1))),
            ("2026-07-14T00:00:00", "2026-07-14T23:59:00", Some(("2026-07-14", 1))),
            ("2026-07-14T00:01:00", "2026-07-14T23:59:00", Some(("2026-07-14", 1))),
            ("2026-07-13T23:59:00", "2026-07-16T00:01:00", Some(("2026-07-14", 2))),
            ("2026-07-14T00:00:00", "2026-07-16T23:59:59", Some(("2026-07-14", 3))),
            ("2026-07-14T00:01:01", "2026-07-14T23:59:00", None),
            ("2026-07-14T00:01:00", "2026-07-14T23:58:59", None),
            ("2026-07-14T23:59:00", "2026-07-15T00:01:00", None),
            ("2026-07-14T00:00:00", "2026-07-14T00:00:00", None),
            ("2026-07-15T00:00:00", "2026-07-14T00:00:00", None),
        ] {
            let expected = expected.map(|(first, count)| (date(first), count));
            assert_eq!(days_between(at(start), at(end)), expected, "{start} to {end}");
        }
    }
}
