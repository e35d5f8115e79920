//! `oncal now`: who is on call.

use super::args;
use super::output::{Exit, Output};
use super::plan::{self, Chosen, name};
use super::when;
use crate::feed::clean;
use crate::json::OnCall;
use crate::rota::{Instant, Role, Schedule, Team};

pub(super) fn run(common: &args::Common, args: &args::Now, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load(common)?;
    let now = plan::clock(common).now();
    let chosen = Chosen::new(&configuration, &args.of, output)?;
    let mut shapes = Vec::new();
    for team in &chosen.teams {
        let at = args.at.map_or(now, |at| at.instant(&team.zone));
        let Some(schedule) = OnCall::sight(team, at) else {
            anyhow::bail!("{at} is out of the calendar's reach");
        };
        if args.format.json {
            shapes.push(OnCall::new(team, &schedule, at));
        } else {
            output.data(&told(team, &schedule, at))?;
        }
    }
    if args.format.json {
        plan::print_json(shapes, chosen.is_list, output)?;
    }
    Ok(chosen.exit)
}

fn told(team: &Team, schedule: &Schedule, at: Instant) -> String {
    let zone = &team.zone;
    let mut text = format!("{} · {}\n", clean(&team.name), when::instant(zone, at));
    let Some(duty) = schedule.on_call(at) else {
        text.push_str(&format!("  nobody yet: duty first changes {}\n", when::instant(zone, team.starts())));
        return text;
    };
    for role in Role::ALL {
        let line = duty.holder(role).map_or_else(
            || "nobody".to_owned(),
            |holder| {
                let until = schedule.held_until(role, at);
                let until =
                    until.map(|until| format!(" until {}", when::instant(zone, until))).unwrap_or_default();
                let open = if holder.kind.is_tentative() { " (PROPOSED, not agreed)" } else { "" };
                format!("{}{open}{until}", name(team, holder.engineer))
            },
        );
        text.push_str(&format!("  {:<10} {line}\n", role.as_str()));
    }
    text
}
