//! The one entry to the rules: a team and a window in, who is on call out.

use chrono::TimeDelta;

use super::absence::Absences;
use super::cover::{Duty, Holder, PlannedWeek, Shift, plan};
use super::handover::{Handover, handover};
use super::period::{Instant, Period};
use super::proposal::Ledger;
use super::team::{Role, Team};
use super::week::weeks;

/// A handover meeting is held at most this long before its duty change: six days back to its weekday, four more
/// to a day at which nobody is away, and the rest of both days.
const LONGEST_LEAD: TimeDelta = TimeDelta::days(12);

/// A team's rota over a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The window asked for.
    pub window: Period,
    /// The weeks that overlap the window, each whole, in order of time.
    pub weeks: Vec<PlannedWeek>,
    /// The meetings that overlap the window, by duty change.
    pub handovers: Vec<Handover>,
    /// By seat, over the weeks and meetings above.
    pub(super) absences: Vec<Absences>,
}

/// Works out the rota of `team` over `window`.
///
/// Everything from the first duty change on is gone through, since R6 ranks by what was held before; so two
/// windows always agree where they overlap.
pub fn expand(team: &Team, window: Period) -> Schedule {
    let horizon = window.end() + LONGEST_LEAD;
    let empty = Schedule { window, weeks: Vec::new(), handovers: Vec::new(), absences: Vec::new() };
    let Some(range) = Period::new(team.starts() - LONGEST_LEAD, horizon) else { return empty };
    let absences: Vec<Absences> =
        team.engineers.iter().map(|engineer| Absences::of(engineer, range)).collect();

    let mut schedule = empty;
    let mut ledger = Ledger::new(team.engineers.len());
    let mut before = None;
    for week in weeks(team).take_while(|week| week.period.start() < horizon) {
        let meeting = before.as_ref().zip(team.handover).filter(|_| week.period.end() > window.start());
        let meeting = meeting.and_then(|(before, rule)| handover(team, rule, before, &week, &absences));
        schedule.handovers.extend(meeting.filter(|meeting| meeting.period.overlaps(window)));
        before = Some(week.clone());
        if week.period.start() < window.end() {
            let planned = plan(team, week, &absences, &ledger);
            ledger.add(&planned.shifts, &absences);
            if planned.week.period.overlaps(window) {
                schedule.weeks.push(planned);
            }
        }
    }
    schedule.absences = absences;
    schedule
}

impl Schedule {
    /// The shifts that overlap the window, each whole, by start, then primary first.
    pub fn shifts(&self) -> impl Iterator<Item = &Shift> {
        let all = self.weeks.iter().flat_map(|planned| &planned.shifts);
        all.filter(|shift| shift.period.overlaps(self.window))
    }

    /// Who holds the roles at `instant`; `None` outside the weeks of the window.
    pub fn on_call(&self, instant: Instant) -> Option<&Duty> {
        self.duties().find(|duty| duty.period.contains(instant))
    }

    /// When whoever holds `role` at `instant` stops holding it; `None` where the window does not tell.
    pub fn held_until(&self, role: Role, instant: Instant) -> Option<Instant> {
        let mut rest = self.duties().skip_while(|duty| !duty.period.contains(instant));
        let holder = rest.next()?.holder(role)?.engineer;
        rest.find(|duty| duty.holder(role).is_none_or(|next| next.engineer != holder))
            .map(|duty| duty.period.start())
    }

    /// When either role next changes hands after `instant`; `None` where the window does not tell.
    pub fn next_change(&self, instant: Instant) -> Option<Instant> {
        let mut rest = self.duties().skip_while(|duty| !duty.period.contains(instant));
        let now = rest.next()?;
        rest.find(|duty| duty.hands() != now.hands()).map(|duty| duty.period.start())
    }

    /// All pieces of duty in the weeks of the window, without gap, in order of time.
    pub fn duties(&self) -> impl Iterator<Item = &Duty> {
        self.weeks.iter().flat_map(|planned| &planned.duties)
    }
}

impl Duty {
    /// Who holds `role`, if anybody.
    pub fn holder(&self, role: Role) -> Option<&Holder> {
        match role {
            Role::Primary => Some(&self.primary),
            Role::Secondary => self.secondary.as_ref(),
        }
    }

    /// Who holds the primary and the secondary role.
    pub fn hands(&self) -> (super::EngineerIdx, Option<super::EngineerIdx>) {
        (self.primary.engineer, self.secondary.as_ref().map(|holder| holder.engineer))
    }
}
