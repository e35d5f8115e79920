//! `oncal agree`: what the team agreed on for a conflict.

use super::cover::give;
use super::session::Session;
use crate::cli::args::Common;
use crate::cli::calendars;
use crate::cli::edit_args::Agree;
use crate::cli::output::{Exit, Output, Usage};
use crate::cli::plan::name;
use crate::cli::typed;
use crate::cli::when;
use crate::rota::{Instant, Override, Period, Row, Team, coverage, expand};

pub(crate) fn run(common: &Common, args: &Agree, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let session = Session::open(common, &args.edit, &configuration, output)?;
    let (team, zone) = (session.team(), session.zone());
    let date = typed::date(&args.date, session.clock())?;
    let who = session.who(&args.who)?;
    let day = zone.day(date).ok_or_else(|| Usage(format!("{date} does not exist in {}", zone.name())))?;
    let at =
        args.at.as_ref().map(|at| typed::times(&[format!("{date} {at}")], 1, session.clock())).transpose()?;
    let at = at.and_then(|at| at.first().map(|at| at.instant(zone)));
    let rows = coverage(team, &expand(team, day)).rows;
    let row = conflict(team, &rows, day, at)?;
    let secondary = match &args.secondary {
        Some(typed) => Some(session.who(typed)?),
        None => row.backup_for(who),
    };
    session.distinct(who, secondary)?;
    let agreed = Override {
        // What a file can express.
        period: zone.named_period(row.period),
        primary: who,
        secondary,
        agreed_on: Some(session.today()),
        reason: Some(args.reason.clone().unwrap_or_else(|| row.reasons.join(", ")).into()),
    };
    give(&session, &agreed, "agreed: ", output)?;
    Ok(Exit::Fine)
}

/// The conflict on the day, or at an instant of it.
fn conflict<'r>(team: &Team, rows: &'r [Row], day: Period, at: Option<Instant>) -> anyhow::Result<&'r Row> {
    let of_day = rows.iter().filter(|row| row.status.is_open() && row.period.overlaps(day));
    let of_day: Vec<&Row> = of_day.collect();
    let is_meant = |row: &Row| at.is_none_or(|at| row.period.contains(at));
    let open: Vec<&Row> = of_day.iter().copied().filter(|row| is_meant(row)).collect();
    let shown = |row: &&Row| when::period_inline(&team.zone, row.period);
    match open[..] {
        [row] => Ok(row),
        [] if !of_day.is_empty() && !rows.iter().any(|row| row.agreed_on.is_some() && is_meant(row)) => {
            let all: Vec<String> = of_day.iter().map(shown).collect();
            anyhow::bail!("nothing was written: no conflict is open at that time, but {}", all.join("; "))
        }
        [] => anyhow::bail!("nothing was written: {}", settled(team, rows, day)),
        _ => {
            let all: Vec<String> = open.iter().map(shown).collect();
            let time = when::clock(&team.zone, open[0].period.start().max(day.start()));
            Err(Usage(format!(
                "there are several conflicts on that day: {}; add --at with a time in one of them, such as --at {time}",
                all.join("; ")
            ))
            .into())
        }
    }
}

/// Why nothing is left to agree on.
fn settled(team: &Team, rows: &[Row], day: Period) -> String {
    match rows.iter().find(|row| row.agreed_on.is_some() && row.period.overlaps(day)) {
        Some(row) => format!(
            "this is agreed already: {} is primary on {}; `oncal cover` changes it",
            name(team, row.primary),
            when::period_inline(&team.zone, row.period)
        ),
        None => format!(
            "there is no open conflict on {}; `oncal coverage` lists them",
            when::date(team.zone.date(day.start()))
        ),
    }
}
