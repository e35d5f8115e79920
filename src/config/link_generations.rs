//! `link_generation`: raising this number revokes a secret link.

use std::collections::{BTreeMap, BTreeSet};

use crate::rota::{EngineerId, Instant};
use crate::toml_reader::TableReader;

/// The generation of links that were never renewed.
pub(super) const FIRST_GENERATION: u32 = 1;

/// Far more than anybody needs: links are renewed when people leave.
const LAST_GENERATION: u32 = 1_000_000;

/// Which secret links of a team work: another `link_generation` gives another link, and an engineer's link ends when
/// they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkGenerations {
    /// Of the team, which applies to everybody in it.
    pub team: u32,
    /// In file order.
    pub engineers: Vec<EngineerLink>,
}

/// Whether an engineer's secret link works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineerLink {
    /// The engineer's id.
    pub id: EngineerId,
    /// Their own `link_generation`.
    pub generation: u32,
    /// The first instant of `left` in their zone, when the link stops working; `None` for engineers who stay.
    pub ends: Option<Instant>,
}

impl LinkGenerations {
    /// These, combined with `edited`, which was read from a file with errors: the higher of both generations, since the
    /// file may now lack a number, and the leaving dates of `edited`.
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
    table.integer("link_generation", FIRST_GENERATION..=LAST_GENERATION).unwrap_or(FIRST_GENERATION)
}
