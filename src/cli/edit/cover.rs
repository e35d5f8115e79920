//! `oncal cover`: somebody is primary for some time, whatever the plan says.

use chrono::{NaiveDate, TimeDelta};

use super::session::{Plan, Session};
use crate::cli::args::Common;
use crate::cli::calendars;
use crate::cli::edit_args::Cover;
use crate::cli::output::{Exit, Output, Usage};
use crate::cli::plan::name;
use crate::cli::typed::{self, Typed};
use crate::cli::when;
use crate::config::{Change, Field, List};
use crate::rota::{Duty, EngineerIdx, Instant, Override, Period, Team, Zone, coverage, expand};
use crate::text::list;

pub(crate) fn run(common: &Common, args: &Cover, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let session = Session::open(common, &args.edit.of, &configuration, output)?;
    let (team, zone) = (session.team(), session.zone());
    let who = session.who(&args.who)?;
    let secondary = args.secondary.as_ref().map(|typed| session.who(typed)).transpose()?;
    if secondary == Some(who) {
        return Err(Usage(format!("{} cannot be primary and secondary at once", name(team, who))).into());
    }
    let period = period(&args.times, &session)?;
    if period.end() <= session.now {
        output.warn(format_args!(
            "this is over; it changes who is said to have been on call {}",
            when::period_in_words(zone, period)
        ));
    }
    let mut changes = make_room(&session, period)?;
    let meets_conflict = {
        let rows = coverage(team, &expand(team, period)).rows;
        rows.iter().any(|row| row.status.is_open() && row.period.overlaps(period))
    };
    let agreed_on = meets_conflict.then(|| session.today());
    let reason = args.reason.clone();
    changes.push(Change::Add(List::Overrides, fields(team, period, (who, secondary), agreed_on, reason)));
    let backup = secondary.map(|index| format!(", with {} as backup", name(team, index))).unwrap_or_default();
    let summary = format!("{} is primary {}{backup}", name(team, who), when::period_in_words(zone, period));
    let made = Plan { changes, summary, period, may_move_nobody: false };
    let after = session.carry_out(&made, &args.edit.writing, output)?;
    print_backup([team, &after], period, output);
    Ok(Exit::Fine)
}

fn period(times: &[String], session: &Session<'_>) -> Result<Period, Usage> {
    let zone = session.zone();
    let typed = typed::times(times, 2, session.clock())?;
    let now = || typed::times(&["now".to_owned()], 1, session.clock());
    let [from, until] = match typed[..] {
        [until] => [now()?.first().copied().unwrap_or(until), until],
        [from, until, ..] => [from, until],
        [] => return Err(Usage("the end is missing".to_owned())),
    };
    Period::new(from.instant(zone), until.instant(zone)).ok_or_else(|| {
        let help = match until {
            Typed::Date(date) => {
                format!("; a date means its beginning: to include that day write {}", after(date))
            }
            Typed::Time(_) => String::new(),
        };
        Usage(format!("{} is not after {}{help}", typed::shown(until), typed::shown(from)))
    })
}

fn after(date: NaiveDate) -> NaiveDate {
    date.succ_opt().unwrap_or(date)
}

/// The changes that cut `period` out of overrides that overlap it: each keeps what is before and after it.
pub(super) fn make_room(session: &Session<'_>, period: Period) -> anyhow::Result<Vec<Change>> {
    let (team, zone, places) = (session.team(), session.zone(), session.places());
    let mut changes = Vec::new();
    for old in team.overrides.iter().filter(|old| old.period.overlaps(period)) {
        let index = places.override_index(old.period.start());
        let index = index.ok_or_else(|| anyhow::anyhow!("failed to find an override in the file"))?;
        let before = Period::new(old.period.start(), period.start());
        let rest = Period::new(period.end(), old.period.end());
        changes.push(match (before, rest) {
            (None, None) => Change::Remove(List::Overrides, index),
            (None, Some(rest)) => {
                Change::Set(List::Overrides, index, vec![("from", Some(time(zone, rest.start())))])
            }
            (Some(before), _) => Change::Set(List::Overrides, index, new_end(zone, before.end())),
        });
        if let (Some(_), Some(rest)) = (before, rest) {
            let Override { primary, secondary, agreed_on, reason, .. } = old;
            let reason = reason.as_deref().map(str::to_owned);
            let fields = fields(team, rest, (*primary, *secondary), *agreed_on, reason);
            changes.push(Change::Add(List::Overrides, fields));
        }
    }
    Ok(changes)
}

/// The keys of an override.
pub(super) fn fields(
    team: &Team,
    period: Period,
    (primary, secondary): (EngineerIdx, Option<EngineerIdx>),
    agreed_on: Option<NaiveDate>,
    reason: Option<String>,
) -> Vec<(&'static str, Field)> {
    let id = |index| Field::Text(team.engineer(index).id.to_string());
    let mut fields = vec![("from", time(&team.zone, period.start())), end(&team.zone, period.end())];
    fields.push(("primary", id(primary)));
    fields.extend(secondary.map(|index| ("secondary", id(index))));
    fields.extend(agreed_on.map(|date| ("agreed_on", Field::Date(date))));
    fields.extend(reason.map(|reason| ("reason", Field::Text(reason))));
    fields
}

/// Team time as written in a file: a bare date is its first instant.
fn time(zone: &Zone, instant: Instant) -> Field {
    let local = zone.local(instant);
    match when::is_midnight(zone, instant) {
        true => Field::Date(local.date()),
        false => Field::Time(local),
    }
}

fn end(zone: &Zone, end: Instant) -> (&'static str, Field) {
    match zone.date(end).pred_opt().filter(|_| when::is_midnight(zone, end)) {
        Some(last) => ("through", Field::Date(last)),
        None => ("to", time(zone, end)),
    }
}

fn new_end(zone: &Zone, instant: Instant) -> Vec<(&'static str, Option<Field>)> {
    let (key, field) = end(zone, instant);
    let other = if key == "to" { "through" } else { "to" };
    vec![(key, Some(field)), (other, None)]
}

/// Prints who holds the secondary role meanwhile, with a warning if that was the primary until now: they may be the
/// one who is ill.
fn print_backup([before, after]: [&Team; 2], period: Period, output: &mut Output) {
    let holders = |team: &Team| {
        let schedule = expand(team, period);
        let duties = schedule.duties().filter(|duty| duty.period.overlaps(period));
        duties.map(Duty::hands).collect::<Vec<_>>()
    };
    let replaced: Vec<EngineerIdx> = holders(before).into_iter().map(|(primary, _)| primary).collect();
    let mut behind: Vec<Option<EngineerIdx>> =
        holders(after).into_iter().map(|(_, secondary)| secondary).collect();
    behind.dedup();
    let names: Vec<String> =
        behind.iter().map(|index| index.map_or("nobody".to_owned(), |index| name(after, index))).collect();
    output.note(format_args!("backup: {}", names.join(", then ")));
    let mut ill: Vec<EngineerIdx> =
        behind.into_iter().flatten().filter(|index| replaced.contains(index)).collect();
    ill.sort();
    ill.dedup();
    if let [first, ..] = &ill[..] {
        let names: Vec<String> = ill.iter().map(|index| name(after, *index)).collect();
        // Leave is in days of their own clock.
        let engineer = after.engineer(*first);
        let [from, to] =
            [period.start(), period.end() - TimeDelta::seconds(1)].map(|at| engineer.zone.date(at));
        let first = &engineer.id;
        output.warn(format_args!(
            "{} is the backup now. If they cannot be, record that first: `oncal off {first} {from} {to}`",
            list(&names)
        ));
    }
}
