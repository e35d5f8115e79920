//! When each event's content last changed, as far as this process knows.
//!
//! An event's content is first loaded with its team's configuration, or later when time brings it into the window;
//! from then on its revision stays. It is never the time of a request.

use std::collections::BTreeMap;

use crate::feed::{Event, Rendered, Revision};
use crate::rota::Instant;

/// Gives events their revisions.
pub(super) struct Revisions<'a> {
    seen: BTreeMap<&'a str, &'a Rendered>,
    since: Instant,
}

impl<'a> Revisions<'a> {
    /// Nothing was seen before: all content is of `loaded_at`.
    pub(super) fn first(loaded_at: Instant) -> Revisions<'a> {
        Revisions { seen: BTreeMap::new(), since: loaded_at }
    }

    /// `before` was served; what is not in it is of `since`, the start of the week that brought it.
    pub(super) fn after(before: &'a [Rendered], since: Instant) -> Revisions<'a> {
        let seen = before.iter().map(|rendered| (rendered.event().uid.as_str(), rendered)).collect();
        Revisions { seen, since }
    }

    /// The revision of `event`.
    pub(super) fn of(&self, event: &Event) -> Revision {
        match self.seen.get(event.uid.as_str()) {
            Some(known) if known.event().content() == event.content() => known.revision(),
            Some(known) => {
                Revision { modified: self.since.max(known.revision().modified), ..known.revision() }
            }
            None => Revision { sequence: 0, created: self.since, modified: self.since },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Links, Plan, events};
    use crate::live::sample::{TEAM, at, configuration};
    use crate::rota::Period;

    fn some_events() -> Vec<Event> {
        let window = Period::new(at("2026-02-06T15:00:00Z"), at("2026-02-20T15:00:00Z")).unwrap();
        let configuration = configuration("", &[("sample", TEAM)], window.start());
        let team = &configuration.teams.values().next().unwrap().team;
        events(&Plan::new(team, window), &Links::default())
    }

    #[test]
    fn a_revision_stays_while_the_content_does_and_only_modified_moves_with_it() {
        let (loaded, week) = (at("2026-02-10T12:00:00Z"), at("2026-02-13T15:00:00Z"));
        let [same, other, new, ..] = &some_events()[..] else { panic!("three events at least") };
        let first = Revisions::first(loaded);
        let served: Vec<_> =
            [same, other].map(|event| Rendered::new(event.clone(), first.of(event))).into_iter().collect();
        let mut changed = other.clone();
        changed.description.push_str(" And more.");

        let later = Revisions::after(&served, week);
        let revision = |created, modified| Revision { sequence: 0, created, modified };
        assert_eq!(later.of(same), revision(loaded, loaded));
        assert_eq!(later.of(&changed), revision(loaded, week));
        assert_eq!(later.of(new), revision(week, week));
    }
}
