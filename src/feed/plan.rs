//! What events are made from: a team's rota over the window that feeds carry, and a little beyond.

use chrono::TimeDelta;

use crate::rota::{Coverage, Period, Schedule, Team, coverage, expand};

/// How far ahead of its duty change a handover meeting lists redistributions to be agreed, past the days of notice.
pub(super) const AGENDA_AHEAD: TimeDelta = TimeDelta::weeks(4);

/// A team's rota as its feeds see it.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Whose rota.
    pub team: &'a Team,
    /// What feeds carry: whatever overlaps it.
    pub window: Period,
    /// Reaches past the window, so that no event's text depends on where the window ends.
    pub(super) schedule: Schedule,
    /// Of the same reach.
    pub(super) coverage: Coverage,
}

impl<'a> Plan<'a> {
    /// The rota of `team` over `window`.
    pub fn new(team: &'a Team, window: Period) -> Plan<'a> {
        let notice = TimeDelta::days(i64::from(team.policy.notice_days));
        let reach = Period::new(window.start(), window.end() + notice + AGENDA_AHEAD + TimeDelta::weeks(2));
        let schedule = expand(team, reach.unwrap_or(window));
        let coverage = coverage(team, &schedule);
        Plan { team, window, schedule, coverage }
    }
}

/// Where links in events lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// `https://host/prefix`, with or without a slash at its end; with `None` events hold no link at all.
    pub pages_url: Option<String>,
}
