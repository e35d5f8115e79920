//! Positions in the files for checks of a whole team: a resolved team does not know where its values are written.
//!
//! The files are parsed a second time, from the texts that the load kept. Only the command line needs this.

use super::configuration::{Configuration, TeamConfig};
use chrono::NaiveDate;

use super::diagnostic::Place;
use super::local_time::starts_at;
use super::schema::{OverrideEnd, TeamTable};
use crate::rota::{EngineerIdx, Instant, Zone};
use crate::toml_reader::{self, At, Moment, Problems, Span};

/// Positions in one team's file.
#[derive(Debug)]
pub struct TeamPlaces<'c> {
    text: &'c str,
    zone: &'c Zone,
    table: Option<TeamTable>,
}

impl Configuration {
    /// The position of a top-level key of `file`.
    pub fn key_place(&self, file: &str, key: &str) -> Option<Place> {
        let text = self.sources.text(file)?;
        let keys = toml_reader::read(text, &Problems::default(), |root| root.keys())?;
        keys.into_iter().find(|at| at.value == key).map(|at| Place::of(at.span, text))
    }

    /// The positions in the file of `config`, a team of this configuration.
    pub fn places<'c>(&'c self, config: &'c TeamConfig) -> TeamPlaces<'c> {
        let text = self.sources.text(&config.file).unwrap_or_default();
        let table = toml_reader::read(text, &Problems::default(), TeamTable::read);
        TeamPlaces { text, zone: &config.team.zone, table }
    }
}

impl TeamPlaces<'_> {
    /// The position at which the engineer is given the holiday calendar `id`: in their own list, or in the team's.
    pub fn calendar(&self, idx: EngineerIdx, id: &str) -> Option<Place> {
        let table = self.table.as_ref()?;
        let own = table.engineers.get(idx.0)?.holidays.as_ref();
        let at = own.unwrap_or(&table.holidays).iter().find(|at| at.value == id)?;
        Some(self.place(&at.span))
    }

    /// The position of the date on which the engineer left.
    pub fn left(&self, idx: EngineerIdx) -> Option<Place> {
        let left = self.table.as_ref()?.engineers.get(idx.0)?.left.as_ref()?;
        Some(self.place(&left.span))
    }

    /// The position of the engineer's id.
    pub fn engineer(&self, idx: EngineerIdx) -> Option<Place> {
        let table = self.table.as_ref()?.engineers.get(idx.0)?;
        Some(self.place(table.id.as_ref().map_or(&table.span, |id| &id.span)))
    }

    /// The position of the swap of the week `date`.
    pub fn swap(&self, date: NaiveDate) -> Option<Place> {
        let swap = self.table.as_ref()?.swaps.get(self.swap_index(date)?)?;
        Some(self.place(&swap.week.as_ref()?.span))
    }

    /// The position of the override that begins at `start`.
    pub fn override_at(&self, start: Instant) -> Option<Place> {
        let by = self.table.as_ref()?.overrides.get(self.override_index(start)?)?;
        Some(self.place(&by.span))
    }

    /// The bare date with which `to` ends the override that begins at `start`, and its position.
    pub fn override_to_date(&self, start: Instant) -> Option<(NaiveDate, Place)> {
        let by = self.table.as_ref()?.overrides.get(self.override_index(start)?)?;
        match by.end.as_ref()? {
            OverrideEnd::To(At { value: Moment::Date(date), span }) => Some((*date, self.place(span))),
            _ => None,
        }
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
