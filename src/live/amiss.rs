//! What of the configuration has errors, and since when: what a load says of itself, so that nobody takes a file with
//! errors for one in service. The errors themselves are told one by one (`Duties::report`).

use std::collections::BTreeMap;

use chrono::SecondsFormat;

use super::snapshot::Snapshot;
use crate::config::Diagnostic;
use crate::rota::Instant;

/// What has errors: a team's id, or a file that is no team's own.
#[derive(Debug, Default)]
pub(super) struct Amiss(BTreeMap<String, Since>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// From then on it is served as it was before.
    Outdated(Instant),
    /// It never was right.
    NotServed,
}

/// What is to be said of a load.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// All of it is in service.
    Whole,
    /// All of it is, and of the one before not all was.
    Mended,
    /// What has errors is not in it.
    Errors(String),
}

impl Amiss {
    /// What has errors in the snapshot that a server starts with.
    pub(super) fn at_start(first: &Snapshot) -> Amiss {
        let mut amiss = Amiss::default();
        amiss.look(first, first.loaded_at());
        amiss
    }

    /// What to say of `next`, which was loaded at `at`.
    pub(super) fn say(&mut self, next: &Snapshot, at: Instant) -> Said {
        let had_errors = !self.0.is_empty();
        self.look(next, at);
        if self.0.is_empty() {
            return if had_errors { Said::Mended } else { Said::Whole };
        }
        let told = self.0.iter().map(|(what, since)| match since {
            Since::Outdated(since) => {
                let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
                format!("{what} is served as it was before {since}")
            }
            Since::NotServed => format!("{what} is not served"),
        });
        Said::Errors(told.collect::<Vec<_>>().join("; "))
    }

    fn look(&mut self, snapshot: &Snapshot, at: Instant) {
        let configuration = snapshot.configuration();
        let errors = configuration.diagnostics.iter().filter(|found| found.is_error());
        // A team that rests on a calendar with errors is in service itself; the calendar's file is what is as it was.
        let is_read = |error: &&Diagnostic| {
            error.team.as_ref().is_some_and(|team| configuration.teams.contains_key(team))
        };
        let standing = |error: &Diagnostic| match &error.team {
            Some(team) if snapshot.team(team.as_str()).is_none() => (team.to_string(), Since::NotServed),
            Some(team) => (team.to_string(), Since::Outdated(at)),
            None => (error.file.clone(), Since::Outdated(at)),
        };
        let mut now: BTreeMap<String, Since> = errors.filter(|error| !is_read(error)).map(standing).collect();
        for (what, since) in &mut now {
            if let (Since::Outdated(_), Some(Since::Outdated(before))) = (*since, self.0.get(what)) {
                *since = Since::Outdated(*before);
            }
        }
        self.0 = now;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::{Scope, load, reload};
    use crate::live::publish::{Cause, Publisher, Terms};
    use crate::live::sample::{TEAM, at, configuration};

    #[test]
    fn of_a_calendar_with_errors_it_is_the_calendar_that_stays_as_it_was() {
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
        let mut amiss = Amiss::at_start(&before);
        write("holidays/house.toml", "[calendar]\nname = ");
        write("teams/good.toml", &TEAM.replace("Sample", "Moved on"));
        let configuration = reload(folder.path(), now, before.configuration(), &Scope::All).unwrap();
        let terms = Terms { at: now, cause: Cause::Change, is_written: false };
        let publisher = Publisher::forgetful();
        let next = before.reloaded(Arc::new(configuration), Default::default(), &publisher, terms).unwrap();
        let told = "holidays/house.toml is served as it was before 2026-02-10T12:00:00Z";
        assert_eq!(amiss.say(&next, now), Said::Errors(told.to_owned()));
    }

    #[test]
    fn a_load_tells_what_is_served_as_it_was_and_when_that_is_over() {
        let now = at("2026-02-10T12:00:00Z");
        let broken_beside = |good: &str, settings: &str, at: Instant| {
            configuration(settings, &[("good", good), ("lost", "name = 1")], at)
        };
        let mut snapshot = Snapshot::new(broken_beside(TEAM, "", now), now);
        let mut amiss = Amiss::at_start(&snapshot);
        let mut say = |configuration, time: &str| {
            let terms = Terms { at: at(time), cause: Cause::Change, is_written: false };
            let publisher = Publisher::forgetful();
            snapshot =
                snapshot.reloaded(Arc::new(configuration), Default::default(), &publisher, terms).unwrap();
            amiss.say(&snapshot, at(time))
        };
        let lost = "lost is not served";
        let outdated = "good is served as it was before 2026-02-10T12:01:00Z";
        assert_eq!(
            say(broken_beside("name = 1", "", now), "2026-02-10T12:01:00Z"),
            Said::Errors(format!("{outdated}; {lost}"))
        );
        let settings = "oncal.toml is served as it was before 2026-02-10T12:02:00Z";
        assert_eq!(
            say(broken_beside("name = 2", "x = 1", now), "2026-02-10T12:02:00Z"),
            Said::Errors(format!("{outdated}; {lost}; {settings}"))
        );
        let whole = || configuration("", &[("good", TEAM)], now);
        assert_eq!(say(whole(), "2026-02-10T12:03:00Z"), Said::Mended);
        assert_eq!(say(whole(), "2026-02-10T12:04:00Z"), Said::Whole);
        assert_eq!(
            say(broken_beside("name = 1", "", now), "2026-02-10T12:05:00Z"),
            Said::Errors(format!("good is served as it was before 2026-02-10T12:05:00Z; {lost}"))
        );
    }
}
