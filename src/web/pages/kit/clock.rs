//! The time zone of a page, and the time at which it is shown.

use std::ops::Deref;

use chrono::Datelike;

use super::query::zone_query;
use crate::rota::{Instant, Period, Team, Zone};
use crate::text::{WallClock, Year};

/// A clock with the instant at which it is read. The year of that instant is left out of dates.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Wall<'z> {
    clock: WallClock<'z>,
    /// When it is now.
    pub(in crate::web) now: Instant,
}

impl<'z> Deref for Wall<'z> {
    type Target = WallClock<'z>;

    fn deref(&self) -> &WallClock<'z> {
        &self.clock
    }
}

impl<'z> Wall<'z> {
    /// The clock of `zone` at `now`.
    pub(in crate::web) fn new(zone: &'z Zone, now: Instant) -> Wall<'z> {
        let year = Year::UnlessIn(zone.date(now).year());
        Wall { clock: WallClock { zone, year }, now }
    }

    /// The same clock at another instant, still without the same year.
    pub(in crate::web) fn at(self, now: Instant) -> Wall<'z> {
        Wall { now, ..self }
    }

    /// The dates of a period that is whole days in `zone`, if these look different on this clock.
    pub(in crate::web) fn days_in(&self, zone: &Zone, period: Period) -> Option<String> {
        let there = Wall::new(zone, self.now);
        there.whole_days(period)?;
        Some(there.span(period)).filter(|dates| *dates != self.span(period))
    }

    /// The query that keeps links to other pages of `team` on this clock; empty for the team's own.
    pub(in crate::web) fn kept(&self, team: &Team) -> String {
        let is_own = self.zone.name() == team.zone.name();
        if is_own { String::new() } else { format!("?{}", zone_query(self.zone)) }
    }

    /// `in 3 days`, `in 5 h`, `in 12 min`: how long from now, rounded down. Empty for what is past.
    pub(in crate::web) fn time_until(&self, instant: Instant) -> String {
        let minutes = (instant - self.now).num_minutes();
        match minutes {
            ..0 => String::new(),
            0..60 => format!("in {minutes} min"),
            60..2880 => format!("in {} h", minutes / 60),
            _ => format!("in {} days", minutes / 1440),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_from_now_is_rounded_down_and_empty_for_the_past() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let zone = Zone::bundled("Europe/London").unwrap();
        let wall = Wall::new(&zone, at("2026-11-20T12:00:00Z"));
        for (instant, expected) in [
            ("2026-11-20T12:59:00Z", "in 59 min"),
            ("2026-11-20T13:59:00Z", "in 1 h"),
            ("2026-11-22T11:59:00Z", "in 47 h"),
            ("2026-11-22T12:00:00Z", "in 2 days"),
            ("2026-11-20T11:59:00Z", ""),
        ] {
            assert_eq!(wall.time_until(at(instant)), expected, "{instant}");
        }
    }
}
