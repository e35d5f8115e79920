//! How much of a configuration is read again.

use std::collections::BTreeSet;

use crate::rota::TeamId;

/// What is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything, since any file may have changed.
    All,
    /// What all teams share, and of the teams these alone.
    Teams(BTreeSet<TeamId>),
}
