//! The input of events: a team's rota over the window of its feeds, and a little beyond.

use chrono::TimeDelta;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::rota::{Coverage, Occasion, OccasionAbsences, Period, Schedule, Team, WeekId, coverage, expand};
use crate::text::format_short;

/// How far beyond the notice period a handover meeting looks for redistributions to agree on.
pub(super) const AGENDA_AHEAD: TimeDelta = TimeDelta::weeks(4);

/// Enough for meetings, which are at most twelve days before their duty change, and for the next holder of a shift.
const MARGIN: TimeDelta = TimeDelta::weeks(2);

/// A team's rota as its feeds show it.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub(super) team: &'a Team,
    /// Feeds contain whatever overlaps this window.
    pub(super) window: Period,
    /// Extends past both ends of the window, so that no event's text depends on where the window ends.
    pub(super) schedule: Schedule,
    /// Over the same time as `schedule`.
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

/// The links in events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    base: Option<String>,
}

/// Characters that RFC 3986 allows nowhere in a URI. A `%` is kept: the address may be encoded already.
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
    /// Links below `pages_url`, such as `https://host/prefix`; with `None` events have no links.
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
        self.base.as_ref().map(|base| format_short(format_args!("{base}/{}/?from={week}", team.id)))
    }

    /// The team's pipelines with their run books.
    pub fn run_books(&self, team: &Team) -> Option<String> {
        self.base.as_ref().map(|base| format!("{base}/{}/pipelines", team.id))
    }
}
