//! Values that several tables of a team file have.

use chrono::{Datelike, NaiveDate};

use crate::holidays::YEARS;
use crate::toml_reader::{At, Moment, Problems, Span, TableReader};

/// A reason, which is shown with the shifts; an empty one is ignored.
pub(super) fn reason(table: &mut TableReader<'_>) -> Option<String> {
    table.text("reason").map(|at| at.value).filter(|reason| !reason.trim().is_empty())
}

pub(super) fn date(table: &mut TableReader<'_>, key: &'static str) -> Option<At<NaiveDate>> {
    table.date(key).filter(|at| in_range(at.value, &at.span, table.problems()))
}

pub(super) fn dates(table: &mut TableReader<'_>, key: &'static str) -> Vec<At<NaiveDate>> {
    let dates = table.dates(key).unwrap_or_default().into_iter();
    dates.filter(|at| in_range(at.value, &at.span, table.problems())).collect()
}

pub(super) fn required_moment(
    table: &mut TableReader<'_>,
    key: &'static str,
    example: &str,
) -> Option<At<Moment>> {
    table.require(key, &format!("{key} = {example}"));
    moment(table, key)
}

pub(super) fn moment(table: &mut TableReader<'_>, key: &'static str) -> Option<At<Moment>> {
    let moment = table.moment(key)?;
    let date = match moment.value {
        Moment::Date(date) => date,
        Moment::DateTime(time) => time.date(),
    };
    in_range(date, &moment.span, table.problems()).then_some(moment)
}

pub(super) fn in_range(date: NaiveDate, span: &Span, problems: &Problems) -> bool {
    let fits = YEARS.contains(&date.year());
    if !fits {
        let help = format!("a date from {}-01-01 to {}-12-31", YEARS.start(), YEARS.end());
        problems.error_with_help("date-out-of-range", span.clone(), format!("{date} is out of range"), help);
    }
    fits
}
