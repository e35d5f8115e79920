//! `oncal holidays`: the calendars, or the dates of one.

use std::path::Path;

use chrono::Datelike;

use super::args::{self, DEFAULT_CONFIG};
use super::calendars;
use super::output::{Exit, Output, Usage};
use super::plan;
use super::table::{Table, Tone};
use super::when;
use crate::config::{Configuration, render};
use crate::holidays::{CalendarError, Holiday, Library, ResolvedCalendar};
use crate::json;
use crate::text::clean;

pub(super) fn run(common: &args::Common, args: &args::Holidays, output: &mut Output) -> anyhow::Result<Exit> {
    // Built-in calendars need no configuration.
    let load = || calendars::load(&common.config, common, output);
    let configuration = common.config.exists().then(load).transpose()?;
    let built_in = Library::default();
    let library = configuration.as_ref().map_or(&built_in, |configuration| &configuration.library);
    if configuration.is_none() && (args.calendar.is_none() || common.config != Path::new(DEFAULT_CONFIG)) {
        let folder = common.config.display();
        output.warn(format_args!(
            "there is no configuration in {folder}, so only built-in calendars are known"
        ));
    }
    let Some(id) = &args.calendar else {
        return list(library, args.format.json, output);
    };
    let calendar = match library.get(id) {
        Ok(calendar) => calendar,
        Err(CalendarError::Unknown { help, .. }) => {
            let message = format_args!("there is no holiday calendar `{id}`");
            return Err(Usage::with_help(message, help).into());
        }
        Err(broken @ CalendarError::Broken { .. }) => {
            if let Some(configuration) = &configuration {
                show_errors(id, configuration, output);
            }
            output.error(broken);
            return Ok(Exit::Failed);
        }
    };
    let year = args.year.unwrap_or_else(|| plan::clock(common).now().year());
    if args.format.json {
        output.json(&json::Holidays::new(&calendar, year))?;
        return Ok(Exit::Fine);
    }
    output.data(&text(&calendar, year))?;
    if let Some(through) = calendar.confirmed_through().filter(|through| year > *through) {
        let name = clean(calendar.name());
        output.warn(format_args!("{name}: after {through}, dates are estimates or missing"));
    }
    Ok(Exit::Fine)
}

/// Prints the errors of a calendar's own files; if these have none, those of all calendars, since it extends one of
/// them.
fn show_errors(id: &str, configuration: &Configuration, output: &mut Output) {
    let of_holidays = configuration.diagnostics.iter().filter(|found| found.is_error());
    let of_holidays: Vec<_> = of_holidays.filter(|found| found.file.starts_with("holidays/")).collect();
    let is_own = |file: &str| file.rsplit_once('.').is_some_and(|(stem, _)| stem == format!("holidays/{id}"));
    let has_own = of_holidays.iter().any(|found| is_own(&found.file));
    for found in of_holidays.into_iter().filter(|found| !has_own || is_own(&found.file)) {
        output.note(format_args!("{}\n", render(found, &configuration.sources, true)));
    }
}

/// All calendars, those that are broken included.
fn list(library: &Library, as_json: bool, output: &mut Output) -> anyhow::Result<Exit> {
    let calendars: Vec<_> = library.ids().into_iter().map(|id| (id, library.get(id).ok())).collect();
    let is_broken = calendars.iter().any(|(_, calendar)| calendar.is_none());
    let exit = if is_broken { Exit::Failed } else { Exit::Fine };
    if as_json {
        output
            .json(&json::Calendars::new(calendars.iter().map(|(id, calendar)| (*id, calendar.as_deref()))))?;
        return Ok(exit);
    }
    let mut table = Table::new(&["CALENDAR", "NAME", "KNOWN UP TO"]);
    for (id, calendar) in &calendars {
        let Some(calendar) = calendar else {
            let why = format!("broken: `oncal holidays {id}` shows the errors");
            table.row([(*id, Tone::Strong), (&*why, Tone::Plain), ("", Tone::Plain)]);
            continue;
        };
        let known = calendar.confirmed_through().map_or("any year".to_owned(), |year| year.to_string());
        let native = calendar.name();
        let name = calendar.english().map_or(native.to_owned(), |english| format!("{english}\n{native}"));
        table.row([
            (calendar.id(), Tone::Strong),
            (&*name, Tone::Plain),
            (&*known, if calendar.confirmed_through().is_some() { Tone::Plain } else { Tone::Faint }),
        ]);
    }
    output.data(&table.text())?;
    Ok(exit)
}

/// The dates of one year, how far they are known, and the law behind them.
fn text(calendar: &ResolvedCalendar, year: i32) -> String {
    let known = match calendar.confirmed_through() {
        Some(through) => format!("known up to {through}"),
        None => "by rules alone".to_owned(),
    };
    let native = clean(calendar.name());
    let mut text = match calendar.english() {
        Some(english) => format!("{} · {year} · {known}\n{native}\n\n", clean(english)),
        None => format!("{native} · {year} · {known}\n\n"),
    };
    let holidays = calendar.year(year);
    if holidays.is_empty() {
        text.push_str("no holidays in this year\n");
    } else {
        text.push_str(&table(&holidays).text());
    }
    for (heading, said) in [("NOTE", calendar.note()), ("SOURCE", calendar.source())] {
        let Some(said) = said else { continue };
        let mut table = Table::new(&[heading]);
        table.row([(said, Tone::Plain)]);
        text.push('\n');
        text.push_str(&table.text());
    }
    text
}

fn table(holidays: &[Holiday]) -> Table {
    let has_english = holidays.iter().any(|holiday| holiday.english.is_some());
    let english = has_english.then_some("IN ENGLISH");
    let heads = ["DATE", "HOLIDAY"].into_iter().chain(english).chain(["STANDS FOR", "RULE"]);
    let mut table = Table::new(&heads.collect::<Vec<_>>());
    for holiday in holidays {
        let date = when::date(holiday.date);
        let observed_for = holiday.observed_for.map(when::date).unwrap_or_default();
        let english = has_english.then(|| (holiday.english.as_deref().unwrap_or_default(), Tone::Plain));
        let names = [(&*date, Tone::Plain), (&*holiday.name, Tone::Plain)].into_iter().chain(english);
        table.row(names.chain([(&*observed_for, Tone::Plain), (&*holiday.rule, Tone::Faint)]));
    }
    table
}
