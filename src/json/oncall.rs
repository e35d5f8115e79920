//! `oncall`: who holds the roles at one instant, and for how long.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Agreement, id, instant, words};
use crate::rota::{Instant, Role, Schedule, Team};

/// Who is on call for one team at one instant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnCall {
    /// The team's id.
    pub team: String,
    /// The requested instant.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who holds the primary role; null only before the first duty change.
    pub primary: Option<OnDuty>,
    /// Who holds the secondary role, if anybody.
    pub secondary: Option<OnDuty>,
    /// When either role next changes hands; null where none is known.
    #[schema(format = DateTime)]
    pub next_change: Option<String>,
}

/// Somebody who holds a role.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OnDuty {
    /// The engineer.
    pub engineer: String,
    /// Their display name.
    pub name: String,
    /// When they stop holding the role; null where no end is known.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why they hold the role: `rotation`, `swap`, …
    #[schema(value_type = words::ShiftKind)]
    pub kind: &'static str,
    /// Whether the team has agreed on it, at the requested instant; this can change before `until`.
    pub status: Agreement,
    /// When their absence ends, where they are away although they hold the role: calling them may not help, and a
    /// secondary is no backup. Null for whoever is there.
    #[schema(format = DateTime)]
    pub away_until: Option<String>,
}

impl OnCall {
    /// Who is on call at `at`, by `schedule`, which is the rota that
    /// [`expand_until_change`](crate::rota::expand_until_change) gives for `at`. Before the first duty change nobody
    /// is, and the next change is that one.
    pub fn new(team: &Team, schedule: &Schedule, at: Instant) -> OnCall {
        let next_change = match schedule.on_call(at) {
            Some(_) => schedule.next_change(at),
            None => Some(team.starts()).filter(|starts| at < *starts),
        };
        OnCall {
            team: team.id.to_string(),
            at: instant(at),
            primary: OnDuty::new(team, schedule, Role::Primary, at),
            secondary: OnDuty::new(team, schedule, Role::Secondary, at),
            next_change: next_change.map(instant),
        }
    }
}

impl OnDuty {
    fn new(team: &Team, schedule: &Schedule, role: Role, at: Instant) -> Option<OnDuty> {
        let holder = schedule.on_call(at)?.holder(role)?;
        Some(OnDuty {
            engineer: id(team, holder.engineer),
            name: team.engineer(holder.engineer).name.clone(),
            until: schedule.held_until(role, at).map(instant),
            kind: holder.kind.as_str(),
            status: Agreement::new(holder.kind.is_tentative()),
            away_until: schedule.away_until(team, role, at).map(instant),
        })
    }
}
