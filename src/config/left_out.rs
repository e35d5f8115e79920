//! Whose calendars of time off are left out, because they cannot be used.

use std::collections::BTreeSet;

use crate::rota::EngineerId;

/// Whose calendars of time off may be left out where they cannot be used. Those of all others keep the team as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeavesOut {
    /// Anybody's: there is no last good version of the team that could stay in service.
    Anybodys,
    /// Only those of people whose leave is not known in the last good version either.
    Only(BTreeSet<EngineerId>),
}

impl LeavesOut {
    /// Whether the calendar of this engineer may be left out.
    pub(super) fn has(&self, engineer: &str) -> bool {
        match self {
            LeavesOut::Anybodys => true,
            LeavesOut::Only(ids) => ids.iter().any(|id| id.as_str() == engineer),
        }
    }
}

/// Nobody's.
impl Default for LeavesOut {
    fn default() -> LeavesOut {
        LeavesOut::Only(BTreeSet::new())
    }
}
