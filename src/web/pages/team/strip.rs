//! Where things lie along a week drawn as a strip: days, shifts, absences, now.
//!
//! Places are shares of the strip's width, so that one drawing fits every screen. Not here: how it looks.

use std::fmt;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use crate::rota::{Absences, EngineerIdx, Instant, Period, PlannedWeek, Shift, TIME_OFF, Team, Zone};

/// Shares are counted in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// A share of the strip's width; shown as `12.5%`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::web) struct Share(i64);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}%"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{whole}.{}%", rest / 10),
            (whole, rest) => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

impl Share {
    #[cfg(test)]
    pub(in crate::web) fn percent(percent: i64) -> Share {
        Share(percent * WHOLE / 100)
    }

    /// How many pixels this is of a strip so wide.
    pub(in crate::web) fn of(self, pixels: i64) -> i64 {
        self.0 * pixels / WHOLE
    }
}

/// A part of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Span {
    pub(in crate::web) x: Share,
    pub(in crate::web) width: Share,
}

/// A local day of the zone in which the strip is read, or the part of one within the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Day {
    pub(in crate::web) date: NaiveDate,
    pub(in crate::web) span: Span,
}

impl Day {
    /// Whether it is a Saturday or Sunday.
    pub(in crate::web) fn is_weekend(self) -> bool {
        matches!(self.date.weekday(), Weekday::Sat | Weekday::Sun)
    }
}

/// A shift.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Bar<'s> {
    pub(in crate::web) shift: &'s Shift,
    pub(in crate::web) span: Span,
    /// Nobody holds the other role throughout.
    pub(in crate::web) is_alone: bool,
}

/// An absence of one person or, for the same reason at the same time, of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Away {
    pub(in crate::web) period: Period,
    pub(in crate::web) span: Span,
    /// The names of the holidays, or that it is time off.
    pub(in crate::web) reason: String,
    pub(in crate::web) seats: Vec<EngineerIdx>,
    /// Which line it is drawn on, so that absences at one time lie below each other.
    pub(in crate::web) line: usize,
}

/// One week as a strip.
#[derive(Debug)]
pub(in crate::web) struct Strip<'s> {
    pub(in crate::web) planned: &'s PlannedWeek,
    pub(in crate::web) days: Vec<Day>,
    pub(in crate::web) bars: Vec<Bar<'s>>,
    pub(in crate::web) away: Vec<Away>,
    /// Where now is, if it is in this week.
    pub(in crate::web) now: Option<Share>,
}

impl<'s> Strip<'s> {
    /// `planned` as read in `zone` at `now`; `absences` is by seat.
    pub(in crate::web) fn of(
        team: &Team,
        planned: &'s PlannedWeek,
        absences: &[Absences],
        zone: &Zone,
        now: Instant,
    ) -> Strip<'s> {
        let week = planned.week.period;
        Strip {
            planned,
            days: days(week, zone),
            bars: bars(planned),
            away: away(team, week, absences),
            now: week.contains(now).then(|| share(week, now)),
        }
    }

    /// How many lines absences take.
    pub(in crate::web) fn lines(&self) -> usize {
        self.away.iter().map(|away| away.line + 1).max().unwrap_or(0)
    }

    /// Whether somebody has a public holiday on the date, in their own zone.
    pub(in crate::web) fn is_holiday(&self, date: NaiveDate, team: &Team) -> bool {
        let mut holidays = self.away.iter().filter(|away| away.reason != TIME_OFF);
        holidays.any(|away| {
            let zone = &team.engineer(away.seats[0]).zone;
            let last = zone.date(away.period.end() - TimeDelta::seconds(1));
            (zone.date(away.period.start())..=last).contains(&date)
        })
    }
}

fn share(week: Period, instant: Instant) -> Share {
    let seconds = (instant - week.start()).num_seconds().clamp(0, week.seconds());
    Share((seconds * WHOLE + week.seconds() / 2) / week.seconds())
}

fn span(week: Period, part: Period) -> Span {
    let (x, end) = (share(week, part.start()), share(week, part.end()));
    Span { x, width: Share(end.0 - x.0) }
}

fn days(week: Period, zone: &Zone) -> Vec<Day> {
    let dates = zone.date(week.start()).iter_days().take_while(|date| zone.first_instant(*date) < week.end());
    let day = |date| Some(Day { date, span: span(week, zone.day(date)?.intersection(week)?) });
    dates.filter_map(day).collect()
}

fn bars<'s>(planned: &'s PlannedWeek) -> Vec<Bar<'s>> {
    let bar = |shift: &'s Shift| {
        let period: Period = shift.period;
        let mut during = planned.duties.iter().filter(|duty| duty.period.overlaps(period));
        let is_alone = during.all(|duty| duty.hands().1.is_none());
        Bar { shift, span: span(planned.week.period, period), is_alone }
    };
    planned.shifts.iter().map(bar).collect()
}

fn away(team: &Team, week: Period, absences: &[Absences]) -> Vec<Away> {
    let mut all: Vec<Away> = Vec::new();
    for (seat, own) in team.indices().zip(absences) {
        let Some(member) = team.engineer(seat).member_within(week) else { continue };
        let (holidays, time_off) = (own.holidays(member), own.time_off(member));
        let holidays = holidays.iter().map(|period| (period, own.holiday_names(period).join(", ")));
        let time_off = time_off.iter().map(|period| (period, TIME_OFF.to_owned()));
        for (period, reason) in holidays.chain(time_off) {
            match all.iter_mut().find(|away| away.period == period && away.reason == reason) {
                Some(away) => away.seats.push(seat),
                None => {
                    all.push(Away { period, span: span(week, period), reason, seats: vec![seat], line: 0 });
                }
            }
        }
    }
    all.sort_by_key(|away| (away.period.start(), away.seats[0]));
    let mut ends: Vec<Instant> = Vec::new();
    for away in &mut all {
        away.line = ends.iter().position(|end| *end <= away.period.start()).unwrap_or(ends.len());
        match ends.get_mut(away.line) {
            Some(end) => *end = away.period.end(),
            None => ends.push(away.period.end()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::rota::{Schedule, expand};

    fn team(text: &str) -> Team {
        let configuration = configuration("", &[("sample", text)], at("2026-01-01T00:00:00Z"));
        configuration.teams.values().next().unwrap().team.clone()
    }

    fn first_week(team: &Team) -> (Schedule, Vec<Absences>) {
        let week = Period::new(at("2026-01-02T15:00:00Z"), at("2026-01-09T15:00:00Z")).unwrap();
        let absences = team.engineers.iter().map(|engineer| Absences::of(engineer, week)).collect();
        (expand(team, week), absences)
    }

    fn shown(strip: &Strip<'_>) -> Vec<(usize, String, String)> {
        let bars = strip.bars.iter();
        bars.map(|bar| (bar.shift.holder.engineer.0, bar.span.x.to_string(), bar.span.width.to_string()))
            .collect()
    }

    #[test]
    fn shares_are_percents_without_needless_digits() {
        for (share, text) in [(0, "0%"), (10_000, "100%"), (1250, "12.5%"), (1205, "12.05%"), (7, "0.07%")] {
            assert_eq!(Share(share).to_string(), text);
        }
        assert_eq!(Share(1429).of(1000), 142);
    }

    #[test]
    fn a_week_from_friday_to_friday_touches_eight_days_that_leave_nothing_out() {
        let team = team(TEAM);
        let (schedule, absences) = first_week(&team);
        let strip = Strip::of(&team, &schedule.weeks[0], &absences, &team.zone, at("2026-02-01T00:00:00Z"));
        let days: Vec<_> =
            strip.days.iter().map(|day| (day.date.to_string(), day.span.x.to_string())).collect();
        assert_eq!(days.len(), 8);
        assert_eq!(days[0], ("2026-01-02".to_owned(), "0%".to_owned()));
        assert_eq!(days[1], ("2026-01-03".to_owned(), "8.33%".to_owned()));
        assert!(
            strip.days.windows(2).all(|pair| pair[0].span.x.0 + pair[0].span.width.0 == pair[1].span.x.0)
        );
        let last = strip.days[7].span;
        assert_eq!(last.x.0 + last.width.0, WHOLE);
        let weekend: Vec<bool> = strip.days.iter().map(|day| day.is_weekend()).collect();
        assert_eq!(weekend[..4], [false, true, true, false]);
        assert_eq!(strip.now, None);
    }

    #[test]
    fn days_are_those_of_the_zone_in_which_the_strip_is_read() {
        let team = team(TEAM);
        let (schedule, absences) = first_week(&team);
        let tokyo = Zone::bundled("Asia/Tokyo").unwrap();
        let strip = Strip::of(&team, &schedule.weeks[0], &absences, &tokyo, at("2026-01-02T15:00:00Z"));
        assert_eq!(strip.days.len(), 7, "there, duty changes at midnight");
        assert_eq!(strip.now, Some(Share(0)));
    }

    #[test]
    fn a_cover_is_cut_into_the_week_and_stands_alone() {
        let team = team(TEAM);
        let (schedule, absences) = first_week(&team);
        let strip = Strip::of(&team, &schedule.weeks[0], &absences, &team.zone, at("2026-01-06T03:00:00Z"));
        let text = |seat: usize, x: &str, width: &str| (seat, x.to_owned(), width.to_owned());
        assert_eq!(
            shown(&strip),
            [
                text(0, "0%", "65.48%"),
                text(1, "0%", "65.48%"),
                text(1, "65.48%", "14.28%"),
                text(0, "79.76%", "20.24%"),
                text(1, "79.76%", "20.24%"),
            ]
        );
        let alone: Vec<bool> = strip.bars.iter().map(|bar| bar.is_alone).collect();
        assert_eq!(alone, [false, false, true, false, false]);
        assert_eq!(strip.now, Some(Share(5000)));
    }

    #[test]
    fn one_holiday_of_several_people_is_one_absence_and_others_lie_below() {
        let text = TEAM.replace(
            "name = \"Bob\"",
            "name = \"Bob\", time_off = [{ from = 2026-01-06, to = 2026-01-07, reason = \"private\" }]",
        );
        let team = team(&text);
        let (schedule, absences) = first_week(&team);
        let strip = Strip::of(&team, &schedule.weeks[0], &absences, &team.zone, at("2026-01-06T03:00:00Z"));
        let away: Vec<_> =
            strip.away.iter().map(|away| (away.reason.as_str(), away.seats.len(), away.line)).collect();
        assert_eq!(away, [("Time off", 1, 0), ("Founders", 4, 1)]);
        assert_eq!(strip.lines(), 2);
        assert!(strip.is_holiday("2026-01-07".parse().unwrap(), &team));
        assert!(!strip.is_holiday("2026-01-06".parse().unwrap(), &team), "time off is no holiday");
    }
}
