//! `oncal schedule`: the rota, week by week or for one person.

use chrono::TimeDelta;

use super::args;
use super::calendars;
use super::now::consequence;
use super::output::{Exit, Output, Usage};
use super::plan::{self, Chosen, name};
use super::table::{Table, Tone};
use super::{unknown, when};
use crate::json::{self, Dates, SCHEDULE_WEEKS};
use crate::rota::{
    Duty, EngineerIdx, Handover, Holder, Period, PlannedWeek, ProposalStatus, Role, Schedule, ShiftKind,
    SwapNote, Team, Week, expand, unknown_absences,
};
use crate::text::{clean, stretch};

/// How long before a week its meeting may be held.
const BEFORE: TimeDelta = TimeDelta::days(14);

pub(super) fn run(common: &args::Common, args: &args::Schedule, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let now = plan::clock(common).now();
    let mut chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    if let Some(id) = &args.engineer {
        only_teams_of(id, &mut chosen)?;
    }
    let mut shapes = Vec::new();
    let mut text = String::new();
    for team in &chosen.teams {
        let dates = plan::dates(&args.range, SCHEDULE_WEEKS, team, now)?;
        unknown::warn(team, &unknown_absences(team, plan::window(team, dates)?), output);
        unknown::warn_of_copies(&configuration, team, output);
        let idx = args.engineer.as_deref().and_then(|id| team.index_of(id));
        if args.format.json {
            shapes.push(shape(team, dates, args.engineer.as_deref())?);
        } else {
            if !text.is_empty() {
                text.push('\n');
            }
            let of_whom = idx.map(|idx| format!("{}\n", name(team, idx)));
            text.push_str(&of_whom.unwrap_or_default());
            text.push_str(&plan::heading(team, dates));
            text.push_str(&match idx {
                Some(idx) => duty_of(team, dates, idx)?,
                None => table(team, dates)?,
            });
        }
    }
    if args.format.json {
        plan::print_json(shapes, chosen.is_list, output)?;
    } else {
        output.data(&text)?;
    }
    Ok(chosen.exit)
}

/// Leaves out the teams without that engineer.
fn only_teams_of(id: &str, chosen: &mut Chosen<'_>) -> Result<(), Usage> {
    let engineers = chosen.teams.iter().flat_map(|team| &team.engineers);
    let ids: Vec<&str> = engineers.map(|engineer| engineer.id.as_str()).collect();
    chosen.teams.retain(|team| team.index_of(id).is_some());
    if chosen.teams.is_empty() { Err(plan::no_such("engineer", id, &ids)) } else { Ok(()) }
}

fn shape(team: &Team, dates: Dates, engineer: Option<&str>) -> Result<json::Schedule, Usage> {
    let mut shape = json::Schedule::new(team, dates, &rota(team, dates)?);
    if let Some(id) = engineer {
        shape.shifts.retain(|shift| shift.engineer == id);
        shape.handovers.retain(|meeting| meeting.attends(id));
    }
    Ok(shape)
}

fn rota(team: &Team, dates: Dates) -> Result<Schedule, Usage> {
    Ok(expand(team, plan::window(team, dates)?))
}

/// The weeks of `dates`. A week that ends on the first date is left out: somebody who names a week's date means
/// that week.
fn table(team: &Team, dates: Dates) -> Result<String, Usage> {
    let window = plan::window(team, dates)?;
    let schedule = expand(team, window.starting_earlier(BEFORE));
    let mut table = Table::new(&["FROM", "PRIMARY", "SECONDARY", "NOTES"]).at_most(&[27, 20, 20]).whole(1);
    let weeks = schedule.weeks.iter().filter(|week| week.week.period.overlaps(window));
    let weeks: Vec<&PlannedWeek> =
        weeks.filter(|week| team.zone.date(week.week.period.end()) > dates.from).collect();
    for week in &weeks {
        let meeting = schedule.handovers.iter().find(|meeting| meeting.week == week.week.id);
        for (index, duty) in week.duties.iter().enumerate() {
            let meeting = meeting.filter(|_| index == 0);
            row(team, (&schedule, week, duty), meeting, &mut table);
        }
    }
    if weeks.is_empty() {
        return Ok(format!("no weeks: duty first changes {}\n", when::instant(&team.zone, team.starts())));
    }
    Ok(table.text())
}

/// The row of one piece of a week.
fn row(
    team: &Team,
    (schedule, week, duty): (&Schedule, &PlannedWeek, &Duty),
    meeting: Option<&Handover>,
    table: &mut Table,
) {
    let start = duty.period.start();
    let is_first = start == week.week.period.start();
    let from = if is_first {
        when::tabled(&team.zone, start)
    } else {
        let date = team.zone.date(start).format("%a %-d %b");
        format!("  {date} {}", when::tabled_clock(&team.zone, start))
    };
    let mut notes = Vec::new();
    if is_first && let Some(swap) = &week.week.swap {
        notes.push(swapped(team, &week.week, swap));
    }
    notes.extend(note(team, week, duty));
    notes.extend(meeting.map(|meeting| handover(team, meeting)));
    let tone = tone(week, duty);
    let cell = |role: Role| {
        let Some(holder) = duty.holder(role) else { return ("nobody".to_owned(), Tone::Faint) };
        let who = name(team, holder.engineer);
        match away(team, schedule, role, duty.period) {
            Some(away) => (
                format!("{who}\n{}", away.replace(": ", ":\n")),
                if tone == Tone::Plain { Tone::Open } else { tone },
            ),
            None => (who, tone),
        }
    };
    let (primary, secondary) = (cell(Role::Primary), cell(Role::Secondary));
    table.row([
        (&*from, if is_first { Tone::Strong } else { Tone::Plain }),
        (&*primary.0, primary.1),
        (&*secondary.0, secondary.1),
        (&*notes.join("\n"), tone),
    ]);
}

/// `Data Engineer C instead of Data Engineer B (swap)`, for each role that somebody else has.
fn swapped(team: &Team, week: &Week, swap: &SwapNote) -> String {
    let changed = Role::ALL.into_iter().filter_map(|role| {
        let (now, was) = (week.pair.holder(role), week.rotation_pair.holder(role));
        (now != was).then(|| format!("{} instead of {}", name(team, now), name(team, was)))
    });
    let changed: Vec<String> = changed.collect();
    let reason = swap.reason.as_deref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    format!("{} (swap{reason})", changed.join(", ")).trim_start().to_owned()
}

/// `AWAY 29–30 May: no backup`, where whoever holds `role` is away during `period`.
fn away(team: &Team, schedule: &Schedule, role: Role, period: Period) -> Option<String> {
    let absences = schedule.unavailable(team, role, period);
    let is_agreed = absences.last()?.is_agreed;
    let parts = absences.iter().filter(|absence| absence.period != period);
    let parts: Vec<String> = parts.map(|absence| stretch(&team.zone, absence.period)).collect();
    let when = if parts.is_empty() { String::new() } else { format!(" {}", parts.join(", ")) };
    Some(format!("AWAY{when}{}", consequence(role, is_agreed)))
}

/// Why the pair of the week does not hold the roles in this piece.
fn note(team: &Team, week: &PlannedWeek, duty: &Duty) -> Option<String> {
    let holder = &duty.primary;
    let note = because(team, holder, Role::Primary);
    if holder.kind != ShiftKind::Proposal {
        let secondary = duty.secondary.as_ref().filter(|other| other.kind != holder.kind);
        let backs = secondary.and_then(|other| because(team, other, Role::Secondary));
        return note.into_iter().chain(backs).reduce(|all, next| format!("{all}; {next}"));
    }
    let deadline = when::date(team.zone.date(week.deadline));
    let note = note.map(|note| format!("{note}, agree by {deadline}"))?;
    Some(match proposal_status(week, duty) {
        Some(ProposalStatus::NeedsVolunteer) => format!("{note}; all have a holiday: needs a volunteer"),
        Some(ProposalStatus::Nobody) => {
            let reason = holder.reason.as_deref().map(clean).unwrap_or_default();
            let keeps = name(team, holder.engineer);
            format!("NOT COVERED ({reason}), agree by {deadline}: nobody is free, {keeps} keeps it")
        }
        _ => note,
    })
}

fn proposal_status(week: &PlannedWeek, duty: &Duty) -> Option<ProposalStatus> {
    let conflict = week.conflicts.iter().find(|conflict| conflict.period == duty.period);
    conflict.map(|conflict| conflict.status)
}

fn tone(week: &PlannedWeek, duty: &Duty) -> Tone {
    match proposal_status(week, duty) {
        Some(ProposalStatus::Nobody) => Tone::Urgent,
        Some(_) => Tone::Open,
        None => Tone::Plain,
    }
}

/// Why somebody holds a role that the pair does not give them.
fn because(team: &Team, holder: &Holder, role: Role) -> Option<String> {
    let instead = holder.instead_of.map(|idx| name(team, idx));
    let instead_of = instead.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
    let reason = holder.reason.as_deref().map(clean);
    let in_brackets = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    match holder.kind {
        ShiftKind::Rotation | ShiftKind::Swap => None,
        ShiftKind::Cover => Some(format!("covers{instead_of}{in_brackets}")),
        ShiftKind::Backfill => Some(format!("{} stands in{instead_of}", name(team, holder.engineer))),
        ShiftKind::Proposal => Some(format!("PROPOSED{instead_of}{in_brackets}")),
        ShiftKind::Override if role == Role::Secondary => None,
        ShiftKind::Override => Some(format!("agreed{instead_of}{in_brackets}")),
    }
}

fn handover(team: &Team, meeting: &Handover) -> String {
    let zone = &team.zone;
    let (start, end) = (meeting.period.start(), meeting.period.end());
    let clock = format!("{}–{}", when::clock(zone, start), when::clock(zone, end));
    let date = zone.date(start);
    let on =
        if date == zone.date(meeting.change) { String::new() } else { date.format("%a %-d %b ").to_string() };
    let moved = if meeting.moved { " (moved)" } else { "" };
    format!("handover {on}{clock}{moved}{}", flagged(meeting))
}

fn flagged(meeting: &Handover) -> &'static str {
    if meeting.flagged { " although a primary is away" } else { "" }
}

/// The shifts and handover meetings of one person, in order of time.
fn duty_of(team: &Team, dates: Dates, idx: EngineerIdx) -> Result<String, Usage> {
    let schedule = rota(team, dates)?;
    let shifts = schedule.shifts().filter(|shift| shift.holder.engineer == idx).map(|shift| {
        let why = because(team, &shift.holder, Role::Primary).or_else(|| {
            (shift.holder.kind == ShiftKind::Swap).then(|| match shift.holder.instead_of {
                Some(idx) => format!("instead of {} (swap)", name(team, idx)),
                None => "swap".to_owned(),
            })
        });
        let away = away(team, &schedule, shift.role, shift.period);
        let tone = if shift.holder.kind.is_tentative() || away.is_some() { Tone::Open } else { Tone::Plain };
        let why = why.into_iter().chain(away).collect::<Vec<_>>().join("\n");
        (shift.period, shift.role.as_str(), why, tone)
    });
    let attended = schedule.handovers.iter().filter(|meeting| attends(meeting, idx));
    let meetings = attended.map(|meeting| {
        let moved = if meeting.moved { " (moved)" } else { "" };
        (meeting.period, "meeting", format!("handover{moved}{}", flagged(meeting)), Tone::Plain)
    });
    let mut entries: Vec<_> = shifts.chain(meetings).collect();
    if entries.is_empty() {
        return Ok(format!("{} has no shift and no meeting in these dates\n", name(team, idx)));
    }
    entries.sort_by_key(|(period, ..)| period.start());
    let mut table = Table::new(&["FROM", "UNTIL", "ROLE", "NOTES"]).whole(2);
    for (period, role, why, tone) in entries {
        table.row([
            (&*when::tabled(&team.zone, period.start()), tone),
            (&*when::tabled(&team.zone, period.end()), tone),
            (role, tone),
            (&*why, tone),
        ]);
    }
    Ok(table.text())
}

fn attends(meeting: &Handover, idx: EngineerIdx) -> bool {
    [meeting.outgoing, meeting.incoming].iter().any(|pair| pair.role_of(idx).is_some())
}
