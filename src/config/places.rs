//! Places in the files for what is found in a whole team: a resolved team does not know where its values stand.
//!
//! The files are read a second time, from the texts that the load kept. Only the command line needs this.

use super::configuration::{Configuration, TeamConfig};
use chrono::NaiveDate;

use super::diagnostic::Place;
use super::local_time::starts_at;
use super::schema::TeamTable;
use crate::rota::{EngineerIdx, Instant, Zone};
use crate::toml_reader::{self, Problems, Span};

/// The places of one team's file.
#[derive(Debug)]
pub struct TeamPlaces<'c> {
    text: &'c str,
    zone: &'c Zone,
    table: Option<TeamTable>,
}

impl Configuration {
    /// Where the key stands in `file`, if it is one of its first keys, those above all tables.
    pub fn key_place(&self, file: &str, key: &str) -> Option<Place> {
        let text = self.sources.text(file)?;
        let keys = toml_reader::read(text, &Problems::default(), |root| root.keys())?;
        keys.into_iter().find(|at| at.value == key).map(|at| Place::of(at.span, text))
    }

    /// The places of what is in the file of `config`, a team of this configuration.
    pub fn places<'c>(&'c self, config: &'c TeamConfig) -> TeamPlaces<'c> {
        let text = self.sources.text(&config.file).unwrap_or_default();
        let table = toml_reader::read(text, &Problems::default(), TeamTable::read);
        TeamPlaces { text, zone: &config.team.zone, table }
    }
}

impl TeamPlaces<'_> {
    /// Where the holiday calendar of that id is given to the engineer: in their own list, or in the team's.
    pub fn calendar(&self, seat: EngineerIdx, id: &str) -> Option<Place> {
        let table = self.table.as_ref()?;
        let own = table.engineers.get(seat.0)?.holidays.as_ref();
        let at = own.unwrap_or(&table.holidays).iter().find(|at| at.value == id)?;
        Some(self.place(&at.span))
    }

    /// Where the date stands on which the engineer left.
    pub fn left(&self, seat: EngineerIdx) -> Option<Place> {
        let left = self.table.as_ref()?.engineers.get(seat.0)?.left.as_ref()?;
        Some(self.place(&left.span))
    }

    /// The id of the engineer.
    pub fn engineer(&self, idx: EngineerIdx) -> Option<Place> {
        let table = self.table.as_ref()?.engineers.get(idx.0)?;
        Some(self.place(table.id.as_ref().map_or(&table.span, |id| &id.span)))
    }

    /// The week of the swap of `date`.
    pub fn swap(&self, date: NaiveDate) -> Option<Place> {
        let swaps = &self.table.as_ref()?.swaps;
        let week = swaps.iter().filter_map(|swap| swap.week.as_ref()).find(|week| week.value == date)?;
        Some(self.place(&week.span))
    }

    /// The override that begins at `start`.
    pub fn override_at(&self, start: Instant) -> Option<Place> {
        let overrides = &self.table.as_ref()?.overrides;
        let begins = |from| starts_at(from, self.zone) == start;
        let found = overrides.iter().find(|by| by.from.as_ref().is_some_and(|from| begins(from.value)))?;
        Some(self.place(&found.span))
    }

    /// Which `[[override]]` of the file begins at `start`, counted from 0.
    pub fn override_index(&self, start: Instant) -> Option<usize> {
        let overrides = &self.table.as_ref()?.overrides;
        let begins = |from| starts_at(from, self.zone) == start;
        overrides.iter().position(|by| by.from.as_ref().is_some_and(|from| begins(from.value)))
    }

    /// Which `[[swap]]` of the file is of the week `date`, counted from 0.
    pub fn swap_index(&self, date: NaiveDate) -> Option<usize> {
        let swaps = &self.table.as_ref()?.swaps;
        swaps.iter().position(|swap| swap.week.as_ref().is_some_and(|week| week.value == date))
    }

    fn place(&self, span: &Span) -> Place {
        Place::of(span.clone(), self.text)
    }
}
