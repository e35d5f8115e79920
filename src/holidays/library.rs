//! All calendars that a configuration may name: its own, and the built-in ones that they do not replace.
//!
//! Not here: the reading of one file (`definition`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use super::builtin;
use super::calendar::ResolvedCalendar;
use super::common_names::{meant, whole_country};
use super::definition::Definition;
use crate::toml_reader::{Problem, Problems, nearest};

/// Calendars by id. One of the organisation's own replaces the built-in one of its id, and may extend it.
#[derive(Debug, Default)]
pub struct Library {
    own: BTreeMap<String, Option<Definition>>,
    resolved: Mutex<BTreeMap<String, Arc<ResolvedCalendar>>>,
}

/// Why there are no dates for a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// No calendar, of the organisation or built in, has this id.
    #[error("there is no holiday calendar `{id}`")]
    Unknown {
        /// The requested id.
        id: String,
        /// The nearest ids that exist, as a question, or where they are listed.
        help: String,
    },
    /// Its file, or that of a calendar that it extends, has errors, which are reported there.
    #[error("the holiday calendar `{id}` has errors")]
    Broken {
        /// The requested id.
        id: String,
    },
}

/// What is wrong with the links of a calendar.
enum Broken {
    /// In this calendar's own file.
    Here(Vec<Problem>),
    /// In the file of a calendar that it extends.
    Below,
}

impl Library {
    /// A library of the organisation's own calendars by id. `None` stands for a file that could not be read: its
    /// id is known, but the dates of a built-in calendar are never used silently instead.
    pub fn new(own: impl IntoIterator<Item = (String, Option<Definition>)>) -> Library {
        Library { own: own.into_iter().collect(), resolved: Mutex::default() }
    }

    /// The organisation's calendar of that id as its file has it, unless the file has errors.
    pub fn own(&self, id: &str) -> Option<&Definition> {
        self.own.get(id)?.as_ref()
    }

    /// Whether the calendar `id` is the calendar `base`, or extends it.
    pub fn rests_on(&self, id: &str, base: &str) -> bool {
        let lineage = self.own(id).and_then(|own| self.lineage(own).ok());
        id == base || lineage.is_some_and(|lineage| lineage.iter().any(|ancestor| ancestor.id == base))
    }

    /// All ids, in order.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = builtin::ids().collect();
        ids.extend(self.own.keys().map(String::as_str));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The calendar of that id, with all that it extends.
    ///
    /// # Errors
    ///
    /// Where the id is unknown, or the calendar or one that it extends has errors.
    pub fn get(&self, id: &str) -> Result<Arc<ResolvedCalendar>, CalendarError> {
        let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calendar) = resolved.get(id) {
            return Ok(Arc::clone(calendar));
        }
        let calendar = match self.resolve(id) {
            Some(Ok(calendar)) => Arc::new(calendar),
            Some(Err(_)) => return Err(CalendarError::Broken { id: id.to_owned() }),
            None => return Err(CalendarError::Unknown { id: id.to_owned(), help: self.nearest(id) }),
        };
        resolved.insert(id.to_owned(), Arc::clone(&calendar));
        Ok(calendar)
    }

    /// Reports what is wrong with `extends` and `remove` in the calendar's own file. Errors in calendars that it
    /// extends are left to their own files.
    pub fn check(&self, id: &str, problems: &Problems) {
        if let Some(Err(Broken::Here(found))) = self.resolve(id) {
            found.into_iter().for_each(|problem| problems.push(problem));
        }
    }

    /// `None` where nothing has this id.
    fn resolve(&self, id: &str) -> Option<Result<ResolvedCalendar, Broken>> {
        let definition = match self.own.get(id) {
            Some(Some(own)) => own,
            Some(None) => return Some(Err(Broken::Below)),
            None => builtin::get(id)?,
        };
        Some(self.lineage(definition).and_then(|lineage| {
            let mut calendar = ResolvedCalendar::default();
            for ancestor in lineage.iter().rev() {
                let unknown = calendar.extend(ancestor);
                if !unknown.is_empty() {
                    let own = std::ptr::eq(*ancestor, definition);
                    return Err(if own { Broken::Here(unknown) } else { Broken::Below });
                }
            }
            Ok(calendar)
        }))
    }

    /// The calendar, the one that it extends, the one which that one extends, and so on.
    fn lineage<'l>(&'l self, definition: &'l Definition) -> Result<Vec<&'l Definition>, Broken> {
        let mut lineage = vec![definition];
        let mut current = definition;
        while let Some(extends) = &current.extends {
            let broken = |message: String, help: Option<String>| {
                if lineage.len() > 1 {
                    return Broken::Below;
                }
                let code = if help.is_some() { "unknown-calendar" } else { "calendar-cycle" };
                Broken::Here(vec![Problem::error(code, message).at(&extends.span).maybe_help(help)])
            };
            let base = match self.own.get(&extends.value) {
                // A calendar that extends its own id means the built-in one that it replaces.
                _ if extends.value == current.id => builtin::get(&extends.value),
                Some(Some(own)) => Some(own),
                Some(None) => return Err(Broken::Below),
                None => builtin::get(&extends.value),
            };
            let Some(base) = base else {
                return Err(if extends.value == current.id {
                    broken(format!("`{}` extends itself", current.id), None)
                } else {
                    let message = format!("there is no holiday calendar `{}` to extend", extends.value);
                    broken(message, Some(self.nearest(&extends.value)))
                });
            };
            if std::ptr::eq(base, definition) {
                return Err(Broken::Here(vec![circle_problem(&lineage)]));
            }
            if lineage.iter().any(|earlier| std::ptr::eq(*earlier, base)) {
                return Err(Broken::Below);
            }
            lineage.push(base);
            current = base;
        }
        Ok(lineage)
    }

    /// The calendars of that name in common use, or of that country's regions, otherwise the nearest id; none for two
    /// letters, which are close to the id of every country.
    fn nearest(&self, id: &str) -> String {
        let (ids, country) = (self.ids(), format!("{}-", id.to_lowercase()));
        let parts: Vec<&str> = ids.iter().copied().filter(|known| known.starts_with(&country)).collect();
        let calendars = if meant(id).is_empty() { &parts[..] } else { meant(id) };
        if !calendars.is_empty() {
            return self.did_you_mean(calendars);
        }
        if let Some(country) = whole_country(id) {
            // Two letters changed places: `au-nws`.
            let is_swapped = |known: &&str| strsim::damerau_levenshtein(known, &id.to_lowercase()) == 1;
            if id.chars().count() <= 5 || !ids.iter().any(is_swapped) {
                return format!(
                    "write `{country}`, since no calendar of that part of the country is built in, and list its other \
                     days as `also_off`, or in a calendar of your own that extends it"
                );
            }
        }
        let near = nearest(id, ids.iter().copied()).filter(|_| id.chars().count() > 2);
        near.unwrap_or_else(|| "`oncal holidays` lists the available calendars".to_owned())
    }

    /// Of several calendars each with its name.
    fn did_you_mean(&self, ids: &[&str]) -> String {
        let name = |id: &str| {
            let of = self.own(id).or_else(|| builtin::get(id))?;
            Some(of.english.as_deref().unwrap_or(&of.name).to_owned())
        };
        let shown = |id: &&str| match name(id).filter(|_| ids.len() > 1) {
            Some(name) => format!("`{id}` ({name})"),
            None => format!("`{id}`"),
        };
        format!("did you mean {}?", ids.iter().map(shown).collect::<Vec<_>>().join(" or "))
    }
}

/// The problem that calendars extend each other in a circle, where the first names the second.
fn circle_problem(lineage: &[&Definition]) -> Problem {
    let mut ids: Vec<_> = lineage.iter().map(|definition| format!("`{}`", definition.id)).collect();
    ids.extend(ids.first().cloned());
    let span = lineage.first().and_then(|first| first.extends.as_ref()).map_or(0..0, |at| at.span.clone());
    let message = format!("calendars extend each other in a circle: {}", ids.join(" extends "));
    Problem::error("calendar-cycle", message).at(&span)
}
