//! Which parts of the configuration have errors, and since when. A load logs this, so that nobody believes that a file
//! with errors is in service. The errors themselves are logged one by one (`Options::report`).

use std::collections::BTreeMap;

use chrono::SecondsFormat;

use super::names::names;
use crate::config::{Diagnostic, TEAMS};
use crate::live::snapshot::Snapshot;
use crate::live::store::Load;
use crate::rota::{Instant, TeamId};

/// What has errors, by team id, or by file if it does not belong to one team.
#[derive(Debug, Default)]
pub(super) struct LoadReport(BTreeMap<String, State>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its state from before this instant is served.
    Outdated(Instant),
    /// It has never been without errors, or nothing of it is left.
    NotServed,
}

/// The outcome of a load.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Everything is in service.
    NoErrors,
    /// Everything is in service, after a load with errors.
    Fixed,
    /// This has errors and is not in service.
    Errors(String),
}

impl LoadReport {
    /// For the snapshot that a server starts with.
    pub(super) fn at_start(first: &Snapshot) -> LoadReport {
        let mut report = LoadReport::default();
        report.read(first, first.loaded_at());
        report
    }

    /// Logs a load that put `next` in service after `current`.
    pub(super) fn log(&mut self, current: &Snapshot, next: &Snapshot, load: Load) {
        for team in ended(current, next) {
            tracing::warn!(%team, "the team was removed; its feeds are 404");
        }
        let ids: Vec<&str> =
            next.changed_since(current).into_iter().map(|(_, team)| team.team().id.as_str()).collect();
        let (published, teams) = (ids.len(), next.teams().len());
        let changed = names(&ids);
        let duration_ms = u64::try_from(load.took.as_millis()).unwrap_or(u64::MAX);
        match self.update(next, load.at) {
            Outcome::NoErrors => {
                tracing::info!(published, changed, teams, duration_ms, "configuration in service");
            }
            Outcome::Fixed => {
                tracing::info!(
                    published,
                    changed,
                    teams,
                    duration_ms,
                    "configuration is without errors again"
                );
            }
            Outcome::Errors(what) => {
                tracing::warn!(published, changed, teams, duration_ms, "configuration has errors: {what}");
            }
        }
    }

    /// The outcome of the load of `next` at `at`.
    fn update(&mut self, next: &Snapshot, at: Instant) -> Outcome {
        let had_errors = !self.0.is_empty();
        self.read(next, at);
        if self.0.is_empty() {
            return if had_errors { Outcome::Fixed } else { Outcome::NoErrors };
        }
        let parts = self.0.iter().map(|(what, state)| match state {
            State::Outdated(since) => {
                let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
                format!("{what} is served as it was before {since}")
            }
            State::NotServed => format!("{what} is not served"),
        });
        Outcome::Errors(parts.collect::<Vec<_>>().join("; "))
    }

    fn read(&mut self, snapshot: &Snapshot, at: Instant) {
        let configuration = snapshot.configuration();
        let errors =
            configuration.diagnostics.iter().filter(|found| found.is_error() && !found.is_of_fetch());
        // A team that uses a calendar with errors is in service itself; only the calendar is outdated.
        let is_read = |error: &&Diagnostic| {
            error.team.as_ref().is_some_and(|team| configuration.teams.contains_key(team))
        };
        // Either there is no team any more, or this file cannot be a team's.
        let is_unserved = |error: &Diagnostic| match error.file.strip_prefix(TEAMS) {
            Some("/") => snapshot.teams().len() == 0,
            within => within.is_some_and(|rest| rest.starts_with('/')),
        };
        let state = |error: &Diagnostic| match &error.team {
            Some(team) if snapshot.team(team.as_str()).is_none() => (team.to_string(), State::NotServed),
            Some(team) => (team.to_string(), State::Outdated(at)),
            None if is_unserved(error) => (error.file.clone(), State::NotServed),
            None => (error.file.clone(), State::Outdated(at)),
        };
        let mut now: BTreeMap<String, State> = errors.filter(|error| !is_read(error)).map(state).collect();
        for (what, state) in &mut now {
            if let (State::Outdated(_), Some(State::Outdated(before))) = (*state, self.0.get(what)) {
                *state = State::Outdated(*before);
            }
        }
        self.0 = now;
    }
}

/// The teams whose files were gone in `current` and that `next` does not wait for any longer.
fn ended<'s>(current: &'s Snapshot, next: &Snapshot) -> impl Iterator<Item = &'s TeamId> {
    let is_known = |id: &TeamId| next.team(id.as_str()).is_some() || next.is_broken(id.as_str());
    current.removed().iter().filter(move |id| !is_known(id))
}

/// Reports the diagnostics that the snapshot before did not have.
pub(super) fn report_new(before: &Snapshot, after: &Snapshot, report: fn(&Diagnostic)) {
    let mut known: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for found in &before.configuration().diagnostics {
        known.entry(&found.file).or_default().push(found);
    }
    let is_new = |found: &&Diagnostic| known.get(&*found.file).is_none_or(|known| !known.contains(found));
    let found = after.configuration().diagnostics.iter().filter(|found| !found.is_note());
    found.filter(is_new).for_each(report);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{Scope, load, reload};
    use crate::live::Builder;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::publish::Publisher;

    #[test]
    fn a_calendar_with_errors_is_outdated_and_the_teams_that_use_it_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("teams/good.toml", TEAM);
        write(
            "holidays/house.toml",
            "[calendar]\nname = \"House\"\n[[holiday]]\nname = \"Day\"\non = \"01-07\"\n",
        );
        let now = at("2026-02-10T12:00:00Z");
        let before = Snapshot::new(load(folder.path(), now).unwrap(), now);
        let mut report = LoadReport::at_start(&before);
        write("holidays/house.toml", "[calendar]\nname = ");
        write("teams/good.toml", &TEAM.replace("Sample", "Moved on"));
        let configuration = reload(folder.path(), now, before.configuration(), &Scope::All).unwrap();
        let builder = Builder::new(Publisher::without_journal());
        let next = builder.reload(&before, Arc::new(configuration), Default::default(), now).provisional();
        let expected = "holidays/house.toml is served as it was before 2026-02-10T12:00:00Z";
        assert_eq!(report.update(&next, now), Outcome::Errors(expected.to_owned()));
    }

    #[test]
    fn a_removed_team_is_named_when_its_time_is_over_and_without_teams_nothing_is_served() {
        let now = at("2026-02-10T12:00:00Z");
        let id = TeamId::new("only").unwrap();
        let builder = Builder::new(Publisher::without_journal());
        let load = |before: &Snapshot, teams: &[(&str, &str)], removed: &[TeamId]| {
            let (loaded, removed) = (configuration("", teams, now), removed.iter().cloned().collect());
            builder.reload(before, Arc::new(loaded), removed, now).provisional()
        };
        let first = Snapshot::new(configuration("", &[("only", TEAM)], now), now);
        let mut report = LoadReport::at_start(&first);
        let waiting = load(&first, &[], std::slice::from_ref(&id));
        let outdated = "teams/ is served as it was before 2026-02-10T12:00:00Z";
        assert_eq!(report.update(&waiting, now), Outcome::Errors(outdated.to_owned()));
        assert_eq!(ended(&first, &waiting).count(), 0);
        let over = load(&waiting, &[], &[]);
        assert_eq!(report.update(&over, now), Outcome::Errors("teams/ is not served".to_owned()));
        assert_eq!(ended(&waiting, &over).collect::<Vec<_>>(), [&id]);
        for text in [TEAM, "name = 1"] {
            assert_eq!(ended(&waiting, &load(&waiting, &[("only", text)], &[])).count(), 0, "{text}");
        }
        let unnamed = load(&over, &[("only", TEAM), ("A team", TEAM)], &[]);
        let unserved = "teams/A team.toml is not served";
        assert_eq!(report.update(&unnamed, now), Outcome::Errors(unserved.to_owned()));
    }

    #[test]
    fn a_load_reports_what_is_outdated_and_when_that_is_fixed() {
        let now = at("2026-02-10T12:00:00Z");
        let broken_beside = |good: &str, settings: &str, at: Instant| {
            configuration(settings, &[("good", good), ("lost", "name = 1")], at)
        };
        let mut snapshot = Snapshot::new(broken_beside(TEAM, "", now), now);
        let mut report = LoadReport::at_start(&snapshot);
        let mut load = |configuration, time: &str| {
            let builder = Builder::new(Publisher::without_journal());
            let build = builder.reload(&snapshot, Arc::new(configuration), Default::default(), at(time));
            let next = build.provisional();
            snapshot = next;
            report.update(&snapshot, at(time))
        };
        let lost = "lost is not served";
        let outdated = "good is served as it was before 2026-02-10T12:01:00Z";
        assert_eq!(
            load(broken_beside("name = 1", "", now), "2026-02-10T12:01:00Z"),
            Outcome::Errors(format!("{outdated}; {lost}"))
        );
        let settings = "oncal.toml is served as it was before 2026-02-10T12:02:00Z";
        assert_eq!(
            load(broken_beside("name = 2", "x = 1", now), "2026-02-10T12:02:00Z"),
            Outcome::Errors(format!("{outdated}; {lost}; {settings}"))
        );
        let valid = || configuration("", &[("good", TEAM)], now);
        assert_eq!(load(valid(), "2026-02-10T12:03:00Z"), Outcome::Fixed);
        assert_eq!(load(valid(), "2026-02-10T12:04:00Z"), Outcome::NoErrors);
        assert_eq!(
            load(broken_beside("name = 1", "", now), "2026-02-10T12:05:00Z"),
            Outcome::Errors(format!("good is served as it was before 2026-02-10T12:05:00Z; {lost}"))
        );
    }
}
