//! Holidays that are not known: showing none must not be taken to mean that there are none.

use chrono::NaiveDate;

use super::clean::{clean, clean_or};
use super::count::list;
use crate::rota::{EngineerIdx, Team, UnknownHolidays};

/// A calendar that ends, or a missing calendar, and everybody it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCalendar<'u> {
    /// Its id and name; `None` where no calendar is given.
    pub calendar: Option<&'u (String, String)>,
    /// The first date that is not known, in the engineers' own zones; `None` where no calendar is given.
    pub from: Option<NaiveDate>,
    /// Whose holidays, in file order; at least one.
    pub engineers: Vec<EngineerIdx>,
}

/// The entries of `unknown`, which are one for each engineer, by calendar.
pub fn by_calendar(unknown: &[UnknownHolidays]) -> Vec<UnknownCalendar<'_>> {
    let mut found: Vec<UnknownCalendar<'_>> = Vec::new();
    for UnknownHolidays { engineer, calendar, from } in unknown {
        match found.iter_mut().find(|known| known.calendar == calendar.as_ref() && known.from == *from) {
            Some(known) => known.engineers.push(*engineer),
            None => found.push(UnknownCalendar {
                calendar: calendar.as_ref(),
                from: *from,
                engineers: vec![*engineer],
            }),
        }
    }
    found
}

impl UnknownCalendar<'_> {
    /// `holidays of A and B are not known from 2027-01-01 on: India ends there`.
    pub fn sentence(&self, team: &Team) -> String {
        let name = |engineer: &EngineerIdx| {
            let engineer = team.engineer(*engineer);
            clean_or(&engineer.name, engineer.id.as_str())
        };
        let names: Vec<String> = self.engineers.iter().map(name).collect();
        format!("holidays of {} are not known{}", list(&names), self.why())
    }

    /// What follows `holidays of A are not known`: ` from 2027-01-01 on: India ends there`.
    pub fn why(&self) -> String {
        match (self.calendar, self.from) {
            (Some((_, calendar)), Some(from)) => format!(" from {from} on: {} ends there", clean(calendar)),
            _ => ": no calendar is given".to_owned(),
        }
    }
}

/// The title of the note in a calendar, on the first date that is not known.
pub fn unknown_summary(name: &str, unknown: &UnknownHolidays) -> String {
    match &unknown.calendar {
        Some((_, calendar)) => format!("{name}: holidays not known from here ({})", clean(calendar)),
        None => format!("{name}: holidays not known (no calendar)"),
    }
}

/// A line of an agenda for a week in which they are not known.
pub fn unknown_agenda_line(name: &str, unknown: &UnknownHolidays) -> String {
    match &unknown.calendar {
        Some((_, calendar)) => format!("{name}: holidays not known ({} ends before)", clean(calendar)),
        None => format!("{name}: holidays not known (no calendar)"),
    }
}
