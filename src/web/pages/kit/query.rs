//! The query of a page. Unknown parameters are ignored, and so are empty values: forms send fields that nobody filled
//! in.

use actix_web::HttpRequest;
use chrono::NaiveDate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::feed::{Alarm, NoSuchAlarm};
use crate::rota::{EngineerIdx, Team, Zone};
use crate::toml_reader::nearest;
use crate::web::query::limits::{MAX_WEEKS, MAX_YEARS};
use crate::web::query::pairs::{Pairs, Twice, shortened};

/// A parameter with a value that cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::web) enum BadQuery {
    #[error("{0} is given twice")]
    Twice(&'static str),
    #[error("“{0}” is not a date: from is written YYYY-MM-DD, such as 2026-12-25")]
    From(String),
    #[error("weeks must be from 1 to {MAX_WEEKS}, not “{0}”")]
    Weeks(String),
    #[error("years must be from 1 to {MAX_YEARS}, not “{0}”")]
    Years(String),
    #[error("the rota is shown up to {last}, not from {from} on")]
    TooFar { from: NaiveDate, last: NaiveDate },
    #[error("“{name}” is not a time zone: zone is an IANA name such as Europe/Berlin{}", help(.nearest))]
    Zone { name: String, nearest: Option<String> },
    #[error("“{0}” is not a reminder: {NoSuchAlarm}")]
    Alarm(String),
    #[error("nobody in this team has the id “{0}”")]
    Engineer(String),
    #[error("“{0}” is not a status of a holiday")]
    Status(String),
    #[error("“{0}” is not a view: view is weeks, month, year or list")]
    View(String),
    #[error("“{0}” is not a month: month is written YYYY-MM, such as 2026-12")]
    Month(String),
    #[error("“{0}” is not a year, such as 2026")]
    Year(String),
    #[error("this team has no calendar “{0}”")]
    Calendar(String),
}

fn help(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|nearest| format!("; {nearest}")).unwrap_or_default()
}

/// The query of a request, decoded.
pub(in crate::web) struct PageQuery(Pairs);

impl PageQuery {
    /// The query of `request`.
    pub(in crate::web) fn by(request: &HttpRequest) -> PageQuery {
        PageQuery(Pairs::decode(request.query_string()))
    }

    /// The value of `key`; `None` if it is missing or empty.
    pub(in crate::web) fn value(&self, key: &'static str) -> Result<Option<&str>, BadQuery> {
        let value = self.0.value(key).map_err(|Twice(key)| BadQuery::Twice(key))?;
        Ok(value.map(str::trim).filter(|value| !value.is_empty()))
    }

    /// What `read` makes of the value of `key`, otherwise the error `wrong` with the value.
    fn read<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
        wrong: fn(String) -> BadQuery,
    ) -> Result<Option<T>, BadQuery> {
        let read = |text: &str| read(text).ok_or_else(|| wrong(shortened(text)));
        self.value(key)?.map(read).transpose()
    }

    /// `from`.
    pub(in crate::web) fn from(&self) -> Result<Option<NaiveDate>, BadQuery> {
        self.read("from", |text| text.parse().ok(), BadQuery::From)
    }

    /// `view`: one of `known`.
    pub(in crate::web) fn view<T: Copy>(&self, known: &[(&str, T)]) -> Result<Option<T>, BadQuery> {
        let view = |text: &str| known.iter().find(|(name, _)| *name == text).map(|(_, view)| *view);
        self.read("view", view, BadQuery::View)
    }

    /// The first date of `month`.
    pub(in crate::web) fn month(&self) -> Result<Option<NaiveDate>, BadQuery> {
        self.read("month", |text| format!("{text}-01").parse().ok(), BadQuery::Month)
    }

    /// The first date of `year`.
    pub(in crate::web) fn year(&self) -> Result<Option<NaiveDate>, BadQuery> {
        self.read("year", |text| NaiveDate::from_ymd_opt(text.parse().ok()?, 1, 1), BadQuery::Year)
    }

    /// `weeks`.
    pub(in crate::web) fn weeks(&self) -> Result<Option<usize>, BadQuery> {
        let is_allowed = |weeks: &usize| (1..=usize::from(MAX_WEEKS)).contains(weeks);
        self.read("weeks", |text| text.parse().ok().filter(is_allowed), BadQuery::Weeks)
    }

    /// `years`.
    pub(in crate::web) fn years(&self) -> Result<Option<i32>, BadQuery> {
        let is_allowed = |years: &i32| (1..=MAX_YEARS).contains(years);
        self.read("years", |text| text.parse().ok().filter(is_allowed), BadQuery::Years)
    }

    /// `zone`: one of the team's zones with the rules that the team uses, any other zone with the bundled rules.
    pub(in crate::web) fn zone(&self, team: &Team) -> Result<Option<Zone>, BadQuery> {
        let Some(name) = self.value("zone")? else { return Ok(None) };
        let known = zones(team).into_iter().find(|zone| zone.name() == name).cloned();
        known
            .or_else(|| Zone::bundled(name))
            .map(Some)
            .ok_or_else(|| BadQuery::Zone { name: shortened(name), nearest: nearest(name, Zone::names()) })
    }

    /// `engineer`, or its other name `person`.
    pub(in crate::web) fn engineer(&self, team: &Team) -> Result<Option<EngineerIdx>, BadQuery> {
        let idx = |id: &str| team.index_of(id).ok_or_else(|| BadQuery::Engineer(shortened(id)));
        match (self.value("engineer")?, self.value("person")?) {
            (Some(_), Some(_)) => Err(BadQuery::Twice("engineer")),
            (one, other) => one.or(other).map(idx).transpose(),
        }
    }

    /// `alarm`: how long before a shift calendars remind people of it.
    pub(in crate::web) fn alarm(&self) -> Result<Option<Alarm>, BadQuery> {
        self.read("alarm", |text| text.parse().ok(), BadQuery::Alarm)
    }
}

/// The zones of the team and its people, each once.
pub(in crate::web) fn zones(team: &Team) -> Vec<&Zone> {
    let mut zones = vec![&team.zone];
    for engineer in &team.engineers {
        if zones.iter().all(|zone| zone.name() != engineer.zone.name()) {
            zones.push(&engineer.zone);
        }
    }
    zones
}

/// The part of a query that names `zone`.
pub(in crate::web) fn zone_query(zone: &Zone) -> String {
    format!("zone={}", utf8_percent_encode(zone.name(), NON_ALPHANUMERIC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn query(text: &str) -> PageQuery {
        PageQuery::by(&TestRequest::with_uri(&format!("/t/?{text}")).to_http_request())
    }

    #[test]
    fn empty_values_and_unknown_keys_are_ignored() {
        let query = query("from=&weeks=&x=1&x=2&zone=+");
        assert_eq!((query.from(), query.weeks(), query.value("zone")), (Ok(None), Ok(None), Ok(None)));
    }

    #[test]
    fn dates_and_weeks_are_read_or_refused_quoting_what_was_typed() {
        let good = query("from=2026-12-25&weeks=104");
        assert_eq!((good.from(), good.weeks()), (Ok("2026-12-25".parse().ok()), Ok(Some(104))));
        for (text, weeks) in
            [("weeks=0", "0"), ("weeks=105", "105"), ("weeks=-1", "-1"), ("weeks=two", "two")]
        {
            assert_eq!(query(text).weeks(), Err(BadQuery::Weeks(weeks.to_owned())));
        }
        assert_eq!(query("from=2026-02-30").from(), Err(BadQuery::From("2026-02-30".to_owned())));
        assert_eq!(query("from=2026-01-01&from=2026-01-02").from(), Err(BadQuery::Twice("from")));
    }

    #[test]
    fn values_are_decoded_as_forms_send_them() {
        assert_eq!(query("zone=America%2FNew_York").value("zone"), Ok(Some("America/New_York")));
        assert_eq!(query("zone=a+b%26").value("zone"), Ok(Some("a b&")));
    }
}
