//! A holiday calendar as the rota sees it: dated names.
//!
//! Not here: how a calendar's rules become dates (`holidays`), and whose holidays they are (`absence`).

use std::sync::Arc;

use chrono::NaiveDate;

/// The dated holidays of a calendar, without the rules that gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    id: String,
    name: String,
    confirmed_through: Option<i32>,
    holidays: Vec<(NaiveDate, Arc<str>)>,
}

impl Calendar {
    /// A calendar of these holidays, in any order; holidays on one date keep their order.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        confirmed_through: Option<i32>,
        mut holidays: Vec<(NaiveDate, Arc<str>)>,
    ) -> Self {
        holidays.sort_by_key(|(date, _)| *date);
        Calendar { id: id.into(), name: name.into(), confirmed_through, holidays }
    }

    /// The name under which teams list it, such as `us-federal`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last year for which its dates are known; `None` where rules alone decide.
    pub fn confirmed_through(&self) -> Option<i32> {
        self.confirmed_through
    }

    /// The holidays from `first` to `last`, both included, in order of date.
    pub fn between(&self, first: NaiveDate, last: NaiveDate) -> &[(NaiveDate, Arc<str>)] {
        let from = self.holidays.partition_point(|(date, _)| *date < first);
        let to = self.holidays.partition_point(|(date, _)| *date <= last);
        self.holidays.get(from..to).unwrap_or_default()
    }
}
