//! Holiday calendars: from a TOML file of rules, or an iCalendar file, to dated names.
//!
//! In reading order: `rule` is the language of `on`, `easter` the date of Easter, `years` the language of `years`;
//! `definition` reads a file, `import` an iCalendar file through a `filter`, `library` joins files that extend one
//! another and those of `builtin`, `calendar` is the result, and `expand` turns its rules into dates.
//!
//! Not here: who is away on those dates (`rota::absence`), and which folder the files lie in (`config`).

mod builtin;
mod calendar;
mod common_names;
mod definition;
mod easter;
mod expand;
mod filter;
mod import;
mod language;
mod library;
mod observances;
mod rule;
mod years;

use std::ops::RangeInclusive;

pub use calendar::ResolvedCalendar;
pub use definition::Definition;
pub use expand::Holiday;
pub use filter::{Beside, Filter};
pub use import::{Content, Import};
pub use library::{CalendarError, Library};
pub use rule::{On, RuleError, RuleFault};
pub use years::{Years, YearsError};

/// The years for which dates are worked out; a configuration cannot name dates outside them.
pub const YEARS: RangeInclusive<i32> = 1970..=2200;
