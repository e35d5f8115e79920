//! Which weeks of the rota a page shows, and what lies before and after them.

use chrono::{Days, NaiveDate};

use crate::json::SCHEDULE_WEEKS;
use crate::live::TeamSnapshot;
use crate::rota::{Instant, Period, Team, weeks};
use crate::web::pages::kit::query::{PageQuery, BadQuery};

/// So many weeks are shown where nobody asks for another number.
pub(in crate::web) const WEEKS: usize = SCHEDULE_WEEKS as usize;

/// Ten years. What lies further ahead is long to work out and says nothing.
const MAX_DAYS_AHEAD: Days = Days::new(3653);

/// Whole weeks in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct View {
    /// The weeks asked for.
    pub(in crate::web) weeks: usize,
    /// Their time.
    pub(in crate::web) period: Period,
    /// The name of the first.
    pub(in crate::web) first: NaiveDate,
    /// The name of the current week, or of the first of all before it.
    pub(in crate::web) current: NaiveDate,
    /// Where the page before starts.
    pub(in crate::web) earlier: Option<NaiveDate>,
    /// Where the page after starts.
    pub(in crate::web) later: Option<NaiveDate>,
}

impl View {
    /// What `asked` says of `team` at `now`: from the week that holds a date, else from the current one.
    pub(in crate::web) fn of(team: &TeamSnapshot, asked: &PageQuery, now: Instant) -> Result<View, BadQuery> {
        let (current, rota) = (team.frame().week, team.team());
        let current = rota.zone.date(current.start());
        let count = asked.weeks()?.unwrap_or(WEEKS);
        let from = asked.from()?.unwrap_or(current);
        let last = last(rota, now);
        let too_far = BadQuery::TooFar { from, last };
        if from > last {
            return Err(too_far);
        }
        view(rota, from, count, current)
            .map(|view| View { later: view.later.filter(|date| *date <= last), ..view })
            .ok_or(too_far)
    }
}

fn last(team: &Team, now: Instant) -> NaiveDate {
    let today = team.zone.date(now.max(team.starts()));
    today.checked_add_days(MAX_DAYS_AHEAD).unwrap_or(today)
}

/// `None` only where no week has a representable date.
fn view(team: &Team, from: NaiveDate, count: usize, current: NaiveDate) -> Option<View> {
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
        let view = view(team, from.parse().unwrap(), count, "2026-02-06".parse().unwrap()).unwrap();
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
}
