//! `oncal now`: who is on call.

use super::args;
use super::calendars;
use super::output::{Exit, Output};
use super::plan::{self, Chosen, name};
use super::unknown;
use super::when;
use crate::json::OnCall;
use crate::rota::{Duty, Instant, Role, Schedule, ShiftKind, Team, expand_until_change};
use crate::text::clean;

pub(super) fn run(common: &args::Common, args: &args::Now, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let now = plan::clock(common).now();
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    let mut shapes = Vec::new();
    for team in &chosen.teams {
        let at = args.at.map_or(now, |at| at.instant(&team.zone));
        let Some(schedule) = expand_until_change(team, at) else {
            anyhow::bail!("{at} is out of range");
        };
        unknown::warn_of_leave(team, output);
        unknown::warn_of_copies(&configuration, team, output);
        if args.format.json {
            shapes.push(OnCall::new(team, &schedule, at));
        } else {
            output.data(&rendered(team, &schedule, at))?;
        }
    }
    if args.format.json {
        plan::print_json(shapes, chosen.is_list, output)?;
    }
    Ok(chosen.exit)
}

fn rendered(team: &Team, schedule: &Schedule, at: Instant) -> String {
    let zone = &team.zone;
    let mut text = format!("{} · {}\n", clean(&team.name), when::instant(zone, at));
    let Some(duty) = schedule.on_call(at) else {
        text.push_str(&format!("  nobody yet: duty first changes {}\n", when::instant(zone, team.starts())));
        return text;
    };
    let sheet = Sheet { team, schedule };
    for role in Role::ALL {
        for (place, line) in sheet.lines(duty, role, at).iter().enumerate() {
            let label = if place == 0 { role.as_str() } else { "" };
            text.push_str(&format!("  {label:<10} {line}\n"));
        }
    }
    text
}

struct Sheet<'a> {
    team: &'a Team,
    schedule: &'a Schedule,
}

impl Sheet<'_> {
    /// Who holds `role`, until when, and who is next.
    fn lines(&self, duty: &Duty, role: Role, at: Instant) -> Vec<String> {
        let zone = &self.team.zone;
        let Some(holder) = duty.holder(role) else {
            let mut ahead = self.schedule.duties().skip_while(|duty| duty.period.start() <= at);
            let until = ahead.find(|duty| duty.holder(role).is_some()).map(|duty| duty.period.start());
            let until_text = until.map(|until| format!(" until {}", when::instant(zone, until)));
            let first = format!("nobody{}", until_text.unwrap_or_default());
            return [first].into_iter().chain(until.and_then(|until| self.next(role, until))).collect();
        };
        let who = name(self.team, holder.engineer);
        let mut notes = Vec::new();
        if self.schedule.is_uncovered(duty) {
            notes.push("NOT COVERED: nobody is free".to_owned());
        } else if holder.kind.is_tentative() {
            notes.push("PROPOSED, not agreed".to_owned());
        }
        let until = self.schedule.unchanged_until(&[role], at);
        let until_text = until.map(|until| format!("until {}", when::instant(zone, until)));
        let away = self.schedule.away_until(self.team, role, at);
        let mut lines = Vec::new();
        if let Some(back) = away {
            let follows = consequence(role, holder.kind == ShiftKind::Override);
            notes.push(format!("AWAY until {}{follows}", when::instant(zone, back)));
            lines.push(format!("{who} ({})", notes.join("; ")));
            lines.extend(until_text);
        } else {
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
            lines.push([format!("{who}{notes}")].into_iter().chain(until_text).collect::<Vec<_>>().join(" "));
        }
        lines.extend(until.and_then(|until| self.next(role, until)));
        lines
    }

    /// `then Data Engineer D (Thanksgiving Day), alone`.
    fn next(&self, role: Role, at: Instant) -> Option<String> {
        let duty = self.schedule.on_call(at)?;
        let Some(holder) = duty.holder(role) else { return Some("then nobody".to_owned()) };
        let mut notes = Vec::new();
        if self.schedule.is_uncovered(duty) {
            notes.push("NOT COVERED".to_owned());
        } else if holder.kind.is_tentative() {
            notes.push("PROPOSED".to_owned());
        }
        notes.extend(holder.why().map(clean));
        if self.schedule.away_until(self.team, role, at).is_some() {
            notes.push(format!("AWAY{}", consequence(role, holder.kind == ShiftKind::Override)));
        }
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        let alone = if role == Role::Primary && duty.secondary.is_none() { ", alone" } else { "" };
        Some(format!("then {}{notes}{alone}", name(self.team, holder.engineer)))
    }
}

/// What follows from the absence of whoever holds `role`.
pub(super) fn consequence(role: Role, is_agreed: bool) -> &'static str {
    match role {
        _ if is_agreed => ", by agreement",
        Role::Primary => "",
        Role::Secondary => ": no backup",
    }
}
