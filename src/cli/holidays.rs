//! `oncal holidays`: the calendars, or the dates of one.

use chrono::Datelike;

use super::args;
use super::output::{Exit, Output, Usage};
use super::plan;
use super::table::{Table, Tone};
use super::when;
use crate::holidays::CalendarError;
use crate::json;

pub(super) fn run(common: &args::Common, args: &args::Holidays, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load(common)?;
    let library = &configuration.library;
    let Some(id) = &args.calendar else {
        let names = library.ids().into_iter().filter_map(|id| {
            let calendar = library.get(id).ok()?;
            Some((id.to_owned(), calendar.name().to_owned()))
        });
        let names: std::collections::BTreeMap<String, String> = names.collect();
        if args.format.json {
            output.json(&names)?;
            return Ok(Exit::Fine);
        }
        let mut table = Table::new(&["CALENDAR", "NAME"]);
        for (id, name) in &names {
            table.row([(&**id, Tone::Strong), (&**name, Tone::Plain)]);
        }
        output.data(&table.text())?;
        return Ok(Exit::Fine);
    };
    let calendar = library.get(id).map_err(|error| match error {
        CalendarError::Unknown { help, .. } => {
            Usage::with_help(format_args!("there is no holiday calendar `{id}`"), Some(help))
        }
        broken @ CalendarError::Broken { .. } => Usage(broken.to_string()),
    })?;
    let year = args.year.unwrap_or_else(|| plan::clock(common).now().year());
    let shape = json::Holidays::new(&calendar, year);
    if args.format.json {
        output.json(&shape)?;
        return Ok(Exit::Fine);
    }
    let mut table = Table::new(&["DATE", "HOLIDAY", "RULE"]);
    for holiday in calendar.year(year) {
        table.row([
            (&*when::date(holiday.date), Tone::Plain),
            (&*holiday.name, Tone::Plain),
            (&*holiday.rule, Tone::Faint),
        ]);
    }
    output.data(&table.text())?;
    if let Some(through) = calendar.confirmed_through().filter(|through| year > *through) {
        output.warn(format_args!("{} is known only up to {through}", calendar.name()));
    }
    Ok(Exit::Fine)
}
