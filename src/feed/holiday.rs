//! The events of coverage: an absence with who covers it, and from when nobody knows somebody's holidays.

use std::fmt::Write as _;

use chrono::{Datelike, Days, NaiveDate};

use crate::rota::{EngineerIdx, Line, Period, ProposalStatus, Role, Row, RowStatus, UnknownHolidays};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::writer::{Writer, paragraphs};
use crate::text::clean;
use crate::text::moment;
use crate::text::{reasons, unknown_agenda_line, unknown_summary};

/// More people than this are counted in a summary rather than named.
const MAX_NAMED: usize = 4;

impl Writer<'_> {
    /// The event of one line of coverage: whole days of the absent person's own zone.
    pub(super) fn holiday(&self, line: &Line<'_>) -> Event {
        let (team, row) = (self.team(), line.row);
        let engineer = team.engineer(row.away);
        let (first, last) = moment::dates(&engineer.zone, row.period);
        let open = row.status.is_open();
        let tentative = open || is_worked_if_agreed(row);
        let mut categories = vec!["On-call", "Holiday"];
        categories.extend(open.then_some("Conflict"));
        let id = |idx: &EngineerIdx| team.engineer(*idx).id.as_str();
        let mut facts = vec![row.status.as_str(), id(&row.primary), row.secondary.as_ref().map_or("", id)];
        facts.extend(line.away.iter().map(id));
        let said = reasons(&row.reasons);
        facts.push(&said);
        Event {
            uid: uid::holiday(team, &engineer.id, row.period.start()),
            kind: Kind::Holiday,
            when: When::Days { start: first, end: last.succ_opt().unwrap_or(last) },
            anchor: row.period.start(),
            week: Some(row.week),
            summary: self.line(line),
            description: self.holiday_description(line),
            categories,
            colour: if line.away.len() == 1 { colour::of(row.away) } else { colour::TEAM }.name,
            url: self.links.week(team, row.week),
            status: if tentative { Status::Tentative } else { Status::Confirmed },
            busy: false,
            engineers: Vec::new(),
            reason: None,
            facts: format!("{}\n{}", facts.join("\n"), self.span(row.period)),
        }
    }

    /// `Data Engineer A: Thanksgiving Day (Data Engineer B covers)`.
    pub(super) fn line(&self, line: &Line<'_>) -> String {
        let row = line.row;
        let who = if line.away.len() > MAX_NAMED {
            format!("{} engineers", line.away.len())
        } else {
            let names: Vec<&str> = line.away.iter().map(|idx| self.name(*idx)).collect();
            names.join(", ")
        };
        let zone = &self.team().engineer(row.away).zone;
        let has_own_clock = moment::differ(zone, self.zone(), row.period.start());
        let (first, last) = moment::dates(zone, row.period);
        let before = if first == last { " " } else { ", " };
        let part = moment::part(zone, row.period, has_own_clock).map(|part| format!("{before}{part}"));
        format!("{who}: {}{} ({})", reasons(&row.reasons), part.unwrap_or_default(), self.outcome(row))
    }

    /// What comes of an absence, in a few words.
    fn outcome(&self, row: &Row) -> String {
        let primary = self.name(row.primary);
        match row.status {
            RowStatus::Covered => format!("{primary} covers"),
            RowStatus::Proposed => format!("NOT AGREED, proposed {primary}"),
            RowStatus::NeedsVolunteer => "NOT AGREED, volunteer needed".to_owned(),
            RowStatus::Nobody => format!("NOT COVERED, {primary} keeps it"),
            RowStatus::Agreed | RowStatus::AgreedLate if row.primary == row.away => {
                "agreed, stays primary".to_owned()
            }
            RowStatus::Agreed | RowStatus::AgreedLate => format!("agreed, {primary} is primary"),
            RowStatus::Reported => "stays primary".to_owned(),
            RowStatus::NoBackup => format!("no backup for {primary}"),
            RowStatus::Backfilled => {
                format!("{} stands in", row.secondary.map_or("nobody", |secondary| self.name(secondary)))
            }
            RowStatus::Working => {
                let role = if row.primary == row.away { Role::Primary } else { Role::Secondary };
                match row.proposal {
                    Some(ProposalStatus::Nobody) => format!("NOT COVERED, keeps the {} role", role.as_str()),
                    Some(_) => format!("PROPOSED as {}", role.as_str()),
                    None => format!("on call as {}", role.as_str()),
                }
            }
            RowStatus::Unaffected => "not on call".to_owned(),
        }
    }

    fn holiday_description(&self, line: &Line<'_>) -> String {
        let row = line.row;
        let zone = &self.team().engineer(row.away).zone;
        let mut head = format!("{}: {}", self.names_of(&line.away), reasons(&row.reasons));
        let _ = write!(head, "\n{}", self.span(row.period));
        if [row.period.start(), row.period.end()].iter().any(|end| moment::differ(zone, self.zone(), *end)) {
            let _ = write!(head, "\nIn {}: {}", zone.name(), moment::span(zone, row.period));
        }
        let secondary = row.secondary.map_or("nobody", |idx| self.name(idx));
        let how = match row.proposal {
            Some(ProposalStatus::Nobody) => " (nobody is free)",
            Some(_) => " (proposed)",
            None => "",
        };
        let beside = match row.status {
            RowStatus::NoBackup => " (away)",
            _ if row.secondary.is_some() => how,
            _ => "",
        };
        let duty = format!("Primary: {}{how}\nSecondary: {secondary}{beside}", self.name(row.primary));
        paragraphs(&[&head, &duty, &self.standing(row), &self.candidates(&row.candidates)])
    }

    /// How an absence stands, in a sentence or two.
    fn standing(&self, row: &Row) -> String {
        let week = moment::date(row.week.0);
        let (away, primary) = (self.name(row.away), self.name(row.primary));
        let by = row.deadline.map(|deadline| self.moment(deadline)).unwrap_or_default();
        match row.status {
            RowStatus::Covered => {
                format!("{away} is primary in the week of {week}; {primary}, the secondary, covers.")
            }
            RowStatus::Proposed => format!(
                "{away} is primary in the week of {week} and the secondary cannot cover. {primary} is proposed; \
                 the team has to agree by {by}."
            ),
            RowStatus::NeedsVolunteer => format!(
                "{away} is primary in the week of {week} and the secondary cannot cover. Everybody who could take \
                 it has a holiday then: the team has to find a volunteer by {by}. First in turn is {primary}."
            ),
            RowStatus::Nobody => format!(
                "{away} is primary in the week of {week} and nobody is free to cover: the team has to find \
                 somebody by {by}. Until then {primary}, the secondary, keeps the primary role."
            ),
            RowStatus::Agreed | RowStatus::AgreedLate => {
                let agreed = row.agreed_on.map(moment::date);
                let agreed = agreed.map(|date| format!(" on {date}")).unwrap_or_default();
                let late = match row.status {
                    RowStatus::AgreedLate => format!(", after the deadline of {by}"),
                    _ => String::new(),
                };
                format!("Agreed by the team{agreed}{late}.")
            }
            RowStatus::Reported => {
                format!("{away} is primary in the week of {week}; time off moves no duty in this team.")
            }
            RowStatus::NoBackup => format!(
                "{away} is secondary in the week of {week} and could not cover if {primary} were away: nobody \
                 stands behind {primary}."
            ),
            RowStatus::Backfilled => format!(
                "{away} is secondary in the week of {week} and could not cover; {} stands in.",
                row.secondary.map_or("nobody", |secondary| self.name(secondary))
            ),
            RowStatus::Working if row.proposal == Some(ProposalStatus::Nobody) => {
                format!("{away} is on call on a holiday of their own, since nobody is free.")
            }
            RowStatus::Working if row.proposal.is_some() => {
                format!("{away} would be on call on a holiday of their own: that is proposed and not agreed.")
            }
            RowStatus::Working => format!("{away} is on call on a holiday of their own."),
            RowStatus::Unaffected => "Not on call then, so nothing changes.".to_owned(),
        }
    }

    /// Whole-day notes that somebody's holidays are not known: on the first such date and on every first of January
    /// after it within the window; where that gives none, the latest before the window, so that there is always one.
    pub(super) fn unknown(&self, unknown: &UnknownHolidays) -> Vec<Event> {
        let engineer = self.team().engineer(unknown.engineer);
        if engineer.member_within(self.plan.window).is_none() {
            return Vec::new();
        }
        let from = unknown.from.or(engineer.joined);
        let (first, last) = moment::dates(&engineer.zone, self.plan.window);
        let last = engineer.left.and_then(|left| left.pred_opt()).map_or(last, |left| left.min(last));
        let januaries = (first.year()..=last.year()).filter_map(|year| NaiveDate::from_ymd_opt(year, 1, 1));
        let mut dates: Vec<NaiveDate> = januaries
            .chain(from)
            .filter(|date| from.is_none_or(|from| *date >= from) && *date <= last)
            .collect();
        dates.sort_unstable();
        dates.dedup();
        let before = dates.partition_point(|date| *date < first);
        let kept = if before < dates.len() { before } else { dates.len().saturating_sub(1) };
        dates.into_iter().skip(kept).map(|date| self.unknown_from(unknown, date)).collect()
    }

    fn unknown_from(&self, unknown: &UnknownHolidays, date: NaiveDate) -> Event {
        let team = self.team();
        let engineer = team.engineer(unknown.engineer);
        let name = self.name(unknown.engineer);
        let calendar = unknown.calendar.as_ref();
        let known = calendar.map(|(id, calendar)| format!("{} ({})", clean(calendar), clean(id)));
        let why = match (&known, unknown.from.and_then(|from| from.pred_opt())) {
            (Some(known), Some(last)) => {
                format!(
                    "The holiday calendar {known} is known through {} {}.",
                    moment::date(last),
                    last.year()
                )
            }
            _ => format!("{name} has no holiday calendar."),
        };
        Event {
            uid: uid::holidays_unknown(team, &engineer.id, calendar.map(|(id, _)| id.as_str()), date),
            kind: Kind::HolidaysUnknown,
            when: When::Days { start: date, end: date.checked_add_days(Days::new(1)).unwrap_or(date) },
            anchor: self.zone().first_instant(date),
            week: None,
            summary: unknown_summary(name, unknown),
            description: format!(
                "{why} From here on no holiday of {name} from it shows, and none is covered: that must not be read \
                 as \"no holidays\". Bring the calendar up to date, or add days to {name} as also_off."
            ),
            categories: vec!["On-call", "Holiday", "Unknown"],
            colour: colour::of(unknown.engineer).name,
            url: self.links.team(team),
            status: Status::Confirmed,
            busy: false,
            engineers: Vec::new(),
            reason: None,
            facts: [engineer.id.as_str(), known.as_deref().unwrap_or_default()].join("\n"),
        }
    }

    /// Whose holidays are not known during some of `period`.
    pub(super) fn unknown_within(&self, period: Period) -> Vec<String> {
        let concerns = |unknown: &&UnknownHolidays| {
            let engineer = self.team().engineer(unknown.engineer);
            let member = engineer.member_within(period);
            let known = unknown.from.map(|from| engineer.zone.first_instant(from));
            member.is_some_and(|member| known.is_none_or(|known| known < member.end()))
        };
        let unknown = self.plan.coverage.unknown.iter().filter(concerns);
        unknown.map(|unknown| unknown_agenda_line(self.name(unknown.engineer), unknown)).collect()
    }
}

/// Whether somebody would be on call on a holiday of their own by a proposal.
fn is_worked_if_agreed(row: &Row) -> bool {
    row.status == RowStatus::Working && row.proposal.is_some()
}
