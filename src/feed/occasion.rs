//! The event of an occasion: a holiday or time off, with who is on call during it (R11).

use crate::rota::{
    EngineerIdx, Instant, Line, Occasion, OccasionKind, ProposalStatus, Role, Row, RowStatus, lines,
};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::writer::{Writer, paragraphs};
use crate::text::moment;
use crate::text::{occasion_hours, occasion_on_call, occasion_primaries, occasion_title, reasons, status};

/// In longer lists, people are counted rather than named.
const MAX_NAMED: usize = 4;

impl Writer<'_> {
    /// The event of an occasion: whole days.
    pub(super) fn occasion(&self, occasion: &Occasion) -> Event {
        let team = self.team();
        let is_open = worst(occasion).is_open();
        let tentative = is_open || occasion.on_call.iter().any(|held| held.proposal.is_some());
        let mut categories = vec!["On-call", "Holiday"];
        categories.extend(is_open.then_some("Conflict"));
        let week = occasion.rows.first().map(|row| row.week);
        let (uid, colour) = match occasion.kind {
            OccasionKind::Holiday { .. } => (uid::occasion(team, occasion.first), colour::TEAM),
            OccasionKind::TimeOff(idx) => {
                (uid::time_off(team, &team.engineer(idx).id, occasion.first), colour::of(idx))
            }
        };
        Event {
            uid,
            kind: Kind::Occasion,
            when: When::Days {
                start: occasion.first,
                end: occasion.last.succ_opt().unwrap_or(occasion.last),
            },
            anchor: occasion.period.start(),
            week,
            summary: self.occasion_summary(occasion),
            description: self.occasion_description(occasion),
            categories,
            colour: colour.name,
            url: week.and_then(|week| self.links.week(team, week)),
            status: if tentative { Status::Tentative } else { Status::Confirmed },
            busy: false,
            engineers: Vec::new(),
            reason: None,
            facts: self.occasion_facts(occasion),
        }
    }

    /// `Christmas Day: Data Engineer D, then Data Engineer A from Fri 10:00`.
    fn occasion_summary(&self, occasion: &Occasion) -> String {
        let proposals = occasion.on_call.iter().filter_map(|held| held.proposal);
        let prefix = match proposals.max() {
            Some(ProposalStatus::Nobody) => "NOT COVERED ",
            Some(_) => "PROPOSED ",
            None => "",
        };
        let backup = if worst(occasion) == RowStatus::NoBackup { " (no backup)" } else { "" };
        let title = occasion_title(self.team(), occasion);
        format!("{prefix}{title}: {}{backup}", occasion_primaries(self.team(), occasion))
    }

    /// `Fri 25 Dec Christmas Day: Data Engineer D, then Data Engineer A from Fri 10:00 (covered)`, for an agenda.
    pub(super) fn occasion_line(&self, occasion: &Occasion) -> String {
        let days = moment::days((occasion.first, occasion.last));
        let title = occasion_title(self.team(), occasion);
        let primaries = occasion_primaries(self.team(), occasion);
        format!("{days} {title}: {primaries} ({})", status(worst(occasion)))
    }

    fn occasion_description(&self, occasion: &Occasion) -> String {
        let hours =
            occasion_hours(self.team(), occasion).map(|hours| format!(" {hours}")).unwrap_or_default();
        let on_call = format!("On call{hours}: {}", occasion_on_call(self.team(), occasion));
        let line = |line: &Line<'_>| {
            let zone = &self.team().engineer(line.row.away).zone;
            format!("\n- {}: {}", moment::days(moment::dates(zone, line.row.period)), self.line(line))
        };
        let away: String = lines(&occasion.rows).iter().map(line).collect();
        let away = format!("Who is away:{away}");
        let mut parts = vec![on_call, away];
        for row in occasion.rows.iter().filter(|row| row.status.is_open()) {
            parts.extend([self.explanation(row), self.candidates(&row.candidates)]);
        }
        paragraphs(&parts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What raises SEQUENCE: status, holders and reasons with their times.
    fn occasion_facts(&self, occasion: &Occasion) -> String {
        let id = |idx: EngineerIdx| self.team().engineer(idx).id.as_str();
        let held = occasion.on_call.iter().map(|held| {
            let secondary = held.secondary.map_or("", id);
            format!("{}\n{}\n{secondary}", self.span(held.period), id(held.primary))
        });
        let rows = occasion.rows.iter().map(|row| {
            let (status, reasons) = (row.status.as_str(), reasons(&row.reasons));
            format!("{status}\n{}\n{}\n{reasons}", self.span(row.period), id(row.away))
        });
        held.chain(rows).collect::<Vec<_>>().join("\n")
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

    /// The consequence of an absence, in a few words.
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

    /// The status of an absence, in a sentence or two.
    fn explanation(&self, row: &Row) -> String {
        let week = moment::date(row.week.0);
        let (away, primary) = (self.name(row.away), self.name(row.primary));
        let by = row.deadline.map(|deadline| self.moment(deadline).to_string()).unwrap_or_default();
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
                format!(
                    "{away} is primary in the week of {week}; time off does not change who is on call in this team."
                )
            }
            RowStatus::NoBackup => format!(
                "{away} is secondary in the week of {week} and could not cover if {primary} were away: {primary} \
                 has no backup."
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
}

/// The worst status of an occasion, whatever the time is: feeds do not depend on it.
fn worst(occasion: &Occasion) -> RowStatus {
    occasion.status(Instant::MIN_UTC)
}
