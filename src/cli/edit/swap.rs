//! `oncal swap`: a week for another pair, or two weeks exchanged.

use chrono::NaiveDate;

use super::session::{Plan, Session};
use crate::cli::args::Common;
use crate::cli::calendars;
use crate::cli::edit_args::SwapWeeks;
use crate::cli::output::{Exit, Output, Usage};
use crate::cli::plan::name;
use crate::cli::typed;
use crate::cli::when;
use crate::config::{Change, Field, List};
use crate::rota::{Pair, Period, Team, Week, weeks};

pub(crate) fn run(common: &Common, args: &SwapWeeks, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let session = Session::open(common, &args.edit, &configuration, output)?;
    let team = session.team();
    let first = week(&session, &args.week)?;
    let (given, summary) = match &args.other[..] {
        [other] => {
            if typed::date(other, session.clock()).is_err() && session.who(other).is_ok() {
                let message =
                    format!("`{other}` is one person: name the primary and the secondary, or another week");
                return Err(Usage(message).into());
            }
            let second = week(&session, other)?;
            if first.id == second.id {
                return Err(Usage("both dates name the same week".to_owned()).into());
            }
            let summary = format!(
                "the weeks of {} and {} are exchanged: {} have the first, {} the second",
                when::date(first.id.0),
                when::date(second.id.0),
                pair_name(team, second.pair),
                pair_name(team, first.pair)
            );
            (vec![(first.clone(), second.pair), (second, first.pair)], summary)
        }
        [primary, secondary] => {
            let pair = Pair { primary: session.who(primary)?, secondary: session.who(secondary)? };
            session.distinct(pair.primary, Some(pair.secondary))?;
            let summary = format!("{} have the week of {}", pair_name(team, pair), when::date(first.id.0));
            (vec![(first, pair)], summary)
        }
        _ => return Err(Usage("name two people, or another week".to_owned()).into()),
    };
    let (Some((earliest, _)), Some((latest, _))) =
        (given.iter().min_by_key(|(week, _)| week.id), given.iter().max_by_key(|(week, _)| week.id))
    else {
        return Err(Usage("name a week".to_owned()).into());
    };
    let period = Period::new(earliest.period.start(), latest.period.end()).unwrap_or(earliest.period);
    let mut changes = Vec::new();
    for (week, pair) in given.iter().filter(|(week, pair)| week.pair != *pair) {
        changes.push(change(&session, week, *pair, args.reason.clone())?);
    }
    let made = Plan { changes, summary, period, may_move_nobody: false };
    session.carry_out(&made, output)?;
    Ok(Exit::Fine)
}

/// The week that starts on the typed date; an error if it has begun.
fn week(session: &Session<'_>, typed: &str) -> anyhow::Result<Week> {
    let date = typed::date(typed, session.clock())?;
    let team = session.team();
    let near: Vec<Week> =
        weeks(team).take_while(|week| week.id.0 <= date + chrono::TimeDelta::days(7)).collect();
    let Some(week) = near.iter().find(|week| week.id.0 == date) else {
        let around = near.iter().rev().take(2).map(|week| when::date(week.id.0)).collect::<Vec<_>>();
        let around: Vec<String> = around.into_iter().rev().collect();
        let help = if around.is_empty() {
            String::new()
        } else {
            format!("; weeks start on {}", around.join(" and on "))
        };
        return Err(Usage(format!("no week starts on {}{help}", when::date(date))).into());
    };
    if week.period.start() <= session.now {
        let what = if week.period.end() <= session.now { "is over" } else { "has begun" };
        anyhow::bail!(
            "nothing was written: the week of {} {what}, and a swap would change the past; `oncal cover` gives away the rest of a week",
            when::date(date)
        );
    }
    Ok(week.clone())
}

/// Adds, changes or removes the swap of `week`; it is removed if the rotation has that pair anyway.
fn change(session: &Session<'_>, week: &Week, pair: Pair, reason: Option<String>) -> anyhow::Result<Change> {
    let id = |index| Field::Text(session.team().engineer(index).id.to_string());
    let (primary, secondary) = (id(pair.primary), id(pair.secondary));
    let reason = reason.map(Field::Text);
    if week.swap.is_none() {
        let mut fields =
            vec![("week", Field::Date(week.id.0)), ("primary", primary), ("secondary", secondary)];
        fields.extend(reason.map(|reason| ("reason", reason)));
        return Ok(Change::Add(List::Swaps, fields));
    }
    let index = index(session, week.id.0)?;
    if pair == week.rotation_pair {
        return Ok(Change::Remove(List::Swaps, index));
    }
    let fields = vec![("primary", Some(primary)), ("secondary", Some(secondary)), ("reason", reason)];
    Ok(Change::Set(List::Swaps, index, fields))
}

fn index(session: &Session<'_>, week: NaiveDate) -> anyhow::Result<usize> {
    session
        .places()
        .swap_index(week)
        .ok_or_else(|| anyhow::anyhow!("failed to find the swap of {week} in the file"))
}

fn pair_name(team: &Team, pair: Pair) -> String {
    format!("{} and {}", name(team, pair.primary), name(team, pair.secondary))
}
