//! Finds the occasions of a window: the absences that make them up, then their effects on the rota.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Days, NaiveDate, TimeDelta};

use super::kind::{Backup, Occasion, OccasionKind, OnCall};
use crate::rota::absence::holidays;
use crate::rota::coverage::{Coverage, Row, RowStatus, coverage, unknown_absences};
use crate::rota::period::{Period, merge_adjacent};
use crate::rota::planning::duty::Duty;
use crate::rota::planning::schedule::{Schedule, expand};
use crate::rota::team::{EngineerIdx, Role, Team};

/// By how many days the search for a run of holidays is widened until the run ends within it.
const WIDEN_DAYS: u64 = 31;

/// How far beyond a window an occasion is followed: longer leave is cut off there.
const MAX_BEYOND: TimeDelta = TimeDelta::days(400);

/// The occasions of `team` of which an absence meets `window`, each whole, by first date.
pub fn occasions(team: &Team, window: Period) -> Vec<Occasion> {
    let absences = OccasionAbsences::find(team, window);
    let schedule = expand(team, absences.reach());
    absences.occasions(team, &schedule, &coverage(team, &schedule).rows)
}

/// The coverage of `window` with its occasions, from one expansion of the rota.
pub fn coverage_by_occasion(team: &Team, window: Period) -> (Coverage, Vec<Occasion>) {
    let absences = OccasionAbsences::find(team, window);
    let schedule = expand(team, absences.reach());
    let mut rows = coverage(team, &schedule).rows;
    let occasions = absences.occasions(team, &schedule, &rows);
    rows.retain(|row| row.period.overlaps(window));
    (Coverage { unknown: unknown_absences(team, window), rows }, occasions)
}

/// The absences that make up the occasions of a window, before it is known what they do to the rota.
#[derive(Debug, Clone)]
pub struct OccasionAbsences {
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
        OccasionAbsences { reach, groups }
    }

    /// The window that a schedule must have to show these occasions whole.
    pub fn reach(&self) -> Period {
        self.reach
    }

    /// The occasions, by first date. `schedule` is over a window that contains [`OccasionAbsences::reach`], and `rows`
    /// are its coverage.
    pub fn occasions(&self, team: &Team, schedule: &Schedule, rows: &[Row]) -> Vec<Occasion> {
        let near = |row: &&Row| row.period.overlaps(self.reach);
        let mut rows: Vec<&Row> = rows.iter().filter(near).collect();
        // In order of their starts, so that each occasion looks at the rows around it and not at all of them.
        rows.sort_by_key(|row| row.period.start());
        let longest = rows.iter().map(|row| row.period.seconds()).max().unwrap_or(0);
        let occasion = |group: &Group| {
            let span = group.span()?;
            let from = span.start().checked_sub_signed(TimeDelta::seconds(longest)).unwrap_or(span.start());
            let first = rows.partition_point(|row| row.period.start() < from);
            let last = rows.partition_point(|row| row.period.start() < span.end());
            group.occasion(team, schedule, rows.get(first..last)?)
        };
        self.groups.iter().filter_map(occasion).collect()
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
        // Of these rows only the holidays are named.
        let names_holidays_alone = matches!(row.status, RowStatus::Working | RowStatus::Unaffected);
        let is_named = match self.kind {
            OccasionKind::TimeOff(_) => !names_holidays_alone,
            OccasionKind::Holiday { .. } => true,
        };
        is_named && self.away.iter().any(|(who, period)| *who == row.away && period.overlaps(row.period))
    }

    fn occasion(&self, team: &Team, schedule: &Schedule, rows: &[&Row]) -> Option<Occasion> {
        let rows: Vec<Row> = rows.iter().filter(|row| self.has(row)).map(|row| (*row).clone()).collect();
        if rows.is_empty() {
            return None;
        }
        let affects = |row: &&Row| row.status != RowStatus::Unaffected;
        let who = |row: &Row| row.away;
        let works = |row: &&Row| row.status == RowStatus::Working;
        let away: BTreeSet<EngineerIdx> =
            rows.iter().filter(affects).filter(|row| !works(row)).map(who).collect();
        let working: BTreeSet<EngineerIdx> = rows.iter().filter(works).map(who).collect();
        let rest = rows.iter().map(who).filter(|idx| !away.contains(idx) && !working.contains(idx));
        let unaffected: BTreeSet<EngineerIdx> = rest.collect();
        // Its dates may be over before the rota begins, although somebody far to the west still has its last hours.
        let dates = self.dates(team).filter(|dates| team.starts() < dates.end());
        let period = span_of(rows.iter().filter(affects)).or(dates).or_else(|| span_of(rows.iter()))?;
        let on_call = on_call_through(team, schedule, period);
        let conflicts = rows.iter().filter(|row| row.status.is_open());
        let weeks = conflicts.flat_map(|row| schedule.weeks_from(row.period.start()).take(1));
        let pairs = weeks.flat_map(|planned| [planned.week.pair.primary, planned.week.pair.secondary]);
        let conflicting: BTreeSet<EngineerIdx> = pairs.collect();
        Some(Occasion {
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

/// From the start of the first to the end of the last of `rows`.
fn span_of<'r>(rows: impl Iterator<Item = &'r Row> + Clone) -> Option<Period> {
    let start = rows.clone().map(|row| row.period.start()).min()?;
    Period::new(start, rows.map(|row| row.period.end()).max()?)
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
