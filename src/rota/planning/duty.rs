//! What the rules decide: who holds which role, when, and why.

use std::sync::Arc;

use crate::rota::period::Period;
use crate::rota::team::{EngineerIdx, Role};
use crate::rota::week::WeekId;

/// Why somebody holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShiftKind {
    /// The rotation says so.
    Rotation,
    /// The week was swapped.
    Swap,
    /// R4: the secondary covers for the primary.
    Cover,
    /// R4: a third person stands in for the secondary, who covers or is away.
    Backfill,
    /// R6: what oncal suggests until the team has agreed.
    Proposal,
    /// R7: the team agreed on it.
    Override,
}

impl ShiftKind {
    /// All of them.
    pub const ALL: [ShiftKind; 6] = [
        ShiftKind::Rotation,
        ShiftKind::Swap,
        ShiftKind::Cover,
        ShiftKind::Backfill,
        ShiftKind::Proposal,
        ShiftKind::Override,
    ];

    /// As in JSON: `rotation`, `swap`, …
    pub fn as_str(self) -> &'static str {
        match self {
            ShiftKind::Rotation => "rotation",
            ShiftKind::Swap => "swap",
            ShiftKind::Cover => "cover",
            ShiftKind::Backfill => "backfill",
            ShiftKind::Proposal => "proposal",
            ShiftKind::Override => "override",
        }
    }

    /// Whether the team still has to agree on it.
    pub fn is_tentative(self) -> bool {
        self == ShiftKind::Proposal
    }

    /// Whether holding the primary role for this reason counts as holiday load (R6).
    pub fn is_load(self) -> bool {
        matches!(self, ShiftKind::Cover | ShiftKind::Proposal | ShiftKind::Override)
    }
}

/// One engineer in one role for one unbroken period for one reason, within one week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The week it lies in.
    pub week: WeekId,
    /// The role held.
    pub role: Role,
    /// The period.
    pub period: Period,
    /// Who holds the role, and why.
    pub holder: Holder,
}

/// Who holds a role, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The engineer.
    pub engineer: EngineerIdx,
    /// By which rule.
    pub kind: ShiftKind,
    /// Whom the week's pair (for a swap: the rotation) would have had, if somebody else.
    pub instead_of: Option<EngineerIdx>,
    /// The names of the absences, or the reason of the swap or override.
    pub reason: Option<Arc<str>>,
}

impl Holder {
    /// Why, where it is not plain rotation: the reason, or that it was swapped or agreed on where the file gives none.
    pub fn why(&self) -> Option<&str> {
        self.reason.as_deref().or(match self.kind {
            ShiftKind::Swap => Some("swap"),
            ShiftKind::Override => Some("agreed by the team"),
            _ => None,
        })
    }
}

/// A piece of a week during which both roles stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// The piece.
    pub period: Period,
    /// Who holds the primary role.
    pub primary: Holder,
    /// Who holds the secondary role, if anybody.
    pub secondary: Option<Holder>,
}

impl Duty {
    /// Who holds `role`, if anybody.
    pub fn holder(&self, role: Role) -> Option<&Holder> {
        match role {
            Role::Primary => Some(&self.primary),
            Role::Secondary => self.secondary.as_ref(),
        }
    }

    /// The engineer who holds `role`, if anybody.
    pub fn engineer(&self, role: Role) -> Option<EngineerIdx> {
        self.holder(role).map(|holder| holder.engineer)
    }

    /// Who holds the primary and the secondary role.
    pub fn hands(&self) -> (EngineerIdx, Option<EngineerIdx>) {
        (self.primary.engineer, self.engineer(Role::Secondary))
    }
}
