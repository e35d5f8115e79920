//! Which part of the rota the team's page shows, and what lies before and after it.

use chrono::{Datelike, Months, NaiveDate, Weekday};

use crate::json::SCHEDULE_WEEKS;
use crate::live::TeamSnapshot;
use crate::rota::{Instant, Period, Team, Zone, weeks};
use crate::web::pages::kit::query::{BadQuery, PageQuery};
use crate::web::query::limits::last_date;

/// The number of weeks that are shown by default.
pub(in crate::web) const WEEKS: usize = SCHEDULE_WEEKS as usize;

/// How the rota is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum ViewKind {
    /// Whole weeks, a strip each.
    Weeks,
    /// A month, as a calendar on the wall.
    Month,
    /// Every shift with its exact times.
    List,
    /// Twelve small months.
    Year,
}

impl ViewKind {
    /// All of them, in the order in which they are offered.
    pub(in crate::web) const ALL: [ViewKind; 4] =
        [ViewKind::Weeks, ViewKind::Month, ViewKind::Year, ViewKind::List];

    /// As in a query: `month`.
    pub(in crate::web) fn as_str(self) -> &'static str {
        match self {
            ViewKind::Weeks => "weeks",
            ViewKind::Month => "month",
            ViewKind::List => "list",
            ViewKind::Year => "year",
        }
    }

    /// As a link is labelled.
    pub(in crate::web) fn label(self) -> &'static str {
        match self {
            ViewKind::Weeks => "Weeks",
            ViewKind::Month => "Month",
            ViewKind::List => "List",
            ViewKind::Year => "Year",
        }
    }
}

/// A part of the rota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct View {
    /// How it is drawn.
    pub(in crate::web) kind: ViewKind,
    /// The weeks asked for; of weeks and lists only.
    pub(in crate::web) weeks: usize,
    /// Its time: whole weeks of the team, or of a month all weeks from Monday to Sunday, or a year, in the reader's
    /// zone.
    pub(in crate::web) period: Period,
    /// The name of its first week, or its first date.
    pub(in crate::web) first: NaiveDate,
    /// The same for the part that contains today, or the very first part before that.
    pub(in crate::web) current: NaiveDate,
    /// The start of the part before.
    pub(in crate::web) earlier: Option<NaiveDate>,
    /// The start of the part after.
    pub(in crate::web) later: Option<NaiveDate>,
}

impl View {
    /// The part of the rota of `team` that `query` requests, in `zone`: the part that contains its date, or the current
    /// one.
    pub(in crate::web) fn of(
        team: &TeamSnapshot,
        query: &PageQuery,
        zone: &Zone,
        now: Instant,
    ) -> Result<View, BadQuery> {
        let (rota, current) = (team.team(), team.team().zone.date(team.frame().week.start()));
        let (kind, count) = (query.view(&ViewKind::ALL.map(|kind| (kind.as_str(), kind)))?, query.weeks()?);
        let (kind, count) = (kind.unwrap_or(ViewKind::Weeks), count.unwrap_or(WEEKS));
        let asked = query.from()?;
        let last = last_date(rota, now);
        let asked = match kind {
            ViewKind::Month => query.month()?.or(asked),
            ViewKind::Year => query.year()?.or(asked),
            ViewKind::Weeks | ViewKind::List => asked,
        };
        let too_far = |from| BadQuery::TooFar { from, last };
        if let Some(from) = asked.filter(|from| *from > last) {
            return Err(too_far(from));
        }
        let today = zone.date(now.max(rota.starts()));
        let first_day = zone.date(rota.starts());
        let from = asked.unwrap_or(if kind.is_dated() { today } else { current });
        let view = match kind {
            ViewKind::Weeks | ViewKind::List => weeks_from(rota, kind, from, count, current),
            ViewKind::Month => month(zone, from, today, first_day),
            ViewKind::Year => year(zone, from, today, first_day),
        };
        view.map(|view| View { later: view.later.filter(|date| *date <= last), ..view }).ok_or(too_far(from))
    }
}

impl ViewKind {
    /// Whether it goes by dates of the reader's zone, not by the team's weeks.
    pub(in crate::web) fn is_dated(self) -> bool {
        matches!(self, ViewKind::Month | ViewKind::Year)
    }
}

/// The month that has `from`. `None` only at the ends of the calendar.
fn month(zone: &Zone, from: NaiveDate, today: NaiveDate, first_day: NaiveDate) -> Option<View> {
    let first = from.with_day(1)?;
    let next = first.checked_add_months(Months::new(1))?;
    let before = first.checked_sub_months(Months::new(1))?;
    let monday = first.week(Weekday::Mon).first_day();
    let sunday = next.pred_opt()?.week(Weekday::Mon).last_day();
    Some(View {
        kind: ViewKind::Month,
        weeks: WEEKS,
        period: Period::new(zone.first_instant(monday), zone.first_instant(sunday.succ_opt()?))?,
        first,
        current: today.with_day(1)?,
        earlier: (first > first_day).then_some(before),
        later: Some(next),
    })
}

/// The year that has `from`. `None` only at the ends of the calendar.
fn year(zone: &Zone, from: NaiveDate, today: NaiveDate, first_day: NaiveDate) -> Option<View> {
    let new_year = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    let (first, next) = (new_year(from.year())?, new_year(from.year() + 1)?);
    Some(View {
        kind: ViewKind::Year,
        weeks: WEEKS,
        period: Period::new(zone.first_instant(first), zone.first_instant(next))?,
        first,
        current: new_year(today.year())?,
        earlier: new_year(from.year() - 1).filter(|_| first > first_day),
        later: Some(next),
    })
}

/// Whole weeks from the one that has `from`. `None` only where no week has a representable date.
fn weeks_from(
    team: &Team,
    kind: ViewKind,
    from: NaiveDate,
    count: usize,
    current: NaiveDate,
) -> Option<View> {
    let (mut all, mut start): (Vec<(NaiveDate, Period)>, usize) = (Vec::new(), 0);
    for week in weeks(team) {
        if week.id.0 <= from {
            start = all.len();
        } else if all.len() > start + count {
            break;
        }
        all.push((week.id.0, week.period));
    }
    let mut shown = all.get(start..)?.iter().take(count);
    let (first, opening) = *all.get(start)?;
    let period = Period::new(opening.start(), shown.next_back()?.1.end())?;
    let date = |place: usize| all.get(place).map(|(date, _)| *date);
    Some(View {
        kind,
        weeks: count,
        period,
        first,
        current,
        earlier: (start > 0).then(|| date(start.saturating_sub(count))).flatten(),
        later: date(start + count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

    fn viewed(from: &str, count: usize) -> [String; 4] {
        let now = at("2026-02-10T12:00:00Z");
        let configuration = configuration("", &[("sample", TEAM)], now);
        let team = &configuration.teams.values().next().unwrap().team;
        let current = "2026-02-06".parse().unwrap();
        let view = weeks_from(team, ViewKind::Weeks, from.parse().unwrap(), count, current).unwrap();
        let text = |date: Option<NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let end = team.zone.date(view.period.end());
        [view.first.to_string(), end.to_string(), text(view.earlier), text(view.later)]
    }

    #[test]
    fn a_page_starts_with_the_week_of_the_date_and_pages_touch() {
        let february = ["2026-02-06", "2026-02-20", "2026-01-23", "2026-02-20"];
        for date in ["2026-02-06", "2026-02-09", "2026-02-12"] {
            assert_eq!(viewed(date, 2), february, "{date}");
        }
        assert_eq!(viewed("2026-02-20", 2)[2], "2026-02-06");
    }

    #[test]
    fn nothing_lies_before_the_first_duty_change() {
        assert_eq!(viewed("2020-01-01", 2), ["2026-01-02", "2026-01-16", "", "2026-01-16"]);
        assert_eq!(viewed("2026-01-09", 8)[2], "2026-01-02", "fewer weeks than a page");
    }

    #[test]
    fn one_week_is_a_page_too() {
        assert_eq!(viewed("2026-02-07", 1), ["2026-02-06", "2026-02-13", "2026-01-30", "2026-02-13"]);
    }

    #[test]
    fn a_month_is_shown_in_whole_weeks_and_a_year_by_its_dates() {
        let zone = Zone::bundled("Europe/London").unwrap();
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (today, first_day) = (date("2026-11-20"), date("2026-11-15"));
        let view = month(&zone, date("2026-12-24"), today, first_day).unwrap();
        assert_eq!((view.first, view.current), (date("2026-12-01"), date("2026-11-01")));
        assert_eq!((view.earlier, view.later), (Some(date("2026-11-01")), Some(date("2027-01-01"))));
        let days = [view.period.start(), view.period.end()].map(|instant| zone.date(instant));
        assert_eq!(days, [date("2026-11-30"), date("2027-01-04")]);
        assert_eq!(month(&zone, today, today, first_day).unwrap().earlier, None);
        let view = year(&zone, date("2027-07-01"), today, first_day).unwrap();
        assert_eq!((view.earlier, view.later), (Some(date("2026-01-01")), Some(date("2028-01-01"))));
    }
}
