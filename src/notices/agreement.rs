//! What the team must agree on: conflicts that appear, change, approach their deadline, and close.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};

use super::facts::{Facts, Terms};
use super::notified::{KnownConflict, Notified, Stage};
use crate::rota::{Conflict, EngineerIdx, Instant, Pair, Period, Row, RowStatus, Team, WeekId};

/// When reminders are sent, on the team's clock: at this hour.
const REMINDER_HOUR: u32 = 9;

/// How many days before the deadline's date the two reminders are sent.
const REMINDER_DAYS: [(Stage, u64); 2] = [(Stage::Week, 7), (Stage::TwoDays, 2)];

/// A conflict of the rota as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open<'f> {
    pub(super) conflict: &'f Conflict,
    pub(super) week: WeekId,
    pub(super) pair: Pair,
    pub(super) deadline: Instant,
}

/// What became of a conflict.
#[derive(Debug, Clone)]
pub(super) enum News<'f> {
    /// It is new, or is now close enough to report.
    Appeared(Open<'f>),
    /// Somebody else is proposed, or it is longer or shorter. It was one conflict before, or several.
    Changed(Vec<KnownConflict>, Open<'f>),
    /// Its deadline approaches, or has passed.
    Reminder(Open<'f>, Stage),
    /// An override settles it, in these rows of the coverage (R10).
    Agreed(KnownConflict, Vec<&'f Row>),
    /// There is nothing left to agree on.
    Gone(KnownConflict),
}

/// What must be reported about conflicts once it has settled, and when there may be more.
#[derive(Debug, Default)]
pub(super) struct Agreement<'f> {
    pub(super) news: Vec<News<'f>>,
    pub(super) next: Option<Instant>,
}

impl News<'_> {
    /// Whether it is only a reminder.
    pub(super) fn is_reminder(&self) -> bool {
        matches!(self, News::Reminder(..))
    }

    /// The period of the conflict: the current one while it is open.
    pub(super) fn period(&self) -> Option<Period> {
        match self {
            News::Appeared(open) | News::Changed(_, open) | News::Reminder(open, _) => {
                Some(open.conflict.period)
            }
            News::Agreed(known, _) | News::Gone(known) => known.period(),
        }
    }

    /// Whether it concerns `engineer`: the pair of the week, and anybody who is or was proposed.
    pub(super) fn concerns(&self, team: &Team, engineer: EngineerIdx) -> bool {
        let id = team.engineer(engineer).id.as_str();
        let was = |known: &KnownConflict| known.proposed == id || known.pair.iter().any(|own| own == id);
        let is = |open: &Open<'_>| open.conflict.primary == engineer || open.pair.role_of(engineer).is_some();
        match self {
            News::Appeared(open) | News::Reminder(open, _) => is(open),
            News::Changed(before, open) => before.iter().any(was) || is(open),
            News::Agreed(known, _) | News::Gone(known) => was(known),
        }
    }
}

impl Open<'_> {
    /// When `stage` is reached.
    pub(super) fn reaches(&self, team: &Team, stage: Stage) -> Option<Instant> {
        reaches(team, self.deadline, stage)
    }

    /// When it becomes near enough to report.
    pub(super) fn near_from(&self, facts: &Facts<'_>, terms: &Terms) -> Instant {
        let begins = self.conflict.period.start() - terms.ahead();
        self.reaches(facts.team, Stage::Week).map_or(begins, |reminder| begins.min(reminder))
    }

    /// The latest stage reached at `now`.
    fn stage(&self, team: &Team, now: Instant) -> Stage {
        let reached = |stage| self.reaches(team, stage).is_some_and(|at| at <= now);
        [Stage::Overdue, Stage::TwoDays, Stage::Week]
            .into_iter()
            .find(|stage| reached(*stage))
            .unwrap_or(Stage::Open)
    }

    /// What is remembered of it once it is reported at `now`.
    pub(super) fn known(&self, team: &Team, now: Instant) -> KnownConflict {
        let id = |engineer: EngineerIdx| team.engineer(engineer).id.to_string();
        let period = self.conflict.period;
        KnownConflict {
            start: period.start(),
            end: period.end(),
            pair: [id(self.pair.primary), id(self.pair.secondary)],
            proposed: id(self.conflict.primary),
            status: self.conflict.status.as_str().to_owned(),
            reasons: self.conflict.reasons.iter().map(ToString::to_string).collect(),
            // A report after the deadline says that it is overdue.
            stage: if self.deadline <= now { Stage::Overdue } else { self.stage(team, now) },
        }
    }
}

fn reaches(team: &Team, deadline: Instant, stage: Stage) -> Option<Instant> {
    let zone = &team.zone;
    let hour = NaiveTime::from_hms_opt(REMINDER_HOUR, 0, 0)?;
    let at = |date: NaiveDate| zone.instant(date.and_time(hour));
    let date = zone.date(deadline);
    match stage {
        Stage::Open => None,
        Stage::Overdue => Some(at(date)).filter(|at| deadline <= *at).or_else(|| Some(at(date.succ_opt()?))),
        stage => {
            let (_, days) = REMINDER_DAYS.into_iter().find(|(own, _)| *own == stage)?;
            Some(at(date.checked_sub_days(Days::new(days))?))
        }
    }
}

/// The conflicts of the rota that have not ended at `now`, in order of time.
pub(super) fn open<'f>(facts: &Facts<'f>, now: Instant) -> Vec<Open<'f>> {
    let weeks = facts.schedule.weeks.iter();
    let of_week = weeks.flat_map(|planned| {
        let (week, pair, deadline) = (planned.week.id, planned.week.pair, planned.deadline);
        planned.conflicts.iter().map(move |conflict| Open { conflict, week, pair, deadline })
    });
    of_week.filter(|open| now < open.conflict.period.end()).collect()
}

/// Compares the conflicts with those in `known`. `rows` are the coverage of the schedule.
pub(super) fn agreement<'f>(
    facts: &Facts<'f>,
    rows: &'f [Row],
    (terms, known): (&Terms, &Notified),
    now: Instant,
) -> Agreement<'f> {
    let mut found = Comparison { facts, terms, now, agreement: Agreement::default() };
    let open = open(facts, now);
    let known = known.conflicts.iter().filter_map(|known| Some((known, known.period()?)));
    let known: Vec<(&KnownConflict, Period)> = known.filter(|(_, period)| now < period.end()).collect();
    let became = became(&known, &open);
    for (place, open) in open.iter().enumerate() {
        let before = known.iter().zip(&became).filter(|(_, became)| **became == Some(place));
        let before: Vec<&KnownConflict> = before.map(|((known, _), _)| *known).collect();
        match &before[..] {
            [] => found.appeared(*open),
            before => found.compare(before, *open),
        }
    }
    for ((known, period), _) in known.iter().zip(&became).filter(|(_, became)| became.is_none()) {
        found.closed(known, *period, rows);
    }
    found.agreement
}

/// Which of `open` each of `known` has become: the one with the same start, else one that overlaps it, preferably one
/// that no other has become. Several may have become one; one that was split has become the first part.
fn became(known: &[(&KnownConflict, Period)], open: &[Open<'_>]) -> Vec<Option<usize>> {
    let starts =
        |known: &KnownConflict| open.iter().position(|open| open.conflict.period.start() == known.start);
    let mut became: Vec<Option<usize>> = known.iter().map(|(known, _)| starts(known)).collect();
    for (own, (_, period)) in known.iter().enumerate() {
        if became.get(own).copied().flatten().is_some() {
            continue;
        }
        let overlapping = || (0..).zip(open).filter(|(_, open)| open.conflict.period.overlaps(*period));
        let is_free = |place: &usize| !became.contains(&Some(*place));
        let free = overlapping().map(|(place, _)| place).find(is_free);
        let found = free.or_else(|| overlapping().map(|(place, _)| place).next());
        if let Some(place) = became.get_mut(own) {
            *place = found;
        }
    }
    became
}

struct Comparison<'c, 'f> {
    facts: &'c Facts<'f>,
    terms: &'c Terms,
    now: Instant,
    agreement: Agreement<'f>,
}

impl<'f> Comparison<'_, 'f> {
    fn later(&mut self, at: Option<Instant>) {
        self.agreement.next = [self.agreement.next, at].into_iter().flatten().min();
    }

    fn appeared(&mut self, open: Open<'f>) {
        let near_from = open.near_from(self.facts, self.terms);
        if self.now < near_from {
            self.later(Some(near_from));
        } else {
            self.agreement.news.push(News::Appeared(open));
        }
    }

    /// Compares `open` with what it was `before`.
    fn compare(&mut self, before: &[&KnownConflict], open: Open<'f>) {
        let next = open.known(self.facts.team, self.now);
        let is_same = |known: &&&KnownConflict| {
            (known.start, known.end, &known.pair, &known.proposed, &known.status)
                == (next.start, next.end, &next.pair, &next.proposed, &next.status)
        };
        let Some(known) = before.iter().find(is_same) else {
            let before = before.iter().map(|known| (*known).clone()).collect();
            self.agreement.news.push(News::Changed(before, open));
            return;
        };
        let stage = open.stage(self.facts.team, self.now);
        // After the deadline, only that it has passed is reported.
        if known.stage < stage && (stage == Stage::Overdue || self.now < open.deadline) {
            self.agreement.news.push(News::Reminder(open, stage));
        }
        let stages = [Stage::Week, Stage::TwoDays, Stage::Overdue];
        let ahead = stages.into_iter().filter(|stage| known.stage < *stage);
        let ahead = ahead.filter_map(|stage| open.reaches(self.facts.team, stage));
        self.later(ahead.filter(|at| self.now < *at).min());
    }

    fn closed(&mut self, known: &KnownConflict, period: Period, rows: &'f [Row]) {
        // Nothing is known beyond the window.
        if self.facts.end(self.now) <= period.start() {
            return;
        }
        let is_agreed = |row: &&Row| {
            matches!(row.status, RowStatus::Agreed | RowStatus::AgreedLate) && row.period.overlaps(period)
        };
        let agreed: Vec<&Row> = rows.iter().filter(is_agreed).collect();
        let known = known.clone();
        self.agreement.news.push(if agreed.is_empty() {
            News::Gone(known)
        } else {
            News::Agreed(known, agreed)
        });
    }
}

/// Records in `known` that `news` were reported at `now`.
pub(super) fn remember(facts: &Facts<'_>, news: &[News<'_>], known: &mut Notified, now: Instant) {
    let forget = |known: &mut Vec<KnownConflict>, old: &KnownConflict| known.retain(|other| other != old);
    for news in news {
        match news {
            News::Appeared(open) => known.conflicts.push(open.known(facts.team, now)),
            News::Changed(before, open) => {
                before.iter().for_each(|old| forget(&mut known.conflicts, old));
                known.conflicts.push(open.known(facts.team, now));
            }
            News::Reminder(open, stage) => {
                let start = open.conflict.period.start();
                for known in known.conflicts.iter_mut().filter(|known| known.start == start) {
                    known.stage = *stage;
                }
            }
            News::Agreed(old, _) | News::Gone(old) => forget(&mut known.conflicts, old),
        }
    }
    known.conflicts.sort_by_key(|conflict| conflict.start);
}

/// When a reminder of `stage` becomes out of date: when the next one is due.
pub(super) fn reminder_expires(team: &Team, open: &Open<'_>, stage: Stage) -> Instant {
    let next = match stage {
        Stage::Open | Stage::Week => open.reaches(team, Stage::TwoDays),
        Stage::TwoDays => Some(open.deadline),
        Stage::Overdue => None,
    };
    next.unwrap_or_else(|| open.conflict.period.end())
}

/// The least time for which news of a closed conflict is worth sending.
pub(super) const MIN_INTEREST: TimeDelta = TimeDelta::days(1);
