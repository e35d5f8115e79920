//! Holidays that are not known, in one line for all whom it concerns. Not here: the same for programs (`json`).

use chrono::NaiveDate;

use super::output::Output;
use super::plan::name;
use crate::feed::clean;
use crate::rota::{EngineerIdx, Team, UnknownHolidays};

/// A calendar that ends, or none at all, and whose it is.
pub(super) struct Unknown<'u> {
    /// Its id and name; none where no calendar is given.
    pub(super) calendar: Option<&'u (String, String)>,
    /// The first date that is not known.
    from: Option<NaiveDate>,
    /// Whose holidays, in file order; at least one.
    pub(super) of: Vec<EngineerIdx>,
}

/// What is in `unknown` of a team's engineers one by one, together.
pub(super) fn together(unknown: &[UnknownHolidays]) -> Vec<Unknown<'_>> {
    let mut found: Vec<Unknown<'_>> = Vec::new();
    for UnknownHolidays { engineer, calendar, from } in unknown {
        match found.iter_mut().find(|known| known.calendar == calendar.as_ref() && known.from == *from) {
            Some(known) => known.of.push(*engineer),
            None => found.push(Unknown { calendar: calendar.as_ref(), from: *from, of: vec![*engineer] }),
        }
    }
    found
}

/// Warns of all that is not known.
pub(super) fn warn(team: &Team, unknown: &[UnknownHolidays], output: &mut Output) {
    for unknown in together(unknown) {
        output.warn(unknown.message(team));
    }
}

impl Unknown<'_> {
    /// The same as a sentence.
    pub(super) fn message(&self, team: &Team) -> String {
        let names: Vec<String> = self.of.iter().map(|seat| name(team, *seat)).collect();
        let names = match &names[..] {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            names => names.concat(),
        };
        match (self.calendar, self.from) {
            (Some((_, calendar)), Some(from)) => {
                format!("holidays of {names} are not known from {from} on: {} ends there", clean(calendar))
            }
            _ => format!("holidays of {names} are not known: no calendar is given"),
        }
    }
}
