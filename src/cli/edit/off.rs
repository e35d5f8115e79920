//! `oncal off`: somebody's leave.

use super::session::{Plan, Session};
use crate::cli::args::Common;
use crate::cli::calendars;
use crate::cli::edit_args::Off;
use crate::cli::output::{Exit, Output, Usage};
use crate::cli::plan::name;
use crate::cli::typed::{self, Typed};
use crate::cli::when;
use crate::config::{Change, Field, List};
use crate::rota::{Absences, Period, Periods, Zone};

pub(crate) fn run(common: &Common, args: &Off, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let session = Session::open(common, &args.edit, &configuration, output)?;
    let team = session.team();
    let who = session.who(&args.who)?;
    let engineer = team.engineer(who);
    // On their own clock, as in the file.
    let clock = typed::Clock { zone: &engineer.zone, now: session.now };
    let typed = typed::times(&args.times, 2, clock)?;
    let (from, to) = match typed[..] {
        [from] => (from, Typed::Date(from.date())),
        [from, to, ..] => (from, to),
        [] => return Err(Usage("the start is missing".to_owned()).into()),
    };
    let period = period(&engineer.zone, from, to).ok_or_else(|| {
        let is = if matches!(to, Typed::Date(_)) { "is before" } else { "is not after" };
        Usage(format!("{} {is} {}", typed::shown(to), typed::shown(from)))
    })?;
    if !typed::is_absolute(&args.times, 2, clock) {
        note_dates(&session, &engineer.zone, output);
    }
    let whole: Periods = [period].into_iter().collect();
    let known = Absences::of(engineer, period).time_off(period);
    let who_name = name(team, who);
    let last = end_in_words(from, to);
    let has_time = [from, to].iter().any(|typed| matches!(typed, Typed::Time(_)));
    let of_clock = match has_time || engineer.zone.name() != session.zone().name() {
        true => format!(", on the clock of {}", engineer.zone.name()),
        false => String::new(),
    };
    let summary = format!("{who_name} is away {}{last}{of_clock}", typed::shown(from));
    if period.end() <= session.now {
        let now = when::instant(&engineer.zone, session.now);
        if !typed::is_absolute(&args.times, 2, clock) {
            anyhow::bail!(
                "nothing was written: {summary}; that is over, since it is {now} there; write the dates if you mean them"
            );
        }
        output.warn(format_args!("this leave is in the past: for {who_name} it is {now}"));
    }
    if whole.minus(&known).is_empty() {
        anyhow::bail!("nothing was written: {summary}; this is already in the plan");
    }
    let field = |typed: Typed| match typed {
        Typed::Date(date) => Field::Date(date),
        Typed::Time(time) => Field::Time(time),
    };
    let mut fields = vec![("from", field(from)), ("to", field(to))];
    fields.extend(args.reason.clone().map(|reason| ("reason", Field::Text(reason))));
    let changes = vec![Change::Add(List::TimeOff(who.0), fields)];
    let made = Plan { changes, summary, period, may_move_nobody: true };
    session.carry_out(&made, output)?;
    Ok(Exit::Fine)
}

/// The end of the leave, as it follows the start in a sentence.
fn end_in_words(from: Typed, to: Typed) -> String {
    match to {
        Typed::Date(_) if from == to => String::new(),
        Typed::Date(date) if matches!(from, Typed::Time(_)) => match date == from.date() {
            true => " to the end of that day".to_owned(),
            false => format!(" to the end of {}", when::date(date)),
        },
        Typed::Date(date) => format!(" to {}, that day included", when::date(date)),
        Typed::Time(_) => format!(" to {}", typed::shown(to)),
    }
}

/// Says that `today` is another date for the engineer than for the team, where it is.
fn note_dates(session: &Session<'_>, zone: &Zone, output: &mut Output) {
    let (theirs, teams) = (zone.date(session.now), session.today());
    if theirs != teams {
        let [theirs, teams] = [theirs, teams].map(when::date);
        output.note(format_args!("today is {theirs} in {}, and {teams} on the team's clock", zone.name()));
    }
}

/// Whole days with both included, or exact times.
fn period(zone: &Zone, from: Typed, to: Typed) -> Option<Period> {
    let end = match to {
        Typed::Date(date) => zone.first_instant(date.succ_opt()?),
        Typed::Time(time) => zone.instant(time),
    };
    Period::new(from.instant(zone), end)
}
