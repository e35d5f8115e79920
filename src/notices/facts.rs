//! What notices are computed from.

use std::collections::BTreeSet;

use chrono::{NaiveTime, TimeDelta, Weekday};

use crate::rota::{EngineerId, EngineerIdx, Instant, Period, Schedule, Team};
use crate::text::{clean_or, isolated};

/// A team's rota as it is published.
#[derive(Debug, Clone)]
pub struct Facts<'f> {
    /// The team.
    pub team: &'f Team,
    /// Its rota over the window that is published, from the start of the current week.
    pub schedule: &'f Schedule,
    /// When who is on call was last changed: the times at which changes were published.
    pub edits: Vec<Instant>,
    /// Calendars that are out of date, a sentence for each.
    pub outdated: Vec<String>,
    /// The team's page, where it may be linked.
    pub page: Option<String>,
}

/// Who gets notices, and about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How far ahead changes are reported.
    pub weeks_ahead: u32,
    /// When the digest is sent, on the team's clock.
    pub digest: Option<(Weekday, NaiveTime)>,
    /// Whether the team has an address or a webhook.
    pub has_team: bool,
    /// The engineers who have an address.
    pub addressed: BTreeSet<EngineerId>,
}

impl Terms {
    /// Whether nobody gets notices.
    pub fn is_empty(&self) -> bool {
        !self.has_team && self.addressed.is_empty()
    }

    /// What starts before this instant is reported at `now`.
    pub(super) fn horizon(&self, now: Instant) -> Instant {
        now + self.ahead()
    }

    /// [`Terms::weeks_ahead`] as a duration.
    pub(super) fn ahead(&self) -> TimeDelta {
        TimeDelta::weeks(i64::from(self.weeks_ahead))
    }
}

impl Facts<'_> {
    /// What to call an engineer: one line that cannot reorder the text around it.
    pub(super) fn name(&self, engineer: EngineerIdx) -> String {
        let engineer = self.team.engineer(engineer);
        isolated(&clean_or(&engineer.name, engineer.id.as_str()))
    }

    /// What to call the team.
    pub(super) fn team_name(&self) -> String {
        isolated(&clean_or(&self.team.name, self.team.id.as_str()))
    }

    /// The periods within which rotas are compared: the weeks, and what is before the first of them. People think of
    /// duty by the week.
    pub(super) fn pieces(&self, now: Instant) -> Vec<Period> {
        let weeks = || self.schedule.weeks.iter().map(|planned| planned.week.period);
        let before = weeks().next().and_then(|first| Period::new(now, first.start()));
        before.into_iter().chain(weeks()).collect()
    }

    /// The end of what is known of the rota; `now` if it has no weeks.
    pub(super) fn end(&self, now: Instant) -> Instant {
        self.schedule.weeks.last().map_or(now, |last| last.week.period.end())
    }
}
