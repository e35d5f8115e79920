//! R11: what people plan by. An occasion is one holiday, or one time off, with everything that it does to the rota.
//!
//! Not here: the words in which an occasion is shown (`text`).

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};

use super::absence::{TIME_OFF, holidays};
use super::coverage::{Row, RowStatus, coverage};
use super::period::{Instant, Period, merge_adjacent};
use super::planning::duty::Duty;
use super::planning::proposal::ProposalStatus;
use super::planning::schedule::{Schedule, expand};
use super::team::{EngineerIdx, Role, Team};

/// By how many days the search for a run of holidays is widened until the run ends within it.
const WIDEN_DAYS: u64 = 31;

/// How far beyond a window an occasion is followed: longer leave is cut off there.
const MAX_BEYOND: TimeDelta = TimeDelta::days(400);

/// One holiday or one time off, with all the coverage rows that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What it is.
    pub kind: OccasionKind,
    /// Its first date: of a holiday as it stands in the members' calendars, of time off in the engineer's own zone.
    pub first: NaiveDate,
    /// Its last date, included.
    pub last: NaiveDate,
    /// The coverage rows that name its absences, in the order of R10; never empty. A row may be in two occasions.
    pub rows: Vec<Row>,
    /// Who is away from duty for some of it, in file order.
    pub away: Vec<EngineerIdx>,
    /// Who else is on call on a holiday of their own, in file order.
    pub working: Vec<EngineerIdx>,
    /// Who else is away, without effect on duty, in file order.
    pub unaffected: Vec<EngineerIdx>,
    /// The pairs of the weeks in which it makes a conflict, in file order: the primary, and the secondary who cannot cover.
    pub conflicting: Vec<EngineerIdx>,
    /// From the start of the first to the end of the last row in which somebody on duty is away; where there is none, its
    /// dates in the team's zone.
    pub period: Period,
    /// Who is on call through `period`, in order of time. No two pieces that follow each other have the same holders.
    pub on_call: Vec<OnCall>,
}

/// What an occasion is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OccasionKind {
    /// Consecutive dates on each of which some member has a holiday.
    Holiday {
        /// The name that most members have on the first date.
        name: Arc<str>,
        /// The other names, in order of time.
        others: Vec<Arc<str>>,
    },
    /// Time off of one engineer, in the week's pair for some of it.
    TimeOff(EngineerIdx),
}

/// A part of an occasion through which the same people hold the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCall {
    /// The part.
    pub period: Period,
    /// Who holds the primary role.
    pub primary: EngineerIdx,
    /// Who holds the secondary role, if anybody.
    pub secondary: Option<EngineerIdx>,
    /// Whether the secondary is there.
    pub backup: Backup,
    /// How far the proposal carries by which they hold the roles for any of it; `None` where it is certain.
    pub proposal: Option<ProposalStatus>,
}

/// Whether somebody stands behind the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// Nobody holds the secondary role.
    Nobody,
    /// The secondary is away throughout, although they hold the role.
    Away,
    /// The secondary is away for a part of it.
    PartlyAway,
    /// The secondary is there.
    There,
}

/// How an occasion stands, in the order of R11: the worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OccasionStatus {
    /// Nobody can take the primary role.
    Nobody,
    /// A conflict has not been agreed by its deadline.
    Overdue,
    /// Everybody who could take a conflict has a holiday.
    NeedsVolunteer,
    /// Somebody is proposed and the team has not agreed.
    Proposed,
    /// Nothing is open: the worst status of its rows, by its place in [`RowStatus::ALL`].
    Settled(usize),
}

impl OccasionStatus {
    fn of(row: &Row, now: Instant) -> OccasionStatus {
        match row.status {
            RowStatus::Nobody => OccasionStatus::Nobody,
            RowStatus::NeedsVolunteer | RowStatus::Proposed if row.is_overdue(now) => OccasionStatus::Overdue,
            RowStatus::NeedsVolunteer => OccasionStatus::NeedsVolunteer,
            RowStatus::Proposed => OccasionStatus::Proposed,
            settled => {
                let place = RowStatus::ALL.iter().position(|status| *status == settled);
                OccasionStatus::Settled(place.unwrap_or(RowStatus::ALL.len()))
            }
        }
    }
}

impl Occasion {
    /// The row with the worst status at `now`; of equals the first.
    pub fn worst_row(&self, now: Instant) -> Option<&Row> {
        self.rows.iter().min_by_key(|row| OccasionStatus::of(row, now))
    }

    /// The worst status of its rows.
    pub fn status(&self, now: Instant) -> RowStatus {
        self.worst_row(now).map_or(RowStatus::Unaffected, |row| row.status)
    }

    /// Whether some conflict of it is past its deadline, not agreed and not yet over.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.rows.iter().any(|row| row.is_overdue(now))
    }

    /// Its conflicts that the team has still to agree on and that are not over at `now`, in order of time: a row each.
    pub fn open_rows(&self, now: Instant) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.status.is_open() && now < row.period.end())
    }

    /// Whether somebody must be found or agreed on for it.
    pub fn needs_somebody(&self, now: Instant) -> bool {
        self.open_rows(now).next().is_some()
    }

    /// By when the first of its open conflicts must be agreed, or had to.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        self.open_rows(now).filter_map(|row| row.deadline).min()
    }

    /// Whether it changes nothing for anybody on duty.
    pub fn is_unaffected(&self) -> bool {
        self.away.is_empty() && self.working.is_empty()
    }

    /// Whether `engineer` is away from duty in it, works on it, is on call through it, or is in the pair of a week in which it makes a
    /// conflict.
    pub fn concerns(&self, engineer: EngineerIdx) -> bool {
        self.away.contains(&engineer)
            || self.working.contains(&engineer)
            || self.conflicting.contains(&engineer)
            || self.on_call.iter().any(|held| held.primary == engineer || held.secondary == Some(engineer))
    }
}

/// Sorts occasions as they are read (R11): first what needs somebody, by deadline, then the rest by date.
pub fn sort_occasions(occasions: &mut [Occasion], now: Instant) {
    occasions.sort_by_key(|occasion| {
        let deadline = occasion.deadline(now);
        (deadline.is_none(), deadline, occasion.first, occasion.period.start())
    });
}

/// The conflicts of `occasions` that the team has still to agree on, by deadline, each once.
pub fn open_conflicts(occasions: &[Occasion], now: Instant) -> Vec<&Row> {
    let mut open: Vec<&Row> = Vec::new();
    for row in occasions.iter().flat_map(|occasion| occasion.open_rows(now)) {
        if !open.iter().any(|other| other.period.start() == row.period.start()) {
            open.push(row);
        }
    }
    open.sort_by_key(|row| (row.deadline, row.period.start()));
    open
}

/// The occasions of `team` of which an absence meets `window`, each whole, by first date.
pub fn occasions(team: &Team, window: Period) -> Vec<Occasion> {
    let absences = OccasionAbsences::find(team, window);
    let schedule = expand(team, absences.reach());
    absences.occasions(team, &schedule, &coverage(team, &schedule).rows)
}

/// The absences that make up the occasions of a window, before it is known what they do to the rota.
#[derive(Debug, Clone)]
pub struct OccasionAbsences {
    window: Period,
    reach: Period,
    groups: Vec<Group>,
}

/// The absences of one occasion.
#[derive(Debug, Clone)]
struct Group {
    kind: OccasionKind,
    first: NaiveDate,
    last: NaiveDate,
    /// Who is away when.
    away: Vec<(EngineerIdx, Period)>,
}

impl OccasionAbsences {
    /// The absences that meet `window`, with what belongs to the same occasions.
    pub fn find(team: &Team, window: Period) -> OccasionAbsences {
        let mut groups = holiday_groups(team, window);
        groups.extend(team.indices().flat_map(|engineer| time_off_groups(team, engineer)));
        groups.retain(|group| group.away.iter().any(|(_, period)| period.overlaps(window)));
        groups.sort_by_key(|group| group.first);
        let ends = |group: &Group| [group.dates(team), group.span()];
        let all = groups.iter().flat_map(ends).flatten();
        let (start, end) = all.fold((window.start(), window.end()), |(start, end), period| {
            (start.min(period.start()), end.max(period.end()))
        });
        let earliest = window.start().checked_sub_signed(MAX_BEYOND).unwrap_or(window.start());
        let latest = window.end().checked_add_signed(MAX_BEYOND).unwrap_or(window.end());
        let reach = Period::new(start.max(earliest), end.min(latest)).unwrap_or(window);
        OccasionAbsences { window, reach, groups }
    }

    /// The window that a schedule must have to show these occasions whole.
    pub fn reach(&self) -> Period {
        self.reach
    }

    /// The occasions, by first date. `schedule` is over a window that contains [`OccasionAbsences::reach`], and `rows` are
    /// its coverage.
    pub fn occasions(&self, team: &Team, schedule: &Schedule, rows: &[Row]) -> Vec<Occasion> {
        let near = |row: &&Row| row.period.overlaps(self.reach);
        let rows: Vec<&Row> = rows.iter().filter(near).collect();
        self.groups.iter().filter_map(|group| group.occasion(team, schedule, &rows)).collect()
    }

    /// The window that was asked for.
    pub fn window(&self) -> Period {
        self.window
    }
}

impl Group {
    fn span(&self) -> Option<Period> {
        let start = self.away.iter().map(|(_, period)| period.start()).min()?;
        Period::new(start, self.away.iter().map(|(_, period)| period.end()).max()?)
    }

    /// Its dates in the team's zone.
    fn dates(&self, team: &Team) -> Option<Period> {
        let end = self.last.succ_opt()?;
        Period::new(team.zone.first_instant(self.first), team.zone.first_instant(end))
    }

    /// Whether `row` names an absence of this group.
    fn has(&self, row: &Row) -> bool {
        let is_named = match self.kind {
            OccasionKind::TimeOff(_) => row.reasons.iter().any(|reason| &**reason == TIME_OFF),
            OccasionKind::Holiday { .. } => true,
        };
        is_named && self.away.iter().any(|(who, period)| *who == row.away && period.overlaps(row.period))
    }

    fn occasion(&self, team: &Team, schedule: &Schedule, rows: &[&Row]) -> Option<Occasion> {
        let rows: Vec<Row> = rows.iter().filter(|row| self.has(row)).map(|row| (*row).clone()).collect();
        let affects = |row: &&Row| row.status != RowStatus::Unaffected;
        let who = |row: &Row| row.away;
        let works = |row: &&Row| row.status == RowStatus::Working;
        let away: BTreeSet<EngineerIdx> =
            rows.iter().filter(affects).filter(|row| !works(row)).map(who).collect();
        let working: BTreeSet<EngineerIdx> = rows.iter().filter(works).map(who).collect();
        let rest = rows.iter().map(who).filter(|idx| !away.contains(idx) && !working.contains(idx));
        let unaffected: BTreeSet<EngineerIdx> = rest.collect();
        let affected = rows.iter().filter(affects).map(|row| row.period);
        let start = affected.clone().map(Period::start).min();
        let period = start
            .zip(affected.map(Period::end).max())
            .map_or_else(|| self.dates(team), |(start, end)| Period::new(start, end))?;
        let on_call = on_call_through(team, schedule, period);
        let conflicts = rows.iter().filter(|row| row.status.is_open());
        let weeks = conflicts.flat_map(|row| schedule.weeks_from(row.period.start()).take(1));
        let pairs = weeks.flat_map(|planned| [planned.week.pair.primary, planned.week.pair.secondary]);
        let conflicting: BTreeSet<EngineerIdx> = pairs.collect();
        (!rows.is_empty() && !on_call.is_empty()).then(|| Occasion {
            kind: self.kind.clone(),
            first: self.first,
            last: self.last,
            working: working.difference(&away).copied().collect(),
            away: away.into_iter().collect(),
            unaffected: unaffected.into_iter().collect(),
            conflicting: conflicting.into_iter().collect(),
            rows,
            period,
            on_call,
        })
    }
}

/// Who is on call through `period`, in order of time.
fn on_call_through(team: &Team, schedule: &Schedule, period: Period) -> Vec<OnCall> {
    let parts = schedule.duties_within(period);
    let parts = parts.filter_map(|duty| Some((duty.period.intersection(period)?, Duty::hands(duty))));
    let merged = merge_adjacent(parts).into_iter();
    merged
        .map(|(period, (primary, secondary))| {
            let conflicts = schedule
                .weeks_from(period.start())
                .take_while(|planned| planned.week.period.start() < period.end());
            let conflicts = conflicts.flat_map(|planned| &planned.conflicts);
            let open = conflicts.filter(|conflict| conflict.period.overlaps(period));
            let away = schedule.unavailable(team, Role::Secondary, period);
            let backup = match (secondary, &away[..]) {
                (None, _) => Backup::Nobody,
                (Some(_), []) => Backup::There,
                (Some(_), [away]) if away.period == period => Backup::Away,
                (Some(_), _) => Backup::PartlyAway,
            };
            OnCall {
                period,
                primary,
                secondary,
                proposal: open.map(|conflict| conflict.status).max(),
                backup,
            }
        })
        .collect()
}

/// One date on which a member has a holiday.
struct Holiday<'t> {
    date: NaiveDate,
    engineer: EngineerIdx,
    name: &'t Arc<str>,
    day: Period,
}

/// The runs of dates with holidays around `window`. Runs at its ends are whole.
fn holiday_groups(team: &Team, window: Period) -> Vec<Group> {
    // Dates differ by up to a day between zones.
    let (first, last) = (team.zone.date(window.start()), team.zone.date(window.end()));
    let mut first = first.checked_sub_days(Days::new(2)).unwrap_or(first);
    let mut last = last.checked_add_days(Days::new(2)).unwrap_or(last);
    loop {
        let found = member_holidays(team, first, last);
        let begins_before = found.first().is_some_and(|holiday| holiday.date == first);
        let ends_after = found.last().is_some_and(|holiday| holiday.date == last);
        let earlier = first.checked_sub_days(Days::new(WIDEN_DAYS)).filter(|_| begins_before);
        let later = last.checked_add_days(Days::new(WIDEN_DAYS)).filter(|_| ends_after);
        if earlier.is_none() && later.is_none() {
            let runs =
                found.chunk_by(|holiday, next| next.date.signed_duration_since(holiday.date).num_days() <= 1);
            return runs.filter_map(holiday_group).collect();
        }
        first = earlier.unwrap_or(first);
        last = later.unwrap_or(last);
    }
}

/// The holidays of all members from `first` to `last`, both included, by date, then file order.
fn member_holidays(team: &Team, first: NaiveDate, last: NaiveDate) -> Vec<Holiday<'_>> {
    let of = |engineer: EngineerIdx| {
        let member = team.engineer(engineer);
        let dated = holidays(member, first, last).filter(|(_, day, _)| member.member_within(*day).is_some());
        dated.map(move |(date, day, name)| Holiday { date, engineer, name, day })
    };
    let mut found: Vec<Holiday<'_>> = team.indices().flat_map(of).collect();
    found.sort_by_key(|holiday| (holiday.date, holiday.engineer));
    found
}

fn holiday_group(run: &[Holiday<'_>]) -> Option<Group> {
    let (first, last) = (run.first()?.date, run.last()?.date);
    let mut names: Vec<&Arc<str>> = Vec::new();
    for holiday in run {
        if !names.contains(&holiday.name) {
            names.push(holiday.name);
        }
    }
    let members = |name: &Arc<str>| {
        let has = run.iter().filter(|holiday| holiday.date == first && holiday.name == name);
        has.map(|holiday| holiday.engineer).collect::<BTreeSet<_>>().len()
    };
    // Of equals the first: `names` is in file order within a date.
    let name = names.iter().rev().max_by_key(|name| members(name)).copied()?;
    let others = names.iter().filter(|other| **other != name).map(|other| Arc::clone(other)).collect();
    let kind = OccasionKind::Holiday { name: Arc::clone(name), others };
    let away = run.iter().map(|holiday| (holiday.engineer, holiday.day)).collect();
    Some(Group { kind, first, last, away })
}

/// The time off of `engineer`: entries that touch, or start on one date, are one.
fn time_off_groups(team: &Team, engineer: EngineerIdx) -> Vec<Group> {
    let zone = &team.engineer(engineer).zone;
    let mut entries = team.engineer(engineer).time_off.clone();
    entries.sort_unstable();
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        let date = zone.date(entry.start());
        let last_date = zone.date(entry.end() - TimeDelta::seconds(1));
        let same = groups.last_mut().filter(|group| {
            let touches = group.away.iter().any(|(_, period)| entry.start() <= period.end());
            touches || group.away.last().is_some_and(|(_, period)| zone.date(period.start()) == date)
        });
        match same {
            Some(group) => {
                group.last = group.last.max(last_date);
                group.away.push((engineer, entry));
            }
            None => groups.push(Group {
                kind: OccasionKind::TimeOff(engineer),
                first: date,
                last: last_date,
                away: vec![(engineer, entry)],
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::sample::{
        A, B, C, D, at, calendar, date, given, holiday, period, team, with_holiday, zone,
    };

    fn january(team: &Team) -> Vec<Occasion> {
        occasions(team, period("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"))
    }

    fn now() -> Instant {
        at("2025-12-01T00:00:00Z")
    }

    fn holders(occasion: &Occasion) -> Vec<(EngineerIdx, Option<EngineerIdx>)> {
        occasion.on_call.iter().map(|held| (held.primary, held.secondary)).collect()
    }

    #[test]
    fn a_holiday_of_everybody_is_one_occasion() {
        let found = january(&with_holiday());
        assert_eq!(found.len(), 1);
        let founders = &found[0];
        assert_eq!((founders.first, founders.last), (date("2026-01-07"), date("2026-01-07")));
        assert_eq!((founders.status(now()), founders.needs_somebody(now())), (RowStatus::Working, false));
        let whose = [&founders.away, &founders.working, &founders.unaffected].map(|list| &list[..]);
        assert_eq!(whose, [&[A][..], &[B], &[C, D]]);
        assert_eq!((founders.period, holders(founders)), (holiday(), vec![(B, None)]));
        assert_eq!(founders.rows.len(), 4);
    }

    #[test]
    fn consecutive_dates_are_one_run_named_as_most_have_its_first_and_a_gap_ends_it() {
        let mut team = team();
        let days = |names: &[(&str, &str)]| vec![calendar(names)];
        team.engineers[0].calendars = days(&[("2026-01-07", "Eve"), ("2026-01-09", "Third")]);
        team.engineers[1].calendars = days(&[("2026-01-07", "Day"), ("2026-01-08", "Second")]);
        team.engineers[2].calendars = days(&[("2026-01-07", "Day"), ("2026-01-11", "Alone")]);
        let found = january(&team);
        assert_eq!(found.len(), 2);
        let OccasionKind::Holiday { name, others } = &found[0].kind else { panic!("a holiday") };
        let others: Vec<&str> = others.iter().map(|other| &**other).collect();
        assert_eq!((&**name, &others[..]), ("Day", &["Eve", "Second", "Third"][..]));
        assert_eq!((found[0].first, found[0].last), (date("2026-01-07"), date("2026-01-09")));
        assert_eq!(found[1].first, date("2026-01-11"), "10 January is nobody's");
        team.engineers[2].calendars = days(&[]);
        let OccasionKind::Holiday { name, .. } = &january(&team)[0].kind else { panic!("a holiday") };
        assert_eq!(&**name, "Eve", "of equals the first in the file");
    }

    #[test]
    fn a_holiday_that_spans_a_duty_change_shows_both_holders_in_order() {
        let mut team = team();
        for engineer in &mut team.engineers {
            engineer.calendars = vec![calendar(&[("2026-01-09", "On a Friday")])];
        }
        let found = january(&team);
        assert_eq!(found.len(), 1);
        assert_eq!(holders(&found[0]), [(B, None), (C, None)]);
        assert_eq!(found[0].on_call[0].period.end(), at("2026-01-09T15:00:00Z"));
        assert_eq!(
            (found[0].period.start(), found[0].period.end()),
            (at("2026-01-09T05:00:00Z"), at("2026-01-10T05:00:00Z"))
        );
    }

    #[test]
    fn a_holiday_of_nobody_on_duty_shows_who_is_on_call_over_its_dates() {
        let mut team = team();
        team.engineers[3].zone = zone("Asia/Kolkata");
        team.engineers[3].calendars = vec![calendar(&[("2026-01-07", "Elsewhere")])];
        let found = january(&team);
        assert!(found[0].is_unaffected());
        assert_eq!((found[0].period, holders(&found[0])), (holiday(), vec![(A, Some(B))]));
        assert_eq!(found[0].unaffected, [D]);
    }

    #[test]
    fn time_off_counts_in_weeks_of_a_pair_that_has_the_engineer_and_entries_that_touch_are_one() {
        let mut team = team();
        let days = |from: &str, to: &str| period(&format!("{from}T05:00:00Z"), &format!("{to}T05:00:00Z"));
        team.engineers[1].time_off = vec![days("2026-01-06", "2026-01-07"), days("2026-01-05", "2026-01-06")];
        team.engineers[3].time_off = vec![days("2026-01-06", "2026-01-07")];
        let found = january(&team);
        assert_eq!(found.len(), 1, "D is in no pair then");
        assert_eq!(found[0].kind, OccasionKind::TimeOff(B));
        assert_eq!((found[0].first, found[0].last), (date("2026-01-05"), date("2026-01-06")));
        assert_eq!(found[0].status(now()), RowStatus::NoBackup);
        team.engineers[1].time_off = vec![
            period("2026-01-06T14:00:00Z", "2026-01-06T15:00:00Z"),
            period("2026-01-06T18:00:00Z", "2026-01-06T20:00:00Z"),
        ];
        assert_eq!(january(&team).len(), 1, "two entries that start on one date");
        team.engineers[1].time_off[1] = period("2026-01-07T18:00:00Z", "2026-01-07T20:00:00Z");
        assert_eq!(january(&team).len(), 2);
    }

    #[test]
    fn what_needs_somebody_comes_first_by_deadline_and_a_conflict_counts_once() {
        let mut team = with_holiday();
        for engineer in &mut team.engineers {
            let dates = [("2026-01-07", "Founders"), ("2026-01-14", "Quiet"), ("2026-01-21", "Later")];
            engineer.calendars = vec![calendar(&dates)];
        }
        team.engineers[1].time_off = vec![holiday()];
        team.engineers[0].time_off = vec![period("2026-01-06T05:00:00Z", "2026-01-07T05:00:00Z")];
        team.engineers[3].time_off = vec![period("2026-01-21T05:00:00Z", "2026-01-22T05:00:00Z")];
        let mut found = january(&team);
        assert_eq!(open_conflicts(&found, now()).len(), 2);
        sort_occasions(&mut found, now());
        let firsts: Vec<String> = found.iter().map(|occasion| occasion.first.to_string()).collect();
        assert_eq!(firsts[firsts.len() - 1], "2026-01-14", "{firsts:?}");
        let mine = found.iter().filter(|occasion| {
            occasion.rows.iter().any(|row| row.period.start() == at("2026-01-06T05:00:00Z"))
        });
        assert_eq!(mine.count(), 2, "A's leave and A's holiday are one conflict in two occasions");
        assert!(found[0].is_overdue(at("2025-12-20T00:00:00Z")) && found[0].needs_somebody(now()));
        assert!(!found[0].needs_somebody(at("2026-01-08T05:00:00Z")), "over");
        team.overrides = vec![given(period("2026-01-06T05:00:00Z", "2026-01-08T05:00:00Z"), C)];
        assert_eq!(open_conflicts(&january(&team), now()).len(), 1);
    }
}
