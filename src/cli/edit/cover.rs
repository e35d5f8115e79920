//! `oncal cover`: somebody is primary for some time, whatever the plan says.

use std::sync::Arc;

use chrono::TimeDelta;

use super::session::{Plan, Session};
use crate::cli::args::Common;
use crate::cli::calendars;
use crate::cli::edit_args::Cover;
use crate::cli::output::{Exit, Output, Usage};
use crate::cli::plan::name;
use crate::cli::typed::{self, Typed};
use crate::cli::when;
use crate::config::{Change, Field, List, end_field, time_field};
use crate::rota::{EngineerIdx, Instant, Override, Period, Team, Zone, coverage, expand};

pub(crate) fn run(common: &Common, args: &Cover, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let session = Session::open(common, &args.edit, &configuration, output)?;
    let (team, zone) = (session.team(), session.zone());
    let who = session.who(&args.who)?;
    let secondary = args.secondary.as_ref().map(|typed| session.who(typed)).transpose()?;
    session.distinct(who, secondary)?;
    let period = period(&args.times, &session)?;
    if period.end() <= session.now {
        output.warn(format_args!(
            "this period is in the past; it changes the record of who was on call {}",
            when::period_in_words(zone, period)
        ));
    }
    if period.end() <= team.starts() {
        anyhow::bail!(
            "nothing was written: the rotation starts on {}; before that nobody is on call",
            when::instant(zone, team.starts())
        );
    }
    // Settled or not: what replaces an agreement is one too.
    let meets_conflict = {
        let rows = coverage(team, &expand(team, period)).rows;
        rows.iter().any(|row| row.deadline.is_some() && row.period.overlaps(period))
    };
    let agreed_on = meets_conflict.then(|| session.today());
    let reason = args.reason.as_deref().map(Arc::from);
    let after = give(&session, &Override { period, primary: who, secondary, agreed_on, reason }, "", output)?;
    print_backup([team, &after], period, output);
    Ok(Exit::Fine)
}

/// Writes `given` in place of what it overlaps, and returns the team as it then is. `how` begins what is printed.
pub(super) fn give(
    session: &Session<'_>,
    given: &Override,
    how: &str,
    output: &mut Output,
) -> anyhow::Result<Team> {
    let (team, period) = (session.team(), given.period);
    let mut changes = make_room(session, period)?;
    changes.push(Change::Add(List::Overrides, fields(team, given)));
    let backup = given.secondary.map(|idx| format!(", with {} as backup", name(team, idx)));
    let summary = format!(
        "{how}{} is primary {}{}",
        name(team, given.primary),
        when::period_in_words(session.zone(), period),
        backup.unwrap_or_default(),
    );
    session.carry_out(&Plan { changes, summary, period, may_move_nobody: false }, output)
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
                let next = date.succ_opt().unwrap_or(date);
                format!("; a date means its beginning: to include that day write {next}")
            }
            Typed::Time(_) => String::new(),
        };
        Usage(format!("{} is not after {}{help}", typed::shown(until), typed::shown(from)))
    })
}

/// The changes that cut `period` out of overrides that overlap it: each keeps what is before and after it.
fn make_room(session: &Session<'_>, period: Period) -> anyhow::Result<Vec<Change>> {
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
                Change::Set(List::Overrides, index, vec![("from", Some(time_field(zone, rest.start())))])
            }
            (Some(before), _) => Change::Set(List::Overrides, index, new_end(zone, before.end())),
        });
        if let (Some(_), Some(rest)) = (before, rest) {
            let fields = fields(team, &Override { period: rest, ..old.clone() });
            changes.push(Change::Add(List::Overrides, fields));
        }
    }
    Ok(changes)
}

/// The keys of an override.
fn fields(team: &Team, by: &Override) -> Vec<(&'static str, Field)> {
    let id = |index| Field::Text(team.engineer(index).id.to_string());
    let mut fields =
        vec![("from", time_field(&team.zone, by.period.start())), end_field(&team.zone, by.period.end())];
    fields.push(("primary", id(by.primary)));
    fields.extend(by.secondary.map(|index| ("secondary", id(index))));
    fields.extend(by.agreed_on.map(|date| ("agreed_on", Field::Date(date))));
    fields.extend(by.reason.as_deref().map(|reason| ("reason", Field::Text(reason.to_owned()))));
    fields
}

fn new_end(zone: &Zone, instant: Instant) -> Vec<(&'static str, Option<Field>)> {
    let (key, field) = end_field(zone, instant);
    let other = if key == "to" { "through" } else { "to" };
    vec![(key, Some(field)), (other, None)]
}

/// How many names, and how many people who were primary, are printed.
const MAX_PRINTED: [usize; 2] = [6, 3];

/// Prints who holds the secondary role meanwhile, with a warning where that was the primary until now: they may be the
/// one who is ill.
fn print_backup([before, after]: [&Team; 2], period: Period, output: &mut Output) {
    let parts = |team: &Team| -> Vec<(Period, (EngineerIdx, Option<EngineerIdx>))> {
        let schedule = expand(team, period);
        let parts =
            schedule.duties().filter_map(|duty| Some((duty.period.intersection(period)?, duty.hands())));
        parts.collect()
    };
    let (old, new) = (parts(before), parts(after));
    let mut behind: Vec<Option<EngineerIdx>> = new.iter().map(|(_, (_, secondary))| *secondary).collect();
    behind.dedup();
    let [most_names, most_people] = MAX_PRINTED;
    let names = behind.iter().take(most_names);
    let names: Vec<String> =
        names.map(|index| index.map_or("nobody".to_owned(), |index| name(after, index))).collect();
    let more = if behind.len() > most_names { ", and so on" } else { "" };
    output.note(format_args!("backup: {}{more}", names.join(", then ")));
    // Of each, the first part.
    let mut replaced: Vec<(EngineerIdx, Period)> = Vec::new();
    for (part, (_, secondary)) in &new {
        for (known, (primary, _)) in old.iter().filter(|(_, (primary, _))| Some(*primary) == *secondary) {
            let Some(both) = known.intersection(*part) else { continue };
            match replaced.iter_mut().find(|(idx, _)| idx == primary) {
                None => replaced.push((*primary, both)),
                Some((_, first)) if first.end() == both.start() => {
                    *first = Period::new(first.start(), both.end()).unwrap_or(*first);
                }
                Some(_) => {}
            }
        }
    }
    for (idx, part) in replaced.iter().take(most_people) {
        let engineer = after.engineer(*idx);
        // Leave is in days of their own clock.
        let [from, to] = [part.start(), part.end() - TimeDelta::seconds(1)].map(|at| engineer.zone.date(at));
        let dates = if from == to { from.to_string() } else { format!("{from} {to}") };
        output.warn(format_args!(
            "{} is the backup {}. If they cannot be, record that too: `oncal off {} {dates}`",
            name(after, *idx),
            when::period_in_words(&after.zone, *part),
            engineer.id
        ));
    }
    if replaced.len() > most_people {
        output.note("and so on for the others who were primary in that time");
    }
}
