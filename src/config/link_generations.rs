//! `link_generation`: the number that, when raised, makes a secret link useless.

use std::collections::{BTreeMap, BTreeSet};

use crate::rota::{EngineerId, Instant};
use crate::toml_reader::TableReader;

/// Of links that were never renewed.
pub(super) const FIRST_GENERATION: u32 = 1;

/// Links are renewed when people leave, so this is far more than there will be.
const LAST_GENERATION: i64 = 1_000_000;

/// What decides which secret links of a team work: another `link_generation` makes another link, and an engineer's
/// link ends when they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGenerations {
    /// Of the team, and so of everybody in it.
    pub team: u32,
    /// In file order.
    pub engineers: Vec<EngineerLink>,
}

/// What decides whether an engineer's secret link works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineerLink {
    /// Whose.
    pub id: EngineerId,
    /// Their own `link_generation`.
    pub generation: u32,
    /// The first instant of `left` in their zone, from which on the link opens nothing; `None` for who stays.
    pub ends: Option<Instant>,
}

impl LinkGenerations {
    /// These, with what a file with errors says about links: whatever generation is higher in `edited`, since the file
    /// may lack a number that was there before, and its dates of leaving.
    #[must_use]
    pub fn raised_by(&self, edited: &LinkGenerations) -> LinkGenerations {
        let new: BTreeMap<_, _> = edited.engineers.iter().map(|link| (&link.id, link)).collect();
        let known: BTreeSet<_> = self.engineers.iter().map(|link| &link.id).collect();
        let raise = |own: &EngineerLink| match new.get(&own.id) {
            Some(new) => EngineerLink {
                id: own.id.clone(),
                generation: own.generation.max(new.generation),
                ends: new.ends,
            },
            None => own.clone(),
        };
        let newcomers = edited.engineers.iter().filter(|link| !known.contains(&link.id)).cloned();
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
