//! The query of an API call. A parameter that means nothing is refused: a script that misspells `from` should learn
//! about it, not get an answer for other dates.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use super::limits::{FIRST_YEAR, MAX_WEEKS, MAX_YEARS, last_date};
use super::pairs::{Pairs, shortened};
use crate::json::{Dates, FAIRNESS_YEARS};
use crate::live::TeamSnapshot;
use crate::rota::{Instant, Period, Team};
use crate::toml_reader::nearest;
use crate::web::api::problem::Problem;

/// The query of an API call: each parameter once, and none but known ones.
#[derive(Debug)]
pub(in crate::web) struct ApiQuery(Pairs);

impl ApiQuery {
    /// `query`, which may have the parameters `known`.
    pub(in crate::web) fn read(query: &str, known: &[&'static str]) -> Result<ApiQuery, Problem> {
        let pairs = Pairs::decode(query);
        if let Some(name) = pairs.names().find(|name| !known.contains(name)) {
            return Err(Problem::query(&shortened(name), unknown(name, known)));
        }
        for name in known {
            pairs.value(name).map_err(|twice| Problem::query(name, twice.to_string()))?;
        }
        Ok(ApiQuery(pairs))
    }

    fn value(&self, name: &'static str) -> Option<&str> {
        self.0.value(name).unwrap_or_default()
    }

    /// `at`: an instant, or a date, which means its first instant in the team's zone; now, where it is left out.
    pub(in crate::web) fn at(&self, team: &Team, now: Instant) -> Result<Instant, Problem> {
        let Some(text) = self.value("at") else { return Ok(now) };
        if let Some(date) = plain_date(text) {
            within("at", date, team, now)?;
            return Ok(team.zone.first_instant(date));
        }
        // A plus sign that nobody encoded arrives as a space.
        let read = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        let wrong = |_| {
            let text = shortened(text);
            let right = "an instant such as 2026-12-24T20:00:00Z, or a date";
            Problem::query("at", format!("at must be {right}, not “{text}”"))
        };
        let at = read.map_err(wrong)?.with_timezone(&Utc);
        within("at", at.date_naive(), team, now)?;
        Ok(at)
    }

    /// `from` and `to` as dates and as a period: from the current week on, and for `weeks` weeks, where they are left
    /// out.
    pub(in crate::web) fn dates(
        &self,
        team: &TeamSnapshot,
        weeks: u16,
        now: Instant,
    ) -> Result<(Dates, Period), Problem> {
        let (rota, week) = (team.team(), team.frame().week);
        let from = self.date("from", rota, now)?.unwrap_or_else(|| rota.zone.date(week.start()));
        let to = match self.date("to", rota, now)? {
            Some(to) => to,
            None => from.checked_add_days(Days::new(7 * u64::from(weeks))).unwrap_or(from),
        };
        if to <= from {
            let detail = format!("to is the first date after the range: {to} is not after from, {from}");
            return Err(Problem::query("to", detail));
        }
        let last = from.checked_add_days(Days::new(7 * u64::from(MAX_WEEKS))).unwrap_or(from);
        if last < to {
            let detail =
                format!("at most {MAX_WEEKS} weeks at once: with from {from}, to must be {last} or earlier");
            return Err(Problem::query("to", detail));
        }
        let (dates, zone) = (Dates { from, to }, &rota.zone);
        let window = dates.period(zone).ok_or_else(|| {
            let detail = format!("{} skipped every date from {from} up to {to}", zone.name());
            Problem::query("from", detail)
        })?;
        Ok((dates, window))
    }

    /// `from` and `to` as calendar years: the current one and those after it where they are left out.
    pub(in crate::web) fn years(
        &self,
        team: &Team,
        now: Instant,
    ) -> Result<std::ops::RangeInclusive<i32>, Problem> {
        let year = |key| self.date(key, team, now)?.map(|date| new_year(key, date)).transpose();
        let from = year("from")?.unwrap_or_else(|| team.zone.date(now).year());
        let to = year("to")?.unwrap_or(from + i32::from(FAIRNESS_YEARS));
        if to <= from {
            let detail = format!("to is the first date after the range: {to}-01-01 is not after from");
            return Err(Problem::query("to", detail));
        }
        if to - from > MAX_YEARS {
            let most = from + MAX_YEARS;
            let detail = format!("at most {MAX_YEARS} years at once: to must be {most}-01-01 or earlier");
            return Err(Problem::query("to", detail));
        }
        Ok(from..=to - 1)
    }

    fn date(&self, key: &'static str, team: &Team, now: Instant) -> Result<Option<NaiveDate>, Problem> {
        let Some(text) = self.value(key) else { return Ok(None) };
        let date = plain_date(text).ok_or_else(|| {
            let text = shortened(text);
            Problem::query(key, format!("{key} must be a date such as 2026-12-25, not “{text}”"))
        })?;
        within(key, date, team, now)?;
        Ok(Some(date))
    }
}

fn plain_date(text: &str) -> Option<NaiveDate> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| is_plain)
}

fn within(key: &str, date: NaiveDate, team: &Team, now: Instant) -> Result<(), Problem> {
    let last = last_date(team, now);
    if date.year() < FIRST_YEAR || last < date {
        let detail = format!("{key} must be from {FIRST_YEAR}-01-01 to {last}, not {date}");
        return Err(Problem::query(key, detail));
    }
    Ok(())
}

fn new_year(key: &str, date: NaiveDate) -> Result<i32, Problem> {
    let year = date.year();
    if date.ordinal() == 1 {
        return Ok(year);
    }
    let detail = format!(
        "fairness is counted in whole calendar years: {key} must be 1 January, such as {year}-01-01, not {date}"
    );
    Err(Problem::query(key, detail))
}

fn unknown(name: &str, known: &[&str]) -> String {
    let name = shortened(name);
    match (nearest(&name, known.iter().copied()), known) {
        (_, []) => format!("there is no parameter “{name}”; this address takes none"),
        (Some(help), _) => format!("there is no parameter “{name}”; {help}"),
        (None, known) => format!("there is no parameter “{name}”; known: {}", known.join(", ")),
    }
}
