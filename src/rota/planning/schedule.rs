//! The entry point of the rules: computes who is on call from a team and a window.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::duty::{Duty, Shift, ShiftKind};
use super::handover::{Handover, handover};
use super::planned_week::PlannedWeek;
use super::proposal::Ledger;
use super::week_planner::{is_plain, plan};
use crate::rota::absence::{Absences, last_absence};
use crate::rota::availability::{Unavailable, unavailability};
use crate::rota::period::{Instant, Period, merge_adjacent};
use crate::rota::team::{EngineerIdx, Role, Team};
use crate::rota::week::weeks;

/// A handover meeting is held at most this long before its duty change: six days back to its weekday, four more
/// to a day at which nobody is away, and the rest of both days.
const LONGEST_LEAD: TimeDelta = TimeDelta::days(12);

/// How far ahead the next change of hands is looked for at first: nearly every role changes hands within a year.
const NEAR: TimeDelta = TimeDelta::days(371);

/// A team's rota over a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The requested window.
    pub window: Period,
    /// The weeks that overlap the window, each whole, in order of time.
    pub weeks: Vec<PlannedWeek>,
    /// The meetings that overlap the window, by duty change.
    pub handovers: Vec<Handover>,
    /// By engineer, over the weeks and meetings above.
    pub(in crate::rota) absences: Vec<Absences>,
}

/// Computes the rota of `team` over `window`.
///
/// It starts at the first duty change, since R6 ranks by earlier duty; therefore two
/// windows always agree where they overlap.
pub fn expand(team: &Team, window: Period) -> Schedule {
    let horizon = window.end() + LONGEST_LEAD;
    let empty = Schedule { window, weeks: Vec::new(), handovers: Vec::new(), absences: Vec::new() };
    let Some(range) = Period::new(team.starts() - LONGEST_LEAD, horizon) else { return empty };
    let absences = Absences::of_all(&team.engineers, range);

    let mut schedule = empty;
    let mut ledger = Ledger::new(team.engineers.len());
    let mut before = None;
    for week in weeks(team).take_while(|week| week.period.start() < horizon) {
        let meeting = before.as_ref().zip(team.handover).filter(|_| week.period.end() > window.start());
        let meeting = meeting.and_then(|(before, rule)| handover(team, rule, before, &week, &absences));
        schedule.handovers.extend(meeting.filter(|meeting| meeting.period.overlaps(window)));
        before = Some(week.clone());
        if week.period.start() < window.end() {
            ledger.advance_to(week.id);
            if week.period.end() <= window.start() && is_plain(team, &week, &absences) {
                ledger.add_plain(&week);
                continue;
            }
            let planned = plan(team, week, &absences, &ledger);
            ledger.add(planned.week.id, &planned.shifts, &absences);
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

    /// The absences of `engineer` over the weeks and meetings of the window, and somewhat beyond.
    pub fn absences_of(&self, engineer: EngineerIdx) -> &Absences {
        &self.absences[engineer.0]
    }

    /// The weeks that end after `instant`, in order of time: first the one that holds it.
    pub fn weeks_from(&self, instant: Instant) -> impl Iterator<Item = &PlannedWeek> {
        let first = self.weeks.partition_point(|planned| planned.week.period.end() <= instant);
        self.weeks.iter().skip(first)
    }

    /// All pieces of duty in the weeks of the window, without gap, in order of time.
    pub fn duties(&self) -> impl Iterator<Item = &Duty> {
        self.weeks.iter().flat_map(|planned| &planned.duties)
    }

    /// The pieces of duty that end after `instant`, in order of time: first the one that holds it.
    pub fn duties_from(&self, instant: Instant) -> impl Iterator<Item = &Duty> {
        let duties = self.weeks_from(instant).flat_map(|planned| &planned.duties);
        duties.skip_while(move |duty| duty.period.end() <= instant)
    }

    /// The pieces of duty that share an instant with `period`, in order of time.
    pub fn duties_within(&self, period: Period) -> impl Iterator<Item = &Duty> {
        self.duties_from(period.start()).take_while(move |duty| duty.period.start() < period.end())
    }

    /// Who holds the roles at `instant`; `None` outside the weeks of the window.
    pub fn on_call(&self, instant: Instant) -> Option<&Duty> {
        self.duties_from(instant).next().filter(|duty| duty.period.contains(instant))
    }

    /// The first piece of duty after `instant` of which `fact` is not what it is at `instant`; `None` where the window
    /// ends before.
    pub fn next_with_another<F: PartialEq>(
        &self,
        instant: Instant,
        fact: impl Fn(&Duty) -> F,
    ) -> Option<&Duty> {
        let current = fact(self.on_call(instant)?);
        self.duties_from(instant).skip(1).find(|duty| fact(duty) != current)
    }

    /// When `role` next changes hands after `instant`, also from or to nobody; `None` where the window ends before.
    pub fn held_until(&self, role: Role, instant: Instant) -> Option<Instant> {
        let next = self.next_with_another(instant, |duty| duty.engineer(role))?;
        Some(next.period.start())
    }

    /// Until when what people read of whoever holds `roles` at `instant` is true: who it is, and whether that is
    /// agreed, proposed or not covered. `None` where the window ends before.
    pub fn unchanged_until(&self, roles: &[Role], instant: Instant) -> Option<Instant> {
        let held = |duty: &Duty, role: Role| {
            let holder = duty.holder(role)?;
            let is_tentative = holder.kind.is_tentative();
            Some((holder.engineer, is_tentative, is_tentative && self.is_uncovered(duty)))
        };
        let all = |duty: &Duty| roles.iter().map(|role| held(duty, *role)).collect::<Vec<_>>();
        Some(self.next_with_another(instant, all)?.period.start())
    }

    /// When either role next changes hands after `instant`; `None` where the window ends before.
    pub fn next_change(&self, instant: Instant) -> Option<Instant> {
        Some(self.next_with_another(instant, Duty::hands)?.period.start())
    }

    /// When whoever holds `role` within `period` is away although they hold it (see [`Unavailable`]), in order of time.
    pub fn unavailable(&self, team: &Team, role: Role, period: Period) -> Vec<Unavailable> {
        let held = self
            .duties_within(period)
            .filter_map(|duty| Some((duty.period.intersection(period)?, duty.holder(role)?)));
        let parts = held.flat_map(|(part, holder)| {
            let absences = self.absences_of(holder.engineer);
            let away: Vec<Period> = unavailability(absences, &team.policy, holder, part).iter().collect();
            away.into_iter().map(|away| (away, (holder.engineer, holder.kind == ShiftKind::Override)))
        });
        let merged = merge_adjacent(parts).into_iter();
        merged
            .map(|(period, (engineer, is_agreed))| {
                let reasons = self.absences_of(engineer).names(period);
                Unavailable { engineer, period, reasons, is_agreed }
            })
            .collect()
    }

    /// Until when whoever holds `role` at `instant` is away, by [`Schedule::unavailable`]: the end of the absence, also
    /// where their duty ends before. `None` where they are not away.
    pub fn away_until(&self, team: &Team, role: Role, instant: Instant) -> Option<Instant> {
        let holder = self.on_call(instant)?.holder(role)?;
        let from_here = Period::new(instant, Instant::MAX_UTC)?;
        let away = unavailability(self.absences_of(holder.engineer), &team.policy, holder, from_here);
        away.iter().find(|period| period.contains(instant)).map(Period::end)
    }

    /// Whether nobody is free to take the primary role during `duty`, so that the secondary keeps it.
    pub fn is_uncovered(&self, duty: &Duty) -> bool {
        let planned = self.weeks_from(duty.period.start()).next();
        planned.is_some_and(|planned| planned.is_uncovered(duty.period))
    }
}

/// The rota of `team` from `at` on until both who hold a role then have stopped, however far ahead that is. Where one
/// of them never stops, it reaches as far as anything is known that could change it.
///
/// `None` only where `at` is beyond the dates that chrono can represent.
pub fn expand_until_change(team: &Team, at: Instant) -> Option<Schedule> {
    let near = expand(team, Period::new(at, at.checked_add_signed(NEAR)?)?);
    let endless = |role| {
        let holder = near.on_call(at).and_then(|duty| duty.holder(role));
        holder.is_some() && near.held_until(role, at).is_none()
    };
    if !Role::ALL.into_iter().any(endless) {
        return Some(near);
    }
    let settled = settled_after(team, at)?;
    Some(if settled <= near.window.end() { near } else { expand(team, Period::new(at, settled)?) })
}

/// An instant after which nothing new can happen: whoever holds a role from `at` to there holds it for ever.
///
/// Who holds the roles depends on the turns of the rotations, on swaps and overrides, and on the absences of those who
/// are primary of a week or, with `backfill`, secondary. Other people's absences matter only during these.
fn settled_after(team: &Team, at: Instant) -> Option<Instant> {
    let turns = || team.rotations.iter().flat_map(|rotation| &rotation.weeks);
    let pairs = turns().chain(team.swaps.values().map(|swap| &swap.pair));
    let decisive = pairs.flat_map(|pair| {
        let secondary = team.policy.backfill.then_some(pair.secondary);
        std::iter::once(pair.primary).chain(secondary)
    });
    let decisive: BTreeSet<_> = decisive.collect();

    let rotations = team.rotations.iter().map(|rotation| team.zone.instant(rotation.starts));
    let swaps = team.swaps.keys().map(|week| team.zone.first_instant(*week));
    let overrides = team.overrides.iter().map(|given| given.period.end());
    let absences = decisive.into_iter().filter_map(|idx| last_absence(team.engineer(idx)));
    let last = rotations.chain(swaps).chain(overrides).chain(absences).chain([at]).max()?;

    // Every turn once more, the week that `last` lies in and the one in which a swap ends.
    let weeks = i64::try_from(turns().count()).ok()?.checked_add(2)?;
    last.checked_add_signed(TimeDelta::try_weeks(weeks)?)
}
