//! `link_generation`: the number that, when raised, makes a secret link useless.

use std::collections::{BTreeMap, BTreeSet};

use crate::rota::EngineerId;
use crate::toml_reader::TableReader;

/// Of links that were never renewed.
pub(super) const FIRST_GENERATION: u32 = 1;

/// Links are renewed when people leave, so this is far more than there will be.
const LAST_GENERATION: i64 = 1_000_000;

/// The `link_generation` of a team and of its engineers: another number makes another link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGenerations {
    /// Of the team, and so of everybody in it.
    pub team: u32,
    /// Of each engineer, in file order.
    pub engineers: Vec<(EngineerId, u32)>,
}

impl LinkGenerations {
    /// These, with whatever is higher in `edited`: a file with errors may lack a number that was there before.
    #[must_use]
    pub fn raised_by(&self, edited: &LinkGenerations) -> LinkGenerations {
        let new: BTreeMap<_, _> = edited.engineers.iter().cloned().collect();
        let known: BTreeSet<_> = self.engineers.iter().map(|(id, _)| id).collect();
        let raise =
            |(id, own): &(EngineerId, u32)| (id.clone(), new.get(id).map_or(*own, |new| *own.max(new)));
        let newcomers = edited.engineers.iter().filter(|(id, _)| !known.contains(id)).cloned();
        LinkGenerations {
            team: self.team.max(edited.team),
            engineers: self.engineers.iter().map(raise).chain(newcomers).collect(),
        }
    }
}

/// The `link_generation` of the organisation, a team or an engineer.
pub(super) fn generation(table: &mut TableReader<'_>) -> u32 {
    let at = table.integer("link_generation", i64::from(FIRST_GENERATION), LAST_GENERATION);
    at.and_then(|at| u32::try_from(at.value).ok()).unwrap_or(FIRST_GENERATION)
}
