//! Decides the revision of each event: SEQUENCE, CREATED and LAST-MODIFIED.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use chrono::TimeDelta;
use chrono::serde::ts_seconds;
use serde::{Deserialize, Serialize};

use crate::rota::{EngineerId, Instant, Period};

/// A hash of everything that a publication depends on, in hexadecimal.
pub type Hash = String;

/// 64 bits of a hash. Enough, because each is only compared with the previous one of the same event.
pub type ShortHash = u64;

/// How long an event is kept after its end, so that its SEQUENCE continues if it comes back.
const REMEMBERED: TimeDelta = TimeDelta::weeks(104);

/// An event that is to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// A window contains the event if it contains this instant.
    #[serde(with = "ts_seconds")]
    pub anchor: Instant,
    /// The first instant after the event.
    #[serde(with = "ts_seconds")]
    pub end: Instant,
    /// Hash of time, status, holder and reason. If it changes, SEQUENCE rises.
    #[serde(with = "postcard::fixint::le")]
    pub substance: ShortHash,
    /// Hash of everything that the event shows. If it changes, LAST-MODIFIED changes.
    #[serde(with = "postcard::fixint::le")]
    pub content: ShortHash,
    /// The engineers in whose feeds it is.
    #[serde(with = "super::packed::ids")]
    pub concerns: Vec<EngineerId>,
    /// The event in the publisher's format. The journal stores it without reading it.
    pub record: Vec<u8>,
}

/// When an event changed, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// How often its substance changed; being withdrawn and coming back count too.
    pub sequence: u32,
    /// When it first appeared.
    #[serde(with = "ts_seconds")]
    pub created: Instant,
    /// When anything about it last changed.
    #[serde(with = "ts_seconds")]
    pub modified: Instant,
}

/// The highest revision of a team's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Highest {
    /// The highest SEQUENCE.
    pub sequence: u32,
    /// The latest LAST-MODIFIED, in whole seconds.
    pub modified: Instant,
}

/// An event as it was last published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What was published.
    pub fact: Fact,
    /// With this revision.
    pub revision: Revision,
    /// The engineers whom it no longer concerns.
    #[serde(with = "super::packed::ids")]
    pub former: BTreeSet<EngineerId>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// Everything that was published for one team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// Orders configurations: of two, the one with the higher number is the newer.
    pub generation: i64,
    /// Publications with equal fingerprints have equal events.
    pub fingerprint: Hash,
    /// The start of the week in which it was published.
    #[serde(with = "ts_seconds")]
    pub week_start: Instant,
    /// The end of the window that was published.
    #[serde(with = "ts_seconds")]
    pub until: Instant,
    /// By UID, which identifies an event within its team.
    pub entries: BTreeMap<String, Entry>,
}

/// The circumstances of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// See [`Journal::generation`].
    pub generation: i64,
    /// See [`Journal::fingerprint`].
    pub fingerprint: Hash,
    /// When it is published.
    pub at: Instant,
    /// The start of the current week: at or before `at`, except for a team whose first duty change is still to come.
    pub week_start: Instant,
    /// The window that the facts cover.
    pub window: Period,
    /// The highest revision of the journal before, if that cannot be read: all new revisions are higher.
    pub above: Option<Highest>,
    /// An instant that has certainly passed (see [`Retention`](super::Retention)). Entries that are old by then are
    /// deleted; if `None`, no entry is.
    pub past: Option<Instant>,
}

/// The journal after `facts` were published, by UID: all events of a team over the publication's window.
///
/// A change of substance, a withdrawal and a return raise SEQUENCE by one; a change of anything else raises
/// LAST-MODIFIED alone. Moving the window changes no event: one that leaves it stays as it is, and one that enters it
/// as time passes counts as created at the start of the week. LAST-MODIFIED of a change is later than any before it,
/// even if the clock was set back.
pub fn publish(known: Option<&Journal>, facts: Vec<(String, Fact)>, publication: &Publication) -> Journal {
    let mut entries = known.map(|journal| journal.entries.clone()).unwrap_or_default();
    let newest = entries.values().map(|entry| entry.revision.modified).max();
    let newest = newest.max(publication.above.map(|above| above.modified));
    let sequence = publication.above.map_or(0, |above| above.sequence.saturating_add(1));
    let at = newest.map_or(publication.at, |newest| publication.at.max(newest + TimeDelta::seconds(1)));
    let has_rolled = known.is_some_and(|journal| journal.week_start < publication.week_start);
    let until = known.map(|journal| journal.until).filter(|_| has_rolled);

    let mut gone: BTreeSet<String> = entries.keys().cloned().collect();
    let mut new = Vec::with_capacity(if known.is_none() { facts.len() } else { 0 });
    for (uid, fact) in facts {
        gone.remove(&uid);
        match entries.get_mut(&uid) {
            Some(entry) => entry.take(fact, at),
            None => {
                let entered = until.is_some_and(|until| until <= fact.anchor);
                let since = if entered { publication.week_start } else { at };
                new.push((uid, Entry::new(fact, since, sequence)));
            }
        }
    }
    // In one piece: a first publication has nothing else.
    entries.append(&mut new.into_iter().collect());
    for uid in gone {
        let still_there =
            |entry: &&mut Entry| !entry.withdrawn && publication.window.contains(entry.fact.anchor);
        if let Some(entry) = entries.get_mut(&uid).filter(still_there) {
            entry.withdrawn = true;
            entry.revision = entry.revision.raised(at);
        }
    }
    if let Some(past) = publication.past {
        let oldest = past - REMEMBERED;
        entries.retain(|_, entry| {
            oldest <= entry.fact.end.max(entry.revision.modified)
                || publication.window.contains(entry.fact.anchor)
        });
    }
    Journal {
        generation: publication.generation,
        fingerprint: publication.fingerprint.clone(),
        week_start: known
            .map_or(publication.week_start, |known| known.week_start.max(publication.week_start)),
        until: known.map_or(publication.window.end(), |known| known.until.max(publication.window.end())),
        entries,
    }
}

/// The revisions of `facts` for a publisher whose configuration is older than that of `known`, who must change
/// nothing: those known, also where the newer configuration says otherwise, and `publication.at` for all others.
pub fn consult(known: &Journal, facts: Vec<(String, Fact)>, publication: &Publication) -> Journal {
    let entries = facts.into_iter().map(|(uid, fact)| {
        let revision = known.entries.get(&uid).map(|entry| entry.revision);
        let mut entry = Entry::new(fact, publication.at, 0);
        entry.revision = revision.unwrap_or(entry.revision);
        (uid, entry)
    });
    Journal { entries: entries.collect(), ..known.clone() }
}

impl Entry {
    fn new(fact: Fact, since: Instant, sequence: u32) -> Entry {
        let revision = Revision { sequence, created: since, modified: since };
        Entry { fact, revision, former: BTreeSet::new(), withdrawn: false }
    }

    /// Publishes `fact` in place of what was published before.
    fn take(&mut self, fact: Fact, at: Instant) {
        let returned = mem::take(&mut self.withdrawn);
        if returned || self.fact.substance != fact.substance {
            self.revision = self.revision.raised(at);
        } else if self.fact.content != fact.content {
            self.revision.modified = at;
        }
        self.former.extend(mem::take(&mut self.fact.concerns));
        self.former.retain(|engineer| !fact.concerns.contains(engineer));
        self.fact = fact;
    }
}

impl Revision {
    fn raised(self, at: Instant) -> Revision {
        Revision { sequence: self.sequence.saturating_add(1), modified: at, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        format!("2026-{text}:00Z").parse().unwrap()
    }

    fn mark(text: &str) -> ShortHash {
        text.bytes().fold(1, |mark, byte| mark << 8 | ShortHash::from(byte))
    }

    fn ids(list: &[&str]) -> Vec<EngineerId> {
        list.iter().map(|id| EngineerId::new(id).unwrap()).collect()
    }

    fn fact(uid: &str, anchor: &str, substance: &str, content: &str, concerns: &[&str]) -> (String, Fact) {
        let fact = Fact {
            anchor: at(anchor),
            end: at(anchor) + TimeDelta::hours(1),
            substance: mark(substance),
            content: mark(&format!("{substance}{content}")),
            concerns: ids(concerns),
            record: Vec::new(),
        };
        (uid.to_owned(), fact)
    }

    /// In the week of 1 February unless `week` is later, over the week before to two weeks after it.
    fn publication(now: &str, week: &str) -> Publication {
        let week_start = at(&format!("{week}T00:00"));
        let window = Period::new(week_start - TimeDelta::weeks(1), week_start + TimeDelta::weeks(3)).unwrap();
        let fingerprint = String::new();
        Publication { generation: 1, fingerprint, at: at(now), week_start, window, above: None, past: None }
    }

    const FIRST: (&str, &str) = ("02-03T12:00", "02-01");

    #[track_caller]
    fn is(journal: &Journal, uid: &str, sequence: u32, created: &str, modified: &str) {
        let expected = Revision { sequence, created: at(created), modified: at(modified) };
        assert_eq!(journal.entries[uid].revision, expected, "{uid}");
    }

    fn first(facts: Vec<(String, Fact)>) -> Journal {
        publish(None, facts, &publication(FIRST.0, FIRST.1))
    }

    #[test]
    fn only_a_change_of_substance_raises_the_sequence_and_any_change_the_date() {
        let three = |a: (&str, &str), b: (&str, &str)| {
            vec![
                fact("a", "02-05T00:00", a.0, a.1, &[]),
                fact("b", "02-05T00:00", b.0, b.1, &[]),
                fact("c", "02-05T00:00", "same", "", &[]),
            ]
        };
        let before = first(three(("x", ""), ("x", "")));
        let after =
            publish(Some(&before), three(("y", ""), ("x", "link")), &publication("02-04T09:00", "02-01"));
        is(&after, "a", 1, "02-03T12:00", "02-04T09:00");
        is(&after, "b", 0, "02-03T12:00", "02-04T09:00");
        is(&after, "c", 0, "02-03T12:00", "02-03T12:00");
    }

    #[test]
    fn events_that_enter_the_window_date_from_the_weeks_start_and_those_that_leave_are_not_withdrawn() {
        let [old, late] = [fact("old", "01-26T00:00", "", "", &[]), fact("late", "02-22T00:00", "", "", &[])];
        let before = first(vec![old]);
        let after = publish(Some(&before), vec![late], &publication("02-12T10:00", "02-08"));
        is(&after, "late", 0, "02-08T00:00", "02-08T00:00");
        is(&after, "old", 0, "02-03T12:00", "02-03T12:00");
        assert!(!after.entries["old"].withdrawn);
    }

    #[test]
    fn a_window_that_the_settings_widened_brings_in_what_is_new_now() {
        let before = first(vec![]);
        let mut wider = publication("02-04T10:00", "02-01");
        wider.window = Period::new(wider.window.start(), at("04-01T00:00")).unwrap();
        let after = publish(Some(&before), vec![fact("a", "03-15T00:00", "", "", &[])], &wider);
        is(&after, "a", 0, "02-04T10:00", "02-04T10:00");
    }

    #[test]
    fn withdrawn_and_back_raises_the_sequence_twice() {
        let a = || fact("a", "02-05T00:00", "x", "", &[]);
        let without = publish(Some(&first(vec![a()])), vec![], &publication("02-04T09:00", "02-01"));
        is(&without, "a", 1, "02-03T12:00", "02-04T09:00");
        assert!(without.entries["a"].withdrawn);
        let still = publish(Some(&without), vec![], &publication("02-04T10:00", "02-01"));
        assert_eq!(still, without);
        let back = publish(Some(&without), vec![a()], &publication("02-04T11:00", "02-01"));
        is(&back, "a", 2, "02-03T12:00", "02-04T11:00");
        assert!(!back.entries["a"].withdrawn);
    }

    #[test]
    fn whoever_it_went_from_is_remembered_until_it_comes_back() {
        let of = |concerns: &[&str]| vec![fact("a", "02-05T00:00", &concerns.concat(), "", concerns)];
        let mut journal = first(of(&["ann"]));
        for (now, concerns, former) in [
            ("02-04T01:00", &["bob"][..], &["ann"][..]),
            ("02-04T02:00", &["cy"], &["ann", "bob"]),
            ("02-04T03:00", &["ann", "cy"], &["bob"]),
        ] {
            journal = publish(Some(&journal), of(concerns), &publication(now, "02-01"));
            assert!(journal.entries["a"].former.iter().eq(&ids(former)), "{now}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_moves_no_date_back() {
        let a = |substance| vec![fact("a", "02-05T00:00", substance, "", &[])];
        let after = publish(Some(&first(a("x"))), a("y"), &publication("02-01T01:00", "02-01"));
        let later = at("02-03T12:00") + TimeDelta::seconds(1);
        assert_eq!(
            after.entries["a"].revision,
            Revision { sequence: 1, created: at("02-03T12:00"), modified: later }
        );
    }

    #[test]
    fn what_ended_long_ago_is_forgotten() {
        let before = first(vec![fact("a", "02-05T00:00", "x", "", &[])]);
        let mut much_later = publication("02-03T12:00", "02-01");
        much_later.week_start += TimeDelta::weeks(110);
        much_later.at += TimeDelta::weeks(110);
        much_later.window = Period::new(much_later.week_start, much_later.at + TimeDelta::weeks(1)).unwrap();
        assert_eq!(
            publish(Some(&before), vec![], &much_later).entries.len(),
            1,
            "not by one look at the clock"
        );
        much_later.past = Some(much_later.at);
        assert!(publish(Some(&before), vec![], &much_later).entries.is_empty());
    }

    #[test]
    fn after_a_journal_that_cannot_be_read_every_revision_is_higher_than_any_in_it() {
        let mut publication = publication("02-03T12:00", "02-01");
        publication.above = Some(Highest { sequence: 7, modified: at("02-03T13:00") });
        let journal = publish(None, vec![fact("a", "02-05T00:00", "x", "", &[])], &publication);
        let later = at("02-03T13:00") + TimeDelta::seconds(1);
        let expected = Revision { sequence: 8, created: later, modified: later };
        assert_eq!(journal.entries["a"].revision, expected);
    }

    #[test]
    fn an_older_configuration_reads_and_changes_nothing() {
        let known = publish(
            Some(&first(vec![fact("a", "02-05T00:00", "x", "", &[])])),
            vec![fact("a", "02-05T00:00", "y", "", &[]), fact("b", "02-05T00:00", "y", "", &[])],
            &publication("02-04T09:00", "02-01"),
        );
        let facts = vec![fact("a", "02-05T00:00", "x", "", &[]), fact("c", "02-05T00:00", "x", "", &[])];
        let consulted = consult(&known, facts, &publication("02-04T10:00", "02-01"));
        is(&consulted, "a", 1, "02-03T12:00", "02-04T09:00");
        is(&consulted, "c", 0, "02-04T10:00", "02-04T10:00");
        assert!(!consulted.entries.contains_key("b"), "it is not served");
        assert_eq!(consulted.generation, known.generation);
    }

    fn facts() -> impl Strategy<Value = Vec<(String, Fact)>> {
        let one = (0..8u8, 0..3u8, 0..3u8, 0..27i64);
        prop::collection::btree_map(0..12u8, one, 0..10).prop_map(|facts| {
            let anchor = |days| at("01-26T00:00") + TimeDelta::days(days);
            facts
                .into_iter()
                .map(|(uid, (who, substance, content, _))| {
                    let fact = Fact {
                        anchor: anchor(i64::from(uid)),
                        end: anchor(i64::from(uid) + 1),
                        substance: mark(&format!("{who}{substance}")),
                        content: mark(&format!("{who}{substance}{content}")),
                        concerns: ids(&[&who.to_string()]),
                        record: Vec::new(),
                    };
                    (uid.to_string(), fact)
                })
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_revision_ever_goes_back_and_each_rises_exactly_with_its_event(steps in prop::collection::vec((facts(), -50i64..50), 1..8)) {
            let mut journal: Option<Journal> = None;
            for (facts, minutes) in steps {
                let mut now = publication(FIRST.0, FIRST.1);
                now.at += TimeDelta::minutes(minutes);
                let after = publish(journal.as_ref(), facts.clone(), &now);
                for (uid, fact) in &facts {
                    let entry = &after.entries[uid];
                    prop_assert_eq!(&entry.fact, fact);
                    let Some(old) = journal.as_ref().and_then(|journal| journal.entries.get(uid)) else { continue };
                    let raised = old.withdrawn || old.fact.substance != fact.substance;
                    prop_assert_eq!(entry.revision.sequence, old.revision.sequence + u32::from(raised));
                    let changed = raised || old.fact.content != fact.content;
                    prop_assert_eq!(entry.revision.modified > old.revision.modified, changed);
                    prop_assert_eq!(entry.revision.created, old.revision.created);
                }
                prop_assert_eq!(&publish(Some(&after), facts, &now), &after, "publishing again changes nothing");
                journal = Some(after);
            }
        }
    }
}
