//! A team on the index page, and what it has to agree on soon.

use crate::live::TeamSnapshot;
use crate::rota::{Instant, Row, RowStatus};
use crate::web::pages::kit::agreement::{is_soon, open, soon};
use crate::web::pages::kit::people::People;

/// A team as the index has it.
pub(super) struct Entry<'s> {
    pub(super) team: &'s TeamSnapshot,
    pub(super) people: People<'s>,
    /// Whether its latest change has errors.
    pub(super) is_outdated: bool,
    pub(super) needs: Needs,
}

/// What a team has to agree on soon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) to_agree: usize,
    pub(super) overdue: usize,
    pub(super) uncovered: usize,
    /// The first deadline.
    pub(super) next: Option<Instant>,
}

impl Needs {
    pub(super) fn of(team: &TeamSnapshot, now: Instant) -> Needs {
        let coverage = soon(team, now);
        let rows: Vec<&Row> = open(&coverage, now).into_iter().filter(|row| is_soon(row, now)).collect();
        let count = |wanted: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count();
        Needs {
            to_agree: rows.len(),
            overdue: count(&|row| row.is_overdue(now)),
            uncovered: count(&|row| row.status == RowStatus::Nobody),
            next: rows.iter().filter_map(|row| row.deadline).find(|deadline| now < *deadline),
        }
    }

    /// Less for what is more urgent.
    pub(super) fn rank(self) -> (bool, bool, bool, Option<Instant>) {
        (self.uncovered == 0, self.overdue == 0, self.to_agree == 0, self.next)
    }
}
