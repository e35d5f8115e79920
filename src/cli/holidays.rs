//! `oncal holidays`: the calendars, or the dates of one.

use chrono::Datelike;

use super::args;
use super::output::{Exit, Output, Usage};
use super::plan;
use super::table::{Table, Tone};
use super::when;
use crate::holidays::{CalendarError, Holiday, Library, ResolvedCalendar};
use crate::json;
use crate::text::clean;

pub(super) fn run(common: &args::Common, args: &args::Holidays, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load(common)?;
    let library = &configuration.library;
    let Some(id) = &args.calendar else {
        return list(library, args.format.json, output);
    };
    let calendar = library.get(id).map_err(|error| match error {
        CalendarError::Unknown { help, .. } => {
            Usage::with_help(format_args!("there is no holiday calendar `{id}`"), Some(help))
        }
        broken @ CalendarError::Broken { .. } => Usage(broken.to_string()),
    })?;
    let year = args.year.unwrap_or_else(|| plan::clock(common).now().year());
    if args.format.json {
        output.json(&json::Holidays::new(&calendar, year))?;
        return Ok(Exit::Fine);
    }
    output.data(&text(&calendar, year))?;
    if let Some(through) = calendar.confirmed_through().filter(|through| year > *through) {
        let name = clean(calendar.name());
        output.warn(format_args!("{name}: after {through}, dates are estimates or not there yet"));
    }
    Ok(Exit::Fine)
}

/// All calendars without errors of their own, which `oncal check` reports.
fn list(library: &Library, as_json: bool, output: &mut Output) -> anyhow::Result<Exit> {
    let calendars: Vec<_> = library.ids().into_iter().filter_map(|id| library.get(id).ok()).collect();
    if as_json {
        output.json(&json::Calendars::new(calendars.iter().map(|calendar| &**calendar)))?;
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["CALENDAR", "NAME", "KNOWN UP TO"]);
    for calendar in &calendars {
        let known = calendar.confirmed_through().map_or("any year".to_owned(), |year| year.to_string());
        table.row([
            (calendar.id(), Tone::Strong),
            (calendar.name(), Tone::Plain),
            (&*known, if calendar.confirmed_through().is_some() { Tone::Plain } else { Tone::Faint }),
        ]);
    }
    output.data(&table.text())?;
    Ok(Exit::Fine)
}

/// The dates of one year, how far they are known, and the law behind them.
fn text(calendar: &ResolvedCalendar, year: i32) -> String {
    let known = match calendar.confirmed_through() {
        Some(through) => format!("known up to {through}"),
        None => "by rules alone".to_owned(),
    };
    let mut text = format!("{} · {year} · {known}\n\n", clean(calendar.name()));
    let holidays = calendar.year(year);
    if holidays.is_empty() {
        text.push_str("no holidays in this year\n");
    } else {
        text.push_str(&table(&holidays).text());
    }
    if let Some(source) = calendar.source() {
        let mut table = Table::new(&["SOURCE"]);
        table.row([(source, Tone::Plain)]);
        text.push('\n');
        text.push_str(&table.text());
    }
    text
}

fn table(holidays: &[Holiday]) -> Table {
    let mut table = Table::new(&["DATE", "HOLIDAY", "STANDS FOR", "RULE"]);
    for holiday in holidays {
        let observed_for = holiday.observed_for.map(when::date).unwrap_or_default();
        table.row([
            (&*when::date(holiday.date), Tone::Plain),
            (&*holiday.name, Tone::Plain),
            (&*observed_for, Tone::Plain),
            (&*holiday.rule, Tone::Faint),
        ]);
    }
    table
}
