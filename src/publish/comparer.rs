//! Compares the events of a team with what was published before, and so decides their revisions.
//!
//! Not here: reading and writing the database (`publisher`).

use std::sync::Arc;

use chrono::SubsecRound;
use sha2::{Digest, Sha256};

use super::event_record::{fact, head_fact, holding, logged};
use super::published_team::{JournalState, PublishedTeam};
use super::team_to_publish::{Published, TeamToPublish, Trigger};
use crate::feed::{Feed, Head, Plan, each_event, in_order};
use crate::journal::{Fact, Journal, Publication, Retention, Stored, Unreadable, consult, publish};
use crate::rota::{Holding, Instant, Period, RoleChange, changes};

/// Who writes the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writers {
    /// Without a journal: nothing is kept beyond this process.
    Nobody,
    /// This process alone.
    One,
    /// Possibly several servers.
    Several,
}

/// Compares teams with what was published of them.
#[derive(Debug)]
pub(super) struct Comparer {
    pub(super) writers: Writers,
    /// `ONCAL_REVISION`: says how new the configuration is, for deployments whose file times do not.
    pub(super) revision: Option<i64>,
    /// Identifies the program, since another version may word events differently.
    pub(super) build: String,
    pub(super) retention: Retention,
}

impl Comparer {
    /// Decides the revisions of `to_publish`, `known` being what was published before. They are provisional unless
    /// there is nothing to write.
    pub(super) fn publish(
        &self,
        to_publish: &TeamToPublish,
        known: Option<&Arc<PublishedTeam>>,
        trigger: Trigger,
        at: Instant,
    ) -> Published {
        let fingerprint = self.fingerprint(to_publish);
        let is_published = |known: &&Arc<PublishedTeam>| match to_publish.is_restored {
            // An entry that cannot be read must be replaced, whatever the team is made from.
            true => known.stored.journal.open().is_ok(),
            false => known.stored.fingerprint == fingerprint,
        };
        if let Some(known) = known.filter(is_published) {
            return Published { team: Arc::clone(known), events: None };
        }
        let (team, frame) = (&to_publish.config.team, to_publish.frame);
        let mut facts = head_facts(to_publish);
        let mut events = to_publish.is_in_use.then(Vec::new);
        each_event(&Plan::new(team, frame.window), &to_publish.links, |event| {
            facts.push(fact(&event, &team.zone));
            if let Some(events) = &mut events {
                events.push(event);
            }
        });
        let (before, unreadable) = match known.map(|known| known.stored.journal.open()) {
            Some(Ok(before)) => (Some(before), None),
            Some(Err(error)) => {
                tracing::error!(team = %team.id, %error, "a team's journal cannot be read; all its events count as changed");
                (None, Some(error))
            }
            None => (None, None),
        };
        let publication = Publication {
            generation: self.generation(to_publish, known, trigger),
            fingerprint,
            at: at.trunc_subsecs(0),
            week_start: frame.week.start(),
            window: frame.window,
            above: known.filter(|_| unreadable.is_some()).map(|known| known.stored.highest),
            past: self.retention.agreed(),
        };
        let is_older = self.is_older(to_publish, known, publication.generation);
        let mut published = match before {
            Some(before) if is_older => older(known.map(|known| &**known), &before, facts, &publication),
            before => {
                self.next(known.map(|known| &**known), before, unreadable.as_ref(), (facts, &publication))
            }
        };
        published.stored.copies = match known.filter(|_| to_publish.is_restored) {
            Some(known) => known.stored.copies.clone(),
            None => to_publish.copies.clone(),
        };
        Published { team: Arc::new(published), events: events.map(in_order) }
    }

    /// What follows `known`, whose journal is `before` if it can be read.
    fn next(
        &self,
        known: Option<&PublishedTeam>,
        before: Option<Journal>,
        unreadable: Option<&Unreadable>,
        (facts, publication): (Vec<(String, Fact)>, &Publication),
    ) -> PublishedTeam {
        let journal = publish(before.as_ref(), facts, publication);
        let moved = before.map(|before| moved(&before, &journal, publication.window)).unwrap_or_default();
        let at = journal.entries.values().map(|entry| entry.revision.modified).max();
        let at = at.unwrap_or(publication.at);
        let moved = moved.iter().map(|moved| logged(at, moved)).collect();
        let mut published = PublishedTeam::next(known, &journal, moved);
        published.is_rebuilt = unreadable.is_some();
        let is_newer = matches!(unreadable, Some(Unreadable::Newer(_)))
            || known.is_some_and(|known| known.state == JournalState::Newer);
        if is_newer {
            published.state = JournalState::Newer;
        } else if self.writers == Writers::Nobody {
            published.mark_written();
        }
        published
    }

    /// Whether another server published a newer configuration than that of `generation`, or the same with newer copies
    /// of fetched calendars.
    pub(super) fn is_older(
        &self,
        team: &TeamToPublish,
        known: Option<&Arc<PublishedTeam>>,
        generation: i64,
    ) -> bool {
        let Some(known) = known.filter(|_| self.writers == Writers::Several) else { return false };
        let stored = &known.stored;
        generation < stored.generation
            || generation == stored.generation && team.copies.is_older_than(&stored.copies)
    }

    /// Says how new the team's configuration is, compared with what other servers published.
    pub(super) fn generation(
        &self,
        team: &TeamToPublish,
        known: Option<&Arc<PublishedTeam>>,
        trigger: Trigger,
    ) -> i64 {
        if let Some(known) = known.filter(|_| team.is_restored) {
            return known.stored.generation;
        }
        let newest_file = team.config.modified.timestamp_micros();
        match (trigger, team.own_generation, known) {
            (Trigger::Time, Some(own), _) => own,
            // A server with an older configuration stays behind, whatever it fetches.
            (Trigger::FileChange, own, _) if team.has_same_files => {
                own.or(self.revision).unwrap_or(newest_file)
            }
            (Trigger::FileChange, _, Some(known)) if self.revision.is_none() => {
                newest_file.max(known.stored.generation.saturating_add(1))
            }
            _ => self.revision.unwrap_or(newest_file),
        }
    }

    /// Equal if the published events are equal.
    pub(super) fn fingerprint(&self, team: &TeamToPublish) -> String {
        let ends = [team.frame.week.start(), team.frame.window.start(), team.frame.window.end()];
        let text = format!("{}\n{}\n{:?}\n{ends:?}", self.build, team.config.fingerprint, team.links);
        hex::encode(Sha256::digest(text))
    }
}

/// The team as this server serves it when another server published `known` from a newer configuration.
fn older(
    known: Option<&PublishedTeam>,
    before: &Journal,
    facts: Vec<(String, Fact)>,
    publication: &Publication,
) -> PublishedTeam {
    let journal = consult(before, facts, publication);
    let mut published = PublishedTeam::next(known, &journal, Vec::new());
    published.state = JournalState::Older;
    published
}

/// What the journal stores of the properties of each feed.
fn head_facts(to_publish: &TeamToPublish) -> Vec<(String, Fact)> {
    let (team, week_start) = (&to_publish.config.team, to_publish.frame.week.start());
    let fact = |feed: &Feed| {
        let head = Head { feed, team, links: &to_publish.links, changed: week_start };
        head_fact(&feed.path(), head.content(), week_start)
    };
    Feed::all(team).iter().map(fact).collect()
}

/// Who gained and lost which duty, over the part of `window` that both journals cover.
fn moved(before: &Journal, after: &Journal, window: Period) -> Vec<RoleChange> {
    let held = |journal: &Journal| -> Vec<Holding> { journal.entries.values().filter_map(holding).collect() };
    let (old, new) = (held(before), held(after));
    let first = old.iter().map(|holding| holding.period.start()).min();
    let start = first.map_or(window.start(), |first| first.max(window.start()));
    Period::new(start, before.until.min(window.end())).map_or_else(Vec::new, |both| changes(&old, &new, both))
}

/// What another server wrote, merged with the provisional revisions that this one served meanwhile, so that none of
/// them falls.
pub(super) fn merged(
    mut written: PublishedTeam,
    provisional: &PublishedTeam,
    team: &TeamToPublish,
) -> PublishedTeam {
    let week_start = team.frame.week.start();
    let (mut journal, served) =
        (written.open(team.id(), week_start), provisional.open(team.id(), week_start));
    for (uid, served) in served.entries {
        match journal.entries.get_mut(&uid) {
            Some(known) => {
                known.revision.sequence = known.revision.sequence.max(served.revision.sequence);
                known.revision.modified = known.revision.modified.max(served.revision.modified);
            }
            None => drop(journal.entries.insert(uid, served)),
        }
    }
    written.stored = Stored::new(written.stored.version, &journal);
    // No publication has this fingerprint, so the result is always written.
    written.stored.fingerprint.clear();
    written
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{TeamConfig, load};
    use crate::feed::Links;
    use crate::publish::frame::frame;

    #[test]
    fn a_server_with_an_older_configuration_stays_behind_when_a_fetched_calendar_changes() {
        let now: Instant = "2026-02-10T12:00:00Z".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("teams")).unwrap();
        let text = "name = \"Data\"\ntime_zone = \"UTC\"\n\
            engineer = [{ id = \"a\", name = \"Ann\" }, { id = \"b\", name = \"Bob\" }]\n\
            [[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [{ primary = \"a\", secondary = \"b\" }]\n";
        fs::write(folder.path().join("teams/data.toml"), text).unwrap();
        let loaded = load(folder.path(), now).unwrap();
        let config = loaded.teams.values().next().unwrap();
        let team = |modified: &str, fingerprint: &str, has_same_files| TeamToPublish {
            frame: frame(&config.team, 1, 1, now).unwrap(),
            config: Arc::new(TeamConfig {
                modified: modified.parse().unwrap(),
                fingerprint: fingerprint.to_owned(),
                ..TeamConfig::clone(config)
            }),
            links: Links::new(None),
            copies: [].into_iter().collect(),
            has_same_files,
            known: None,
            own_generation: None,
            is_restored: false,
            is_in_use: false,
        };
        let comparer = Comparer {
            writers: Writers::Several,
            revision: None,
            build: String::new(),
            retention: Retention::default(),
        };
        let newer = comparer.publish(&team("2026-02-02T00:00:00Z", "new", false), None, Trigger::Start, now);
        let (newer, old) = (newer.team, "2026-02-01T00:00:00Z");
        let started = comparer.publish(&team(old, "old", false), Some(&newer), Trigger::Start, now).team;
        assert_eq!(started.state, JournalState::Older);
        let with_copy = team(old, "old with a copy", true);
        let after_fetch = comparer.publish(&with_copy, Some(&started), Trigger::FileChange, now).team;
        assert_eq!(after_fetch.state, JournalState::Older, "it changed no file");
        let edited = team(old, "edited", false);
        let after_edit = comparer.publish(&edited, Some(&started), Trigger::FileChange, now).team;
        assert_ne!(after_edit.state, JournalState::Older, "a changed file is the newest");
    }
}
