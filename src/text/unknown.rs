//! Holidays and leave that are not known: there, a missing entry does not mean that there are none.

use chrono::NaiveDate;

use super::clean::{clean, clean_or};
use super::count::list;
use crate::rota::{EngineerIdx, Team, UnknownAbsences};

/// A calendar that ends, or a missing calendar, and everybody it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCalendar<'u> {
    /// Whether it is leave that is not known, rather than holidays.
    pub is_leave: bool,
    /// Its id and name; `None` where no calendar is given.
    pub calendar: Option<&'u (String, String)>,
    /// The first date that is not known, in the engineers' own zones; `None` where no calendar is given.
    pub from: Option<NaiveDate>,
    /// Whose holidays, in file order; at least one.
    pub engineers: Vec<EngineerIdx>,
}

/// The entries of `unknown`, which are one for each engineer, by calendar.
pub fn by_calendar(unknown: &[UnknownAbsences]) -> Vec<UnknownCalendar<'_>> {
    let mut found: Vec<UnknownCalendar<'_>> = Vec::new();
    for UnknownAbsences { engineer, is_leave, calendar, from } in unknown {
        let key = (*is_leave, calendar.as_ref(), *from);
        match found.iter_mut().find(|known| (known.is_leave, known.calendar, known.from) == key) {
            Some(known) => known.engineers.push(*engineer),
            None => found.push(UnknownCalendar {
                is_leave: *is_leave,
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
        match self.is_leave {
            true => format!("leave of {} is not known", list(&names)),
            false => format!("holidays of {} are not known{}", list(&names), self.why()),
        }
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
pub fn unknown_summary(name: &str, unknown: &UnknownAbsences) -> String {
    match &unknown.calendar {
        _ if unknown.is_leave => format!("{name}: leave not known"),
        Some((_, calendar)) => format!("{name}: holidays not known from here ({})", clean(calendar)),
        None => format!("{name}: holidays not known (no calendar)"),
    }
}

/// A line of an agenda for a week in which they are not known.
pub fn unknown_agenda_line(name: &str, unknown: &UnknownAbsences) -> String {
    match &unknown.calendar {
        _ if unknown.is_leave => format!("{name}: leave not known"),
        Some((_, calendar)) => format!("{name}: holidays not known ({} ends before)", clean(calendar)),
        None => format!("{name}: holidays not known (no calendar)"),
    }
}
