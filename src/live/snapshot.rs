//! All teams as they are served, immutable.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::SubsecRound;

use crate::access::Keyring;
use crate::config::{Access, BaseUrl, Configuration, Diagnostic, Settings, TeamConfig};
use crate::feed::Links;
use crate::journal::JournalError;
use crate::rota::{Instant, TeamId};

use super::book::{Book, Standing};
use super::frame::frame;
use super::publish::{Cause, Item, Publisher, Terms};
use super::team::TeamSnapshot;

/// What every request is answered from: a configuration, and its teams each in its current week.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    built_at: Instant,
    loaded_at: Instant,
    configuration: Arc<Configuration>,
    /// By id.
    teams: Vec<Arc<TeamSnapshot>>,
    gone: BTreeSet<TeamId>,
    /// Since when each team that is served as it was before has been.
    outdated: BTreeMap<TeamId, Instant>,
    /// Where only secret links open anything.
    keyring: Option<Arc<Keyring>>,
}

/// What becomes of a snapshot.
pub(super) enum Step<'s> {
    /// It is the first, with what is known of the teams from before.
    First(BTreeMap<TeamId, Arc<Book>>),
    /// It follows another.
    After(&'s Snapshot),
}

impl Snapshot {
    /// The first snapshot of `configuration`, loaded at `now`, that no journal knows of.
    pub fn new(configuration: Configuration, now: Instant) -> Snapshot {
        let publisher = Publisher::forgetful();
        let terms = Terms { at: now, cause: Cause::Start, is_written: false };
        let first = Step::First(BTreeMap::new());
        let next = Next { configuration: Arc::new(configuration), gone: BTreeSet::new(), loaded_at: now };
        next.snapshot(&first, &publisher, terms).unwrap_or_else(|_| next.empty(now))
    }

    /// The first snapshot of a server that publishes with `publisher`. All of it is written before it is given.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read or written.
    pub fn first(
        configuration: Configuration,
        publisher: &Publisher,
        now: Instant,
    ) -> Result<Snapshot, JournalError> {
        let first = Step::First(publisher.known()?);
        let terms = Terms { at: now, cause: Cause::Start, is_written: true };
        let next = Next { configuration: Arc::new(configuration), gone: BTreeSet::new(), loaded_at: now };
        next.snapshot(&first, publisher, terms)
    }

    /// What follows with another configuration, which was read at the time of the terms. A team that has errors in it
    /// stays as it is here, and so do those of `gone`, whose files are not there any more.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read or written, if the terms ask for it.
    pub fn reloaded(
        &self,
        configuration: Arc<Configuration>,
        gone: BTreeSet<TeamId>,
        publisher: &Publisher,
        terms: Terms,
    ) -> Result<Snapshot, JournalError> {
        let next = Next { configuration, gone, loaded_at: terms.at };
        next.snapshot(&Step::After(self), publisher, terms)
    }

    /// The same configuration at the time of the terms. Teams whose week is not over are shared, not built again, but
    /// for those whose revisions are still provisional.
    ///
    /// # Errors
    ///
    /// Where the journal cannot be read or written, if the terms ask for it.
    pub fn renewed(&self, publisher: &Publisher, terms: Terms) -> Result<Snapshot, JournalError> {
        let configuration = Arc::clone(&self.configuration);
        let next = Next { configuration, gone: self.gone.clone(), loaded_at: self.loaded_at };
        next.snapshot(&Step::After(self), publisher, terms)
    }

    /// Works out ahead whatever was in use of `before`, so that no request waits for it.
    pub(super) fn prepare_like(&self, before: &Snapshot) {
        for team in &self.teams {
            let before = before.team(team.team().id.as_str());
            if before.is_none_or(|before| !std::ptr::eq(before, &**team)) {
                team.prepare_like(before);
            }
        }
    }

    /// The first duty change at which this snapshot is no longer right; `None` with no team.
    pub fn valid_until(&self) -> Option<Instant> {
        self.teams.iter().map(|team| team.frame().week.end()).min()
    }

    /// Counts the snapshots of this process, from 1.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The instant that this snapshot was built for: its load, or its duty change.
    pub fn built_at(&self) -> Instant {
        self.built_at
    }

    /// When the configuration was loaded.
    pub fn loaded_at(&self) -> Instant {
        self.loaded_at
    }

    /// What the snapshot was made from. Teams with errors in it may be in service as they were before.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The teams in service, by id.
    pub fn teams(&self) -> impl ExactSizeIterator<Item = &TeamSnapshot> {
        self.teams.iter().map(|team| &**team)
    }

    /// Whether `id` names a team that cannot be served.
    pub fn is_broken(&self, id: &str) -> bool {
        self.team(id).is_none()
            && TeamId::new(id).is_some_and(|id| self.configuration.broken.contains_key(&id))
    }

    /// Whether the team, or something that it rests on, is served as it was before its file broke or went away.
    pub fn is_outdated(&self, id: &TeamId) -> bool {
        let has_errors = || self.configuration.diagnostics_of(id).any(Diagnostic::is_error);
        self.team(id.as_str()).is_some() && (self.gone.contains(id) || has_errors())
    }

    /// Since which load a team has been outdated; `None` for one that is current.
    pub fn outdated_since(&self, id: &TeamId) -> Option<Instant> {
        self.outdated.get(id).copied()
    }

    /// The teams that are served although their files are gone.
    pub fn gone(&self) -> &BTreeSet<TeamId> {
        &self.gone
    }

    /// The keys to what is served; none where everybody may read it.
    pub fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_deref()
    }

    /// Whether revisions of any team are still to be written to the journal.
    pub fn has_unsaved(&self) -> bool {
        self.teams.iter().any(|team| team.standing() == Standing::Unsaved)
    }

    /// The team called `id`, unless it is broken or there is none.
    pub fn team(&self, id: &str) -> Option<&TeamSnapshot> {
        self.shared(id).map(|team| &**team)
    }

    fn shared(&self, id: &str) -> Option<&Arc<TeamSnapshot>> {
        let place = self.teams.binary_search_by(|team| team.team().id.as_str().cmp(id)).ok()?;
        self.teams.get(place)
    }
}

/// What the next snapshot is made from.
struct Next {
    configuration: Arc<Configuration>,
    gone: BTreeSet<TeamId>,
    loaded_at: Instant,
}

/// A team of the next snapshot.
enum Slot {
    /// As it is.
    Shared(Arc<TeamSnapshot>),
    /// To be published.
    New(Item),
}

impl Next {
    fn snapshot(
        &self,
        step: &Step<'_>,
        publisher: &Publisher,
        terms: Terms,
    ) -> Result<Snapshot, JournalError> {
        // What a feed tells, HTTP and iCalendar say in whole seconds.
        let terms = Terms { at: terms.at.trunc_subsecs(0), ..terms };
        let links = Links::new(self.configuration.settings.pages_url.as_ref().map(BaseUrl::as_str));
        let slot = |config| self.slot(config, &links, step, terms);
        let slots: Vec<Slot> = self.teams(step).into_iter().filter_map(slot).collect();
        let new: Vec<Item> = slots
            .iter()
            .filter_map(|slot| match slot {
                Slot::New(item) => Some(item.clone()),
                Slot::Shared(_) => None,
            })
            .collect();
        let mut published = publisher.publish(&new, terms)?.into_iter();
        let team = |slot| match slot {
            Slot::Shared(team) => Some(team),
            Slot::New(item) => published.next().map(|done| {
                let subscribers = publisher.subscribers().team(&item.config.team.id);
                Arc::new(TeamSnapshot::new(item, done, subscribers, terms.at))
            }),
        };
        let teams: Vec<Arc<TeamSnapshot>> = slots.into_iter().filter_map(team).collect();
        let keyring = self.keyring(&teams, step, publisher);
        let next = Snapshot { teams, keyring, ..self.empty(terms.at).after(step) };
        let outdated = next.teams().map(|team| &team.team().id).filter(|id| next.is_outdated(id));
        let outdated = outdated.map(|id| {
            let before = if let Step::After(before) = step { before.outdated_since(id) } else { None };
            (id.clone(), before.unwrap_or(next.loaded_at))
        });
        Ok(Snapshot { outdated: outdated.collect(), ..next })
    }

    /// The keys to `teams`: those of before where nothing about them changed, since each is a hash to be worked out.
    fn keyring(
        &self,
        teams: &[Arc<TeamSnapshot>],
        step: &Step<'_>,
        publisher: &Publisher,
    ) -> Option<Arc<Keyring>> {
        let Configuration { settings, broken, .. } = &*self.configuration;
        if settings.access == Access::Open {
            return None;
        }
        let lacks = broken
            .keys()
            .any(|id| teams.binary_search_by(|team| team.team().id.as_str().cmp(id.as_str())).is_err());
        if let Step::After(before) = step {
            let same = |(one, other): (&Arc<TeamSnapshot>, &Arc<TeamSnapshot>)| {
                Arc::ptr_eq(one, other)
                    || one.team().id == other.team().id && one.config().links == other.config().links
            };
            let is_same = before.configuration.settings.link_generation == settings.link_generation
                && before.configuration.broken == *broken
                && before.teams.len() == teams.len()
                && before.teams.iter().zip(teams).all(same);
            if let Some(keyring) = before.keyring.as_ref().filter(|known| known.lacks_teams() == lacks)
                && is_same
            {
                return Some(Arc::clone(keyring));
            }
        }
        // A team whose file has errors is served as it was, but not to those whose links were renewed.
        let links: Vec<_> = teams
            .iter()
            .map(|team| {
                let (id, own) = (&team.team().id, &team.config().links);
                let edited = broken.get(id).and_then(|broken| broken.links.as_ref());
                (id, edited.map_or(Cow::Borrowed(own), |edited| Cow::Owned(own.raised_by(edited))))
            })
            .collect();
        let links = links.iter().map(|(id, links)| (*id, &**links));
        let keyring = publisher.secret().map(|secret| Keyring::new(secret, settings.link_generation, links));
        Some(Arc::new(keyring.unwrap_or_default().lacking_teams(lacks)))
    }

    fn empty(&self, at: Instant) -> Snapshot {
        Snapshot {
            generation: 1,
            built_at: at.trunc_subsecs(0),
            loaded_at: self.loaded_at.trunc_subsecs(0),
            configuration: Arc::clone(&self.configuration),
            teams: Vec::new(),
            gone: self.gone.clone(),
            outdated: BTreeMap::new(),
            keyring: self.keyring(&[], &Step::First(BTreeMap::new()), &Publisher::forgetful()),
        }
    }

    /// Every team that is to be served, by id: as configured, else as it was.
    fn teams<'a>(&'a self, step: &Step<'a>) -> Vec<&'a Arc<TeamConfig>> {
        let mut teams: BTreeMap<&TeamId, &Arc<TeamConfig>> = self.configuration.teams.iter().collect();
        if let Step::After(before) = step {
            for old in &before.teams {
                let id = &old.team().id;
                if self.configuration.broken.contains_key(id) || self.gone.contains(id) {
                    teams.entry(id).or_insert_with(|| old.config());
                }
            }
        }
        teams.into_values().collect()
    }

    fn slot(&self, config: &Arc<TeamConfig>, links: &Links, step: &Step<'_>, terms: Terms) -> Option<Slot> {
        let settings = &self.configuration.settings;
        let id = &config.team.id;
        let before = match step {
            Step::First(_) => None,
            Step::After(before) => before.shared(id.as_str()),
        };
        if let (Some(team), Step::After(before)) = (before, step) {
            let reach = |settings: &Settings| (settings.past_weeks, settings.future_weeks);
            let is_same = team.config().fingerprint == config.fingerprint
                && team.links() == links
                && reach(&before.configuration.settings) == reach(settings)
                && terms.at < team.frame().week.end();
            let waits = terms.is_written && team.standing() == Standing::Unsaved;
            if is_same && !waits {
                return Some(Slot::Shared(Arc::clone(team)));
            }
        }
        let frame = frame(&config.team, weeks(settings.past_weeks), weeks(settings.future_weeks), terms.at)?;
        let known = match step {
            Step::First(known) => known.get(id).cloned(),
            Step::After(_) => before.map(|before| Arc::clone(before.book())),
        };
        let is_in_use = before.is_some_and(|team| team.is_in_use());
        Some(Slot::New(Item { config: Arc::clone(config), frame, links: links.clone(), known, is_in_use }))
    }
}

impl Snapshot {
    fn after(self, step: &Step<'_>) -> Snapshot {
        match step {
            Step::First(_) => self,
            Step::After(before) => Snapshot { generation: before.generation + 1, ..self },
        }
    }
}

fn weeks(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

    fn three_teams(now: &str) -> Snapshot {
        let later = TEAM.replace("T10:00:00", "T12:00:00");
        let teams = [("early", TEAM), ("late", &*later), ("lost", "name = 1")];
        Snapshot::new(configuration("", &teams, at(now)), at(now))
    }

    #[test]
    fn a_team_is_in_service_broken_or_unknown() {
        let snapshot = three_teams("2026-02-10T12:00:00Z");
        let ids: Vec<_> = snapshot.teams().map(|team| team.team().id.as_str()).collect();
        assert_eq!(ids, ["early", "late"]);
        for (id, in_service, broken) in [
            ("early", true, false),
            ("late", true, false),
            ("lost", false, true),
            ("none", false, false),
            ("", false, false),
            ("Early", false, false),
        ] {
            assert_eq!((snapshot.team(id).is_some(), snapshot.is_broken(id)), (in_service, broken), "{id}");
        }
    }

    #[test]
    fn a_duty_change_rolls_the_teams_it_concerns_and_shares_the_others() {
        let before = three_teams("2026-02-10T12:00:00Z");
        let change = at("2026-02-13T15:00:00Z");
        assert_eq!(before.valid_until(), Some(change));
        let terms = Terms { at: change, cause: Cause::Time, is_written: true };
        let after = before.renewed(&Publisher::forgetful(), terms).unwrap();
        assert_eq!(after.valid_until(), Some(at("2026-02-13T17:00:00Z")));
        assert_eq!((before.generation(), after.generation()), (1, 2));
        assert!(!Arc::ptr_eq(&before.teams[0], &after.teams[0]), "the early team");
        assert!(Arc::ptr_eq(&before.teams[1], &after.teams[1]), "the late team");
    }

    #[test]
    fn a_team_is_outdated_since_the_first_load_that_had_errors() {
        let mut snapshot = three_teams("2026-02-10T12:00:00Z");
        let early = TeamId::new("early").unwrap();
        for (hour, text, since) in [
            ("2026-02-10T13:00:00Z", "name = 1", Some("2026-02-10T13:00:00Z")),
            ("2026-02-10T14:00:00Z", "name = 2", Some("2026-02-10T13:00:00Z")),
            ("2026-02-10T15:00:00Z", TEAM, None),
            ("2026-02-10T16:00:00Z", "name = 1", Some("2026-02-10T16:00:00Z")),
        ] {
            let terms = Terms { at: at(hour), cause: Cause::Change, is_written: true };
            let configuration = Arc::new(configuration("", &[("early", text)], at(hour)));
            let publisher = Publisher::forgetful();
            snapshot = snapshot.reloaded(configuration, BTreeSet::new(), &publisher, terms).unwrap();
            assert_eq!(snapshot.outdated_since(&early), since.map(at), "{hour}");
        }
    }

    #[test]
    fn times_are_whole_seconds() {
        assert_eq!(three_teams("2026-02-10T12:00:00.75Z").loaded_at(), at("2026-02-10T12:00:00Z"));
    }

    #[test]
    fn a_snapshot_without_teams_is_valid_for_ever() {
        let now = at("2026-02-10T12:00:00Z");
        assert_eq!(Snapshot::new(configuration("", &[], now), now).valid_until(), None);
    }
}
