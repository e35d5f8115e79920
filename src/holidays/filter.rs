//! The file that belongs to an imported calendar, `<name>.toml` with an `[import]` table: which of its events are
//! holidays, what it is called, and perhaps its address.
//!
//! Not here: the events (`ics`).

use super::definition::{non_empty, read_confirmed_through};
use crate::ics::Patterns;
use crate::toml_reader::{self, At, Problem, Problems, TableReader};

/// What to take from an `.ics` file.
#[derive(Debug, Default)]
pub struct Filter {
    pub(super) name: Option<String>,
    pub(super) source: Option<String>,
    pub(super) confirmed_through: Option<i32>,
    include: Patterns,
    exclude: Patterns,
    url: Option<At<String>>,
}

/// What the calendar is that a filter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// An `.ics` file of the same name.
    Calendar,
    /// A file of the same name with the address of one.
    Address,
    /// The filter itself has its address.
    Nothing,
}

impl Filter {
    /// Reads the text of a file that belongs to a calendar. Every defect goes to `problems`, which are to be those of
    /// this file alone.
    pub fn parse(text: &str, beside: Beside, problems: &Problems) -> Option<Filter> {
        let filter = toml_reader::read(text, problems, |root| read(root, beside)).flatten();
        filter.filter(|_| !problems.has_errors())
    }

    /// Whether a text is a filter with an address.
    pub fn has_url(text: &str) -> bool {
        let table = toml::from_str::<toml::Table>(text).unwrap_or_default();
        table.get("import").and_then(|import| import.get("url")).is_some()
    }

    /// The address of the calendar, as it is written there.
    pub fn url(&self) -> Option<&At<String>> {
        self.url.as_ref()
    }

    /// Whether an event with these texts, in lower case, is taken: it matches one of `include`, if there are any, and
    /// none of `exclude`.
    pub(super) fn takes(&self, texts: &[String]) -> bool {
        let (included, excluded) = (self.include.matches(texts), self.exclude.matches(texts));
        (included || self.include.is_empty()) && !excluded
    }

    /// All that decides which events are taken.
    pub fn decisive(&self) -> String {
        format!("include {:?} exclude {:?}", self.include.texts(), self.exclude.texts())
    }

    /// Warns about patterns that no event matched: a typing error, or an event that no longer exists.
    pub fn check(&self, problems: &Problems) {
        for span in self.include.unmatched().chain(self.exclude.unmatched()) {
            let message = "no event of the calendar matches this pattern";
            let help = "patterns are matched against SUMMARY, DESCRIPTION and CATEGORIES of each event";
            problems.push(Problem::warning("pattern-without-event", message).at(&span).help(help));
        }
    }
}

fn read(mut root: TableReader<'_>, beside: Beside) -> Option<Filter> {
    if root.keys().iter().all(|key| key.value != "import") {
        let message = match beside {
            Beside::Address => "there is a .url file of this name too",
            Beside::Calendar | Beside::Nothing => "there is an .ics calendar of this name too",
        };
        let help = "rename one of the two, or make this file the other's filter: a table [import]".to_owned();
        root.problems().error_with_help("two-calendars", 0..0, message, help);
        return None;
    }
    let import = root.table("import");
    for key in ["calendar", "holiday"] {
        let message = format!("`{key}` does not go with `[import]`");
        let help = "put the rules into another calendar, which can extend the imported one";
        root.refuse(key, "import-with-rules", &message, help);
    }
    root.finish();
    let mut import = import?;
    let name = non_empty(import.text("name"), import.problems());
    let source = import.text("source").map(|source| source.value);
    let confirmed_through = read_confirmed_through(&mut import);
    let url = url(&mut import, beside);
    let include = Patterns::read(&mut import, "include");
    let exclude = Patterns::read(&mut import, "exclude");
    import.finish();
    Some(Filter { name, source, confirmed_through, include, exclude, url })
}

/// The address, which must be given here if no other file has the calendar.
fn url(import: &mut TableReader<'_>, beside: Beside) -> Option<At<String>> {
    match beside {
        Beside::Nothing => import.required_text("url", "https://…"),
        Beside::Calendar | Beside::Address => {
            let other = if beside == Beside::Calendar { "an .ics" } else { "a .url" };
            let message = format!(
                "the calendar is fetched from an address, and there is {other} file of this name too"
            );
            import.refuse("url", "two-calendars", &message, "keep one of the two");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclude_wins_over_include_and_unmatched_patterns_are_reported() {
        let text = "[import]\ninclude = [\"holiday\", \"closed\"]\nexclude = [\"optional\", \"half\"]";
        let problems = Problems::default();
        let filter = Filter::parse(text, Beside::Calendar, &problems).unwrap();
        let takes = |text: &str| filter.takes(&[text.to_lowercase()]);
        assert!(takes("Public holiday") && !takes("Optional holiday") && !takes("Birthday"));
        filter.check(&problems);
        let codes: Vec<_> =
            problems.into_sorted().iter().map(|problem| &text[problem.span.clone()]).collect();
        assert_eq!(codes, ["\"closed\"", "\"half\""]);
    }
}
