//! A holiday calendar as the rota sees it: dated names.
//!
//! Not here: how a calendar's rules become dates (`holidays`), and whose holidays they are (`absence`).

use std::sync::Arc;

use chrono::NaiveDate;

/// What a holiday is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayName {
    /// Its name where it is kept.
    pub native: Arc<str>,
    /// Its name in English, if `native` is in another language and an English name is given.
    pub english: Option<Arc<str>>,
    /// The language of `native` as a tag of BCP 47, such as `de`; `None` if it is not given.
    pub language: Option<Arc<str>>,
}

impl HolidayName {
    /// A name of which nothing else is known.
    pub fn plain(native: impl Into<Arc<str>>) -> HolidayName {
        HolidayName { native: native.into(), english: None, language: None }
    }
}

/// The dated holidays of a calendar, without the rules that gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    id: String,
    name: String,
    confirmed_through: Option<i32>,
    holidays: Vec<(NaiveDate, Arc<str>)>,
    /// Those of which a language or an English name is known, in order of `native`.
    names: Vec<HolidayName>,
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
        Calendar { id: id.into(), name: name.into(), confirmed_through, holidays, names: Vec::new() }
    }

    /// The same calendar with what is known of its holidays' names.
    pub fn with_names(mut self, names: impl IntoIterator<Item = HolidayName>) -> Self {
        let is_known = |name: &HolidayName| name.english.is_some() || name.language.is_some();
        self.names = names.into_iter().filter(is_known).collect();
        self.names.sort_by(|one, other| one.native.cmp(&other.native));
        self
    }

    /// What is known of the holiday's name `native`.
    pub fn name_of(&self, native: &str) -> Option<&HolidayName> {
        let place = self.names.binary_search_by(|name| (*name.native).cmp(native)).ok()?;
        self.names.get(place)
    }

    /// The name under which teams list it, such as `us-federal`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its display name.
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
