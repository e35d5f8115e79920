//! Notes that somebody's holidays or leave are not known: there, a missing entry does not mean that there are none.

use chrono::{Datelike, Days, NaiveDate};

use crate::rota::{EngineerIdx, Period, UnknownAbsences};

use super::colour;
use super::event::{Event, Kind, Status, When};
use super::uid;
use super::writer::Writer;
use crate::text::clean;
use crate::text::moment;
use crate::text::{unknown_agenda_line, unknown_summary};

impl Writer<'_> {
    /// Whole-day notes that somebody's holidays are not known: on the first such date and on every first of January
    /// after it within the window; where that gives none, the latest before the window, so that there is always one. Of
    /// leave, on the first of every month within the window.
    pub(super) fn unknown(&self, unknown: &UnknownAbsences) -> Vec<Event> {
        if unknown.is_leave {
            return self.unknown_leave(unknown.engineer);
        }
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

    fn unknown_leave(&self, seat: EngineerIdx) -> Vec<Event> {
        let engineer = self.team().engineer(seat);
        let Some(member) = engineer.member_within(self.plan.window) else { return Vec::new() };
        let (first, last) = moment::dates(&engineer.zone, member);
        let months = first.iter_days().take_while(|date| *date <= last).filter(|date| date.day() == 1);
        months.map(|date| self.unknown_leave_on(seat, date)).collect()
    }

    fn unknown_leave_on(&self, seat: EngineerIdx, date: NaiveDate) -> Event {
        let (team, name) = (self.team(), self.name(seat));
        let engineer = &team.engineer(seat).id;
        let unknown = UnknownAbsences { engineer: seat, is_leave: true, calendar: None, from: None };
        Event {
            uid: uid::leave_unknown(team, engineer, date),
            summary: unknown_summary(name, &unknown),
            description: format!(
                "The calendar with the leave of {name} could not be read. Until it can, no leave of {name} from it shows, \
                 and none is covered: that must not be read as \"no leave\". The log of the server says what is wrong."
            ),
            ..self.unknown_note(seat, date)
        }
    }

    /// What all notes of one day have in common; without what it is that is not known.
    fn unknown_note(&self, seat: EngineerIdx, date: NaiveDate) -> Event {
        let team = self.team();
        Event {
            uid: String::new(),
            kind: Kind::HolidaysUnknown,
            when: When::Days { start: date, end: date.checked_add_days(Days::new(1)).unwrap_or(date) },
            anchor: self.zone().first_instant(date),
            week: None,
            summary: String::new(),
            description: String::new(),
            categories: vec!["On-call", "Unknown"],
            colour: colour::of(seat).name,
            url: self.links.team(team),
            status: Status::Confirmed,
            busy: false,
            engineers: Vec::new(),
            reason: None,
            facts: team.engineer(seat).id.as_str().to_owned(),
        }
    }

    fn unknown_from(&self, unknown: &UnknownAbsences, date: NaiveDate) -> Event {
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
            summary: unknown_summary(name, unknown),
            description: format!(
                "{why} From here on no holiday of {name} from it shows, and none is covered: that must not be read \
                 as \"no holidays\". Bring the calendar up to date, or add days to {name} as also_off."
            ),
            categories: vec!["On-call", "Holiday", "Unknown"],
            facts: [engineer.id.as_str(), known.as_deref().unwrap_or_default()].join("\n"),
            ..self.unknown_note(unknown.engineer, date)
        }
    }

    /// Whose holidays or leave are not known during some of `period`.
    pub(super) fn unknown_within(&self, period: Period) -> Vec<String> {
        let concerns = |unknown: &&UnknownAbsences| {
            let engineer = self.team().engineer(unknown.engineer);
            let member = engineer.member_within(period);
            let known = unknown.from.map(|from| engineer.zone.first_instant(from));
            member.is_some_and(|member| known.is_none_or(|known| known < member.end()))
        };
        let unknown = self.plan.coverage.unknown.iter().filter(concerns);
        unknown.map(|unknown| unknown_agenda_line(self.name(unknown.engineer), unknown)).collect()
    }
}
