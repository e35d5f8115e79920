//! What the texts of all events use: clean names, links, owners of pipelines, local times.
//!
//! Not here: the texts of each kind of event, each in its own file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::rota::{EngineerIdx, Instant, Period, Pipeline, Team, Zone};

use super::plan::{Links, Plan};
use crate::text::moment::{self, Moment};
use crate::text::{self, clean, clean_or};

/// Writes the events of one plan.
pub(super) struct Writer<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) links: &'a Links,
    /// By engineer.
    names: Vec<String>,
    /// By engineer: the pipelines they own, as a paragraph; empty if they own none.
    pipelines: Vec<String>,
    /// The team's run books, as a paragraph; empty if it has none.
    run_books: String,
    /// Formatted team times, each formatted once: a duty change appears in the shifts before and after it and in its
    /// meeting.
    moments: RefCell<BTreeMap<Instant, Rc<Moment>>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(plan: &'a Plan<'a>, links: &'a Links) -> Writer<'a> {
        let team = plan.team;
        let names: Vec<String> =
            team.engineers.iter().map(|engineer| clean_or(&engineer.name, engineer.id.as_str())).collect();
        let pipelines = team.indices().map(|idx| pipelines(team, idx)).collect();
        let run_books = run_books(team, links);
        Writer { plan, links, names, pipelines, run_books, moments: RefCell::default() }
    }

    pub(super) fn team(&self) -> &'a Team {
        self.plan.team
    }

    pub(super) fn name(&self, idx: EngineerIdx) -> &str {
        &self.names[idx.0]
    }

    pub(super) fn names_of(&self, indices: &[EngineerIdx]) -> String {
        let names: Vec<&str> = indices.iter().map(|idx| self.name(*idx)).collect();
        text::list(&names)
    }

    pub(super) fn zone(&self) -> &'a Zone {
        &self.plan.team.zone
    }

    pub(super) fn pipelines_of(&self, idx: EngineerIdx) -> &str {
        &self.pipelines[idx.0]
    }

    pub(super) fn run_books(&self) -> &str {
        &self.run_books
    }

    /// `Fri 25 Dec 10:00 EST`, on the team's clock.
    pub(super) fn moment(&self, instant: Instant) -> Rc<Moment> {
        let mut moments = self.moments.borrow_mut();
        let moment = moments.entry(instant).or_insert_with(|| Rc::new(Moment::of(self.zone(), instant)));
        Rc::clone(moment)
    }

    /// `Fri 25 Dec 10:00–10:30 EST`, on the team's clock.
    pub(super) fn span(&self, period: Period) -> String {
        moment::from_to(&self.moment(period.start()), &self.moment(period.end()))
    }

    /// `Fri 25 Dec 10:00 EST (15:00 GMT for Data Engineer A)`: the second if their local time differs from the team's.
    pub(super) fn moment_for<'s>(
        &'s self,
        indices: &'s [EngineerIdx],
        instant: Instant,
    ) -> impl fmt::Display + 's {
        fmt::from_fn(move |f| {
            f.write_str(&self.moment(instant).text)?;
            match self.elsewhere(indices, instant) {
                Some(there) => write!(f, " ({there})"),
                None => Ok(()),
            }
        })
    }

    /// `15:00 GMT for Data Engineer A`, once for each zone; `None` if all local times are the same as the team's.
    pub(super) fn elsewhere(&self, indices: &[EngineerIdx], instant: Instant) -> Option<String> {
        let mut zones: Vec<(&Zone, Vec<EngineerIdx>)> = Vec::new();
        for idx in indices {
            let zone = &self.team().engineer(*idx).zone;
            if moment::differ(zone, self.zone(), instant) {
                match zones.iter_mut().find(|(other, _)| other.name() == zone.name()) {
                    Some((_, indices)) => indices.push(*idx),
                    None => zones.push((zone, vec![*idx])),
                }
            }
        }
        let parts = zones.iter().map(|(zone, indices)| {
            let clock = moment::moment_beside(zone, self.zone(), instant);
            format!("{clock} for {}", self.names_of(indices))
        });
        let parts: Vec<String> = parts.collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Begins a paragraph of `text`, with an empty line before it unless it is the first.
pub(super) fn begin_paragraph(text: &mut String) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

/// Paragraphs with an empty line between them; empty ones are left out.
pub(super) fn paragraphs(parts: &[&str]) -> String {
    let paragraphs: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    paragraphs.join("\n\n")
}

/// The pipelines whose first owner is `idx`; those reported to investors are marked if their name does not say so.
fn pipelines(team: &Team, idx: EngineerIdx) -> String {
    let title = |pipeline: &Pipeline| {
        let name = clean_or(&pipeline.name, pipeline.id.as_str());
        let has = |word: &str| name.to_lowercase().contains(&word.to_lowercase());
        let area = pipeline.area.as_deref().map(clean).filter(|area| !area.is_empty() && !has(area));
        let area = area.map(|area| format!("{area}: ")).unwrap_or_default();
        let is_marked = pipeline.investor_reported && !has("investor");
        let reported = if is_marked { " (investor-reported)" } else { "" };
        format!("{area}{name}{reported}")
    };
    let owned = team.pipelines.iter().filter(|pipeline| pipeline.primary == idx);
    let titles: Vec<String> = owned.map(title).collect();
    if titles.is_empty() { String::new() } else { format!("Owns: {}", titles.join(", ")) }
}

/// One link to the page with all run books; their titles if events have no links.
fn run_books(team: &Team, links: &Links) -> String {
    let titles = team.run_books.values().map(|book| {
        let title = clean_or(&book.title, book.id.as_str());
        title.strip_prefix("Run book: ").map(str::to_owned).unwrap_or(title)
    });
    let titles: Vec<String> = titles.collect();
    match links.run_books(team) {
        _ if titles.is_empty() => String::new(),
        Some(link) => format!("Run books: {link}"),
        None => format!("Run books: {}", titles.join(", ")),
    }
}
