//! R8 and R10: every absence that meets the rota, with who covers it and whether that is settled.

use std::sync::Arc;

use chrono::NaiveDate;

use super::cover::{Conflict, PlannedWeek, ShiftKind};
use super::period::{Instant, Period, Periods};
use super::proposal::{Candidate, Standing};
use super::schedule::Schedule;
use super::team::{Role, Seat, Team, TimeOffRule};
use super::week::WeekId;

/// How an absence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowStatus {
    /// The secondary covers.
    Covered,
    /// A conflict with somebody free proposed.
    Proposed,
    /// A conflict for which everybody has a holiday of their own.
    NeedsVolunteer,
    /// A conflict that nobody can take.
    Nobody,
    /// Settled by an override in time.
    Agreed,
    /// A conflict settled by an override after its deadline.
    AgreedLate,
    /// Time off of a primary that moves nothing.
    Reported,
    /// The secondary could not cover.
    NoBackup,
    /// On duty on a holiday of their own.
    Working,
    /// Not on duty.
    Unaffected,
}

impl RowStatus {
    /// As in JSON: `covered`, `needs-volunteer`, …
    pub fn as_str(self) -> &'static str {
        match self {
            RowStatus::Covered => "covered",
            RowStatus::Proposed => "proposed",
            RowStatus::NeedsVolunteer => "needs-volunteer",
            RowStatus::Nobody => "nobody",
            RowStatus::Agreed => "agreed",
            RowStatus::AgreedLate => "agreed-late",
            RowStatus::Reported => "reported",
            RowStatus::NoBackup => "no-backup",
            RowStatus::Working => "working",
            RowStatus::Unaffected => "unaffected",
        }
    }

    /// Whether the team has still to agree.
    pub fn is_open(self) -> bool {
        matches!(self, RowStatus::Proposed | RowStatus::NeedsVolunteer | RowStatus::Nobody)
    }
}

/// One absence, or the part of it during which both roles stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The week it lies in.
    pub week: WeekId,
    /// For how long, clipped to the week.
    pub period: Period,
    /// The role that the absent person has in the week's pair.
    pub role: Option<Role>,
    /// Who is away.
    pub away: Seat,
    /// The names of the absences, in order of time.
    pub reasons: Vec<Arc<str>>,
    /// How it stands.
    pub status: RowStatus,
    /// Who holds the primary role throughout.
    pub primary: Seat,
    /// Who holds the secondary role throughout, if anybody.
    pub secondary: Option<Seat>,
    /// By when the team must agree, or had to; only where there is a conflict.
    pub deadline: Option<Instant>,
    /// When the team agreed.
    pub agreed_on: Option<NaiveDate>,
    /// Who could take an open conflict, in rank order.
    pub candidates: Vec<Candidate>,
}

impl Row {
    /// R8: whether the row is open, past its deadline and not yet over at `now`.
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.status.is_open()
            && now < self.period.end()
            && self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Whole days from `now` to the deadline, rounded down; open rows only.
    pub fn days_left(&self, now: Instant) -> Option<i64> {
        let deadline = self.deadline.filter(|_| self.status.is_open())?;
        Some((deadline - now).num_seconds().div_euclid(24 * 60 * 60))
    }
}

/// Dates from which nobody knows whether somebody has a holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownHolidays {
    /// Whose.
    pub engineer: Seat,
    /// The id and name of the calendar that ends; `None` for an engineer without any calendar.
    pub calendar: Option<(String, String)>,
    /// The first date not known; `None` for an engineer without any calendar.
    pub from: Option<NaiveDate>,
}

/// The coverage of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Where silence does not mean "no holidays": by engineer, then calendar.
    pub unknown: Vec<UnknownHolidays>,
    /// By start, role (primary, secondary, none), then file order.
    pub rows: Vec<Row>,
}

/// The coverage of `schedule`'s window. Rows that overlap the window are listed whole.
pub fn coverage(team: &Team, schedule: &Schedule) -> Coverage {
    let mut rows: Vec<Row> =
        schedule.weeks.iter().flat_map(|planned| rows(team, planned, schedule)).collect();
    rows.retain(|row| row.period.overlaps(schedule.window));
    rows.sort_by_key(|row| (row.period.start(), row.role.map_or(2, |role| role as u8), row.away));
    Coverage { unknown: unknown(team, schedule.window), rows }
}

fn unknown(team: &Team, window: Period) -> Vec<UnknownHolidays> {
    let of = |seat: Seat| {
        let engineer = team.engineer(seat);
        let member = engineer.member_within(window);
        let ends = engineer.calendars.iter().filter_map(move |calendar| {
            let from = NaiveDate::from_ymd_opt(calendar.confirmed_through()? + 1, 1, 1)?;
            let calendar = (calendar.id().to_owned(), calendar.name().to_owned());
            (engineer.zone.first_instant(from) < member?.end()).then_some(UnknownHolidays {
                engineer: seat,
                calendar: Some(calendar),
                from: Some(from),
            })
        });
        let none = engineer.calendars.is_empty() && member.is_some();
        let none = none.then_some(UnknownHolidays { engineer: seat, calendar: None, from: None });
        none.into_iter().chain(ends)
    };
    team.seats().flat_map(of).collect()
}

fn rows(team: &Team, planned: &PlannedWeek, schedule: &Schedule) -> Vec<Row> {
    let sheet = Sheet { team, planned, schedule };
    let pair = planned.week.pair;
    let mut rows = sheet.of_primary(pair.primary);
    let no_backup = sheet.without_backup(pair.secondary);
    rows.extend(
        no_backup.iter().flat_map(|period| sheet.rows(pair.secondary, period, |_| RowStatus::NoBackup)),
    );
    for seat in team.seats().filter(|seat| *seat != pair.primary) {
        let told = if seat == pair.secondary { &no_backup } else { &Periods::default() };
        let membership: Periods = team.engineer(seat).member_within(sheet.week()).into_iter().collect();
        let holidays = schedule.absences[seat.0].holidays(sheet.week()).intersect(&membership).minus(told);
        for period in holidays.iter() {
            let status = |hands: Hands| {
                let working = hands.primary == seat || hands.secondary == Some(seat);
                if working { RowStatus::Working } else { RowStatus::Unaffected }
            };
            rows.extend(sheet.rows(seat, period, status));
        }
    }
    rows
}

#[derive(Clone, Copy)]
struct Hands {
    primary: Seat,
    secondary: Option<Seat>,
}

/// One week, as its rows are written.
struct Sheet<'a> {
    team: &'a Team,
    planned: &'a PlannedWeek,
    schedule: &'a Schedule,
}

impl Sheet<'_> {
    fn week(&self) -> Period {
        self.planned.week.period
    }

    /// The primary's rows: cover, conflict, override, report.
    fn of_primary(&self, primary: Seat) -> Vec<Row> {
        let (policy, absent) = (&self.team.policy, &self.schedule.absences[primary.0]);
        let overrides =
            || self.team.overrides.iter().filter_map(|by| Some((by.period.intersection(self.week())?, by)));
        let overridden: Periods = overrides().map(|(period, _)| period).collect();
        let moving = absent.moving(policy, self.week());

        let mut rows = Vec::new();
        for period in moving.minus(&overridden).iter() {
            match self.planned.conflicts.iter().find(|conflict| conflict.period == period) {
                Some(conflict) => rows.extend(self.conflict(primary, conflict)),
                None => rows.extend(self.rows(primary, period, |_| RowStatus::Covered)),
            }
        }
        for (period, by) in overrides() {
            for part in absent.away(period).iter() {
                let deadline = self.was_conflict(&moving, part).then_some(self.planned.deadline);
                let late = deadline
                    .zip(by.agreed_on)
                    .is_some_and(|(deadline, agreed_on)| agreed_on > self.team.zone.date(deadline));
                let status = if late { RowStatus::AgreedLate } else { RowStatus::Agreed };
                let agreed = self.rows(primary, part, |_| status);
                rows.extend(agreed.into_iter().map(|row| Row { deadline, agreed_on: by.agreed_on, ..row }));
            }
        }
        if policy.time_off == TimeOffRule::Report {
            let holidays = absent.holidays(self.week());
            let reported = absent.time_off(self.week()).minus(&holidays).minus(&overridden);
            rows.extend(
                reported.iter().flat_map(|period| self.rows(primary, period, |_| RowStatus::Reported)),
            );
        }
        rows
    }

    fn conflict(&self, primary: Seat, conflict: &Conflict) -> Vec<Row> {
        let status = match conflict.standing {
            Standing::Proposed => RowStatus::Proposed,
            Standing::NeedsVolunteer => RowStatus::NeedsVolunteer,
            Standing::Nobody => RowStatus::Nobody,
        };
        let rows = self.rows(primary, conflict.period, |_| status);
        let deadline = Some(self.planned.deadline);
        rows.into_iter().map(|row| Row { deadline, candidates: conflict.candidates.clone(), ..row }).collect()
    }

    /// Whether the absence that `part` is of, overrides aside, was a conflict.
    fn was_conflict(&self, moving: &Periods, part: Period) -> bool {
        let secondary = &self.schedule.absences[self.planned.week.pair.secondary.0];
        moving
            .iter()
            .filter(|absence| absence.overlaps(part))
            .any(|absence| !secondary.unable(&self.team.policy, absence).is_empty())
    }

    /// R10: where the pair's secondary holds that role, no override naming them for it, and could not cover.
    fn without_backup(&self, secondary: Seat) -> Periods {
        let standing_by = self.planned.duties.iter().filter(|duty| {
            let holder = duty.secondary.as_ref();
            holder.is_some_and(|holder| holder.engineer == secondary && holder.kind != ShiftKind::Override)
        });
        let standing_by: Periods = standing_by.map(|duty| duty.period).collect();
        let unable = self.schedule.absences[secondary.0].unable(&self.team.policy, self.week());
        standing_by.intersect(&unable)
    }

    /// `period` as rows, cut where a role changes hands.
    fn rows(&self, away: Seat, period: Period, status: impl Fn(Hands) -> RowStatus) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for duty in &self.planned.duties {
            let Some(part) = duty.period.intersection(period) else { continue };
            let (primary, secondary) = duty.hands();
            let last = rows.last_mut().filter(|last| (last.primary, last.secondary) == (primary, secondary));
            let grown = last.as_ref().and_then(|last| last.period.joined_to(part));
            match last.zip(grown) {
                Some((last, grown)) => last.period = grown,
                None => rows.push(Row {
                    week: self.planned.week.id,
                    period: part,
                    role: self.planned.week.pair.role_of(away),
                    away,
                    reasons: Vec::new(),
                    status: status(Hands { primary, secondary }),
                    primary,
                    secondary,
                    deadline: None,
                    agreed_on: None,
                    candidates: Vec::new(),
                }),
            }
        }
        let absent = &self.schedule.absences[away.0];
        for row in &mut rows {
            row.reasons = match row.status {
                RowStatus::Working | RowStatus::Unaffected => absent.holiday_names(row.period),
                _ => absent.names(row.period),
            };
        }
        rows
    }
}

/// Rows as people read them: the unaffected of one holiday and period are one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'r> {
    /// The row, of the first person in `away`.
    pub row: &'r Row,
    /// Everybody of the line, in file order.
    pub away: Vec<Seat>,
}

/// The rows of `rows` as lines, in the same order.
pub fn lines(rows: &[Row]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in rows {
        let same = lines.iter_mut().rev().take_while(|line| line.row.period.start() == row.period.start());
        let same = same.filter(|_| row.status == RowStatus::Unaffected).find(|line| {
            line.row.status == RowStatus::Unaffected
                && line.row.period == row.period
                && line.row.reasons == row.reasons
        });
        match same {
            Some(line) => line.away.push(row.away),
            None => lines.push(Line { row, away: vec![row.away] }),
        }
    }
    lines
}
