//! What of the configuration is to be read again, and when.

use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::time::{Duration, Instant as Moment};

use crate::config::Scope;
use crate::rota::TeamId;

/// How long the folder must be quiet before it is read: editors write in several steps.
pub(super) const QUIET: Duration = Duration::from_millis(150);

/// How long a folder that never is quiet is left alone.
const LONGEST_QUIET: Duration = Duration::from_secs(1);

/// What was asked for and not yet done.
#[derive(Debug, Default)]
pub(super) struct Due(Option<Asked>);

#[derive(Debug)]
struct Asked {
    scope: Scope,
    first: Moment,
    from: Moment,
}

impl Due {
    /// Everything, at once.
    pub(super) fn everything(now: Moment) -> Due {
        Due(Some(Asked { scope: Scope::All, first: now, from: now }))
    }

    /// Adds `scope`, to be read with what is waiting once nothing more was asked for `quiet`.
    pub(super) fn add(&mut self, now: Moment, scope: Scope, quiet: Duration) {
        let (scope, first) = match (self.0.take(), scope) {
            (None, scope) => (scope, now),
            (Some(Asked { scope: Scope::Teams(mut old), first, .. }), Scope::Teams(new)) => {
                old.extend(new);
                (Scope::Teams(old), first)
            }
            (Some(asked), _) => (Scope::All, asked.first),
        };
        self.0 = Some(Asked { scope, first, from: (now + quiet).min(first + LONGEST_QUIET) });
    }

    /// What is to be read by `now`, which then is no longer due.
    pub(super) fn take(&mut self, now: Moment) -> Option<Scope> {
        self.0.take_if(|asked| asked.from <= now).map(|asked| asked.scope)
    }

    /// How long until something is.
    pub(super) fn left(&self, now: Moment) -> Option<Duration> {
        self.0.as_ref().map(|asked| asked.from.saturating_duration_since(now))
    }
}

/// What a change of the file at `within`, below the configuration folder, makes it necessary to read.
pub(super) fn scope_of(within: &Path) -> Scope {
    team_of(within).map_or(Scope::All, |team| Scope::Teams(BTreeSet::from([team])))
}

/// The team that a file belongs to, if it is one of a single team.
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
    fn a_file_of_one_team_concerns_it_and_any_other_file_everybody() {
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
    fn what_is_asked_for_waits_for_quiet_but_not_for_ever() {
        let (mut due, start) = (Due::default(), Moment::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!((due.left(start), due.take(start)), (None, None));
        due.add(start, teams(&["a"]), QUIET);
        due.add(after(100), teams(&["b"]), QUIET);
        assert_eq!(due.take(after(200)), None, "it was not quiet yet");
        assert_eq!(due.left(after(200)), Some(Duration::from_millis(50)));
        assert_eq!(due.take(after(250)), Some(teams(&["a", "b"])));
        assert_eq!(due.take(after(9999)), None);
        for ms in (0..5000).step_by(100) {
            due.add(after(ms), teams(&["a"]), QUIET);
        }
        due.add(after(5000), Scope::All, QUIET);
        assert_eq!(due.take(after(1000)), Some(Scope::All), "a second after it was first asked for");
    }
}
