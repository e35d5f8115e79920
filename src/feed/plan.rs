//! What events are made from: a team's rota over the window that feeds carry, and a little beyond.

use chrono::TimeDelta;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::rota::{Coverage, Occasion, OccasionAbsences, Period, Schedule, Team, WeekId, coverage, expand};

/// How far past the days of notice a handover meeting looks for redistributions to agree on.
pub(super) const AGENDA_AHEAD: TimeDelta = TimeDelta::weeks(4);

/// A meeting is held at most twelve days before its duty change, and a shift names who comes after it.
const MARGIN: TimeDelta = TimeDelta::weeks(2);

/// A team's rota as its feeds see it.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub(super) team: &'a Team,
    /// What feeds carry: whatever overlaps it.
    pub(super) window: Period,
    /// Reaches past both ends of the window, so that no event's text depends on where the window ends.
    pub(super) schedule: Schedule,
    /// Of the same reach.
    pub(super) coverage: Coverage,
    /// By first date.
    pub(super) occasions: Vec<Occasion>,
}

impl<'a> Plan<'a> {
    /// The rota of `team` over `window`, which should start and end at duty changes.
    pub fn new(team: &'a Team, window: Period) -> Plan<'a> {
        let notice = TimeDelta::days(i64::from(team.policy.notice_days));
        let reach = Period::new(window.start() - MARGIN, window.end() + notice + AGENDA_AHEAD + MARGIN);
        let absences = OccasionAbsences::find(team, reach.unwrap_or(window));
        let schedule = expand(team, absences.reach());
        let coverage = coverage(team, &schedule);
        let occasions = absences.occasions(team, &schedule, &coverage.rows);
        Plan { team, window, schedule, coverage, occasions }
    }
}

/// Where links in events lead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    base: Option<String>,
}

/// What RFC 3986 allows nowhere in a URI. A `%` stays: the address may be encoded already.
const NOT_IN_A_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

impl Links {
    /// Links below `pages_url`, such as `https://host/prefix`; with `None` events hold no link at all.
    pub fn new(pages_url: Option<&str>) -> Links {
        let encoded =
            |url: &str| utf8_percent_encode(url.trim().trim_end_matches('/'), NOT_IN_A_URI).to_string();
        Links { base: pages_url.map(encoded) }
    }

    /// The team's page.
    pub fn team(&self, team: &Team) -> Option<String> {
        self.base.as_ref().map(|base| format!("{base}/{}/", team.id))
    }

    /// The team's page from `week` on.
    pub fn week(&self, team: &Team, week: WeekId) -> Option<String> {
        self.base.as_ref().map(|base| format!("{base}/{}/?from={week}", team.id))
    }

    /// The team's pipelines with their run books.
    pub fn run_books(&self, team: &Team) -> Option<String> {
        self.base.as_ref().map(|base| format!("{base}/{}/pipelines", team.id))
    }
}
