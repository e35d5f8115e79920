//! Which part of the configuration must be read again, and when: once the folder has been quiet for a moment and no
//! changed file is open for writing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant as Moment};

use crate::config::Scope;
use crate::rota::TeamId;

/// How long the folder must be quiet before it is read: editors save in several steps.
pub(super) const QUIET: Duration = Duration::from_millis(150);

/// How long to wait at most for a folder that never becomes quiet.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// How long to wait for a file that is being written: a program may keep it open for ever.
pub(super) const MAX_WRITE: Duration = Duration::from_secs(5);

/// The changes that have not been read yet.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    pending: Option<Pending>,
    /// The files that are open for writing, and since when.
    open: BTreeMap<PathBuf, Moment>,
}

#[derive(Debug)]
struct Pending {
    scope: Scope,
    /// When the first of these changes happened.
    first: Moment,
    /// When they may be read.
    from: Moment,
}

impl Debounce {
    /// Reads everything at once.
    pub(super) fn everything(now: Moment) -> Debounce {
        Debounce {
            pending: Some(Pending { scope: Scope::All, first: now, from: now }),
            ..Debounce::default()
        }
    }

    /// Adds `scope`. It is read together with earlier changes after `quiet` without another change.
    pub(super) fn add(&mut self, now: Moment, scope: Scope, quiet: Duration) {
        let (scope, first) = match (self.pending.take(), scope) {
            (None, scope) => (scope, now),
            (Some(Pending { scope: Scope::Teams(mut old), first, .. }), Scope::Teams(new)) => {
                old.extend(new);
                (Scope::Teams(old), first)
            }
            (Some(pending), _) => (Scope::All, pending.first),
        };
        self.pending = Some(Pending { scope, first, from: (now + quiet).min(first + MAX_DELAY) });
    }

    /// What must be read by `now`; it counts as read from then on.
    pub(super) fn take(&mut self, now: Moment) -> Option<Scope> {
        if now < self.written(now) {
            return None;
        }
        self.pending.take_if(|pending| pending.from <= now).map(|pending| pending.scope)
    }

    /// Whether nothing has to be read.
    pub(super) fn is_idle(&self) -> bool {
        self.pending.is_none()
    }

    /// Notes that the file at `path` is open for writing.
    pub(super) fn open(&mut self, now: Moment, path: PathBuf) {
        self.open.entry(path).or_insert(now);
    }

    /// Notes that the file at `path` was closed.
    pub(super) fn close(&mut self, path: &Path) {
        self.open.remove(path);
    }

    /// Until when to wait for files that are open for writing; `now` if none is.
    fn written(&mut self, now: Moment) -> Moment {
        self.open.retain(|_, since| now < *since + MAX_WRITE);
        self.open.values().max().map_or(now, |since| *since + MAX_WRITE)
    }

    /// How long until something must be read.
    pub(super) fn remaining(&mut self, now: Moment) -> Option<Duration> {
        let written = self.written(now);
        let pending = self.pending.as_ref()?;
        Some(pending.from.max(written).saturating_duration_since(now))
    }
}

/// What must be read after a change of the file at `within`, a path below the configuration folder.
pub(super) fn scope_of(within: &Path) -> Scope {
    team_of(within).map_or(Scope::All, |team| Scope::Teams(BTreeSet::from([team])))
}

/// Whether the file at `within`, a path below the configuration folder, is one that a load reads. Others, such as an
/// editor's swap file or a log, may be open for writing for hours.
pub(super) fn is_read(within: &Path) -> bool {
    let parts: Option<Vec<&str>> = within.components().map(|part| part.as_os_str().to_str()).collect();
    let Some(parts) = parts else { return false };
    match parts[..] {
        ["oncal.toml"] => true,
        ["teams" | "holidays" | "runbooks" | "time-off", .., file] => {
            let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
            !file.starts_with('.') && ["toml", "md", "ics"].contains(&extension)
        }
        _ => false,
    }
}

/// The team that a file belongs to, if it belongs to one team alone.
fn team_of(within: &Path) -> Option<TeamId> {
    let mut parts = within.components().map(Component::as_os_str).map(|part| part.to_str());
    match (parts.next()??, parts.next()??, parts.next()) {
        ("teams", file, None) => TeamId::new(file.strip_suffix(".toml")?),
        ("runbooks" | "time-off", team, Some(_)) => TeamId::new(team),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teams(ids: &[&str]) -> Scope {
        Scope::Teams(ids.iter().map(|id| TeamId::new(id).unwrap()).collect())
    }

    #[test]
    fn a_change_of_a_team_file_concerns_that_team_and_any_other_change_all_teams() {
        for (path, scope) in [
            ("teams/a.toml", teams(&["a"])),
            ("runbooks/a/profit.md", teams(&["a"])),
            ("time-off/a/ann.ics", teams(&["a"])),
            ("teams", Scope::All),
            ("teams/A.toml", Scope::All),
            ("teams/a.toml.swp", Scope::All),
            ("teams/a/b.toml", Scope::All),
            ("runbooks/a", Scope::All),
            ("holidays/a.toml", Scope::All),
            ("oncal.toml", Scope::All),
            ("..data", Scope::All),
        ] {
            assert_eq!(scope_of(Path::new(path)), scope, "{path}");
        }
    }

    #[test]
    fn only_files_that_are_read_are_waited_for() {
        for (path, is_waited_for) in [
            ("oncal.toml", true),
            ("teams/a.toml", true),
            ("holidays/house.toml", true),
            ("holidays/de.ics", true),
            ("runbooks/a/profit.md", true),
            ("time-off/a/ann.ics", true),
            ("", false),
            ("teams", false),
            ("teams/.a.toml.swp", false),
            ("teams/.a.toml", false),
            ("teams/a.toml~", false),
            ("oncal.log", false),
            ("state/journal.sqlite-wal", false),
            ("..version_2/teams/a.toml", false),
        ] {
            assert_eq!(is_read(Path::new(path)), is_waited_for, "{path}");
        }
    }

    #[test]
    fn changes_wait_for_files_that_are_open_for_writing_but_no_longer_than_five_seconds() {
        let (mut debounce, start) = (Debounce::default(), Moment::now());
        let after = |ms| start + Duration::from_millis(ms);
        let [one, other] = ["one", "other"].map(PathBuf::from);
        debounce.open(start, one.clone());
        debounce.add(start, teams(&["a"]), QUIET);
        assert_eq!(debounce.take(after(4999)), None);
        debounce.close(&one);
        assert_eq!(debounce.take(after(4999)), Some(teams(&["a"])));
        debounce.open(after(5000), one.clone());
        debounce.open(after(6000), other);
        debounce.open(after(9000), one);
        debounce.add(after(9000), Scope::All, Duration::ZERO);
        assert_eq!(debounce.remaining(after(9000)), Some(Duration::from_secs(2)));
        assert_eq!(debounce.take(after(10_999)), None);
        assert_eq!(debounce.take(after(11_000)), Some(Scope::All));
    }

    #[test]
    fn changes_are_read_once_the_folder_is_quiet_or_after_a_second() {
        let (mut debounce, start) = (Debounce::default(), Moment::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!((debounce.remaining(start), debounce.take(start)), (None, None));
        debounce.add(start, teams(&["a"]), QUIET);
        debounce.add(after(100), teams(&["b"]), QUIET);
        assert_eq!(debounce.take(after(200)), None, "it was not quiet yet");
        assert_eq!(debounce.remaining(after(200)), Some(Duration::from_millis(50)));
        assert_eq!(debounce.take(after(250)), Some(teams(&["a", "b"])));
        assert_eq!(debounce.take(after(9999)), None);
        for ms in (0..5000).step_by(100) {
            debounce.add(after(ms), teams(&["a"]), QUIET);
        }
        debounce.add(after(5000), Scope::All, QUIET);
        assert_eq!(debounce.take(after(1000)), Some(Scope::All), "a second after the first change");
    }
}
