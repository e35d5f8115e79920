//! One team within its current week: its rota over the window of feeds, and the feeds.
//!
//! All of it is worked out when first asked for and then kept, so that a server of thousands of teams starts at
//! once and holds only what somebody reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;

use crate::config::{BaseUrl, Settings, TeamConfig};
use crate::feed::{Alarm, Feed, Links, Plan, Rendered, events};
use crate::rota::{Coverage, Instant, Period, Schedule, Team, coverage, expand};

use super::coding::Coding;
use super::feeds::{FeedSlot, Representation, Source};
use super::frame::{Frame, frame};
use super::revisions::Revisions;

/// How far ahead people are told when somebody's duty ends. Not the whole window: an index of thousands of teams
/// would hold all their years.
const NEAR_WEEKS: TimeDelta = TimeDelta::weeks(8);

/// What is served of one team from one duty change to the next.
#[derive(Debug)]
pub struct TeamSnapshot {
    config: Arc<TeamConfig>,
    links: Links,
    frame: Frame,
    loaded_at: Instant,
    changed: Instant,
    feeds: Vec<FeedSlot>,
    near: OnceLock<Schedule>,
    coverage: OnceLock<Coverage>,
    events: OnceLock<Vec<Rendered>>,
    written: AtomicU64,
}

impl TeamSnapshot {
    /// The team as it is at `now`, its configuration loaded at `loaded_at`. `None` only where no week of the team has a
    /// representable date.
    pub(super) fn new(
        config: Arc<TeamConfig>,
        settings: &Settings,
        loaded_at: Instant,
        now: Instant,
    ) -> Option<TeamSnapshot> {
        let frame = frame(&config.team, weeks(settings.past_weeks), weeks(settings.future_weeks), now)?;
        // Before the first duty change that week is still to come, and nothing has changed in the future.
        let changed = Some(frame.week.start()).filter(|start| *start <= now).unwrap_or(loaded_at);
        let feeds = Feed::all(&config.team);
        let feeds = feeds.into_iter().map(|feed| FeedSlot::new(feed, &config.team)).collect();
        Some(TeamSnapshot {
            links: Links::new(settings.pages_url.as_ref().map(BaseUrl::as_str)),
            config,
            frame,
            loaded_at,
            changed,
            feeds,
            near: OnceLock::new(),
            coverage: OnceLock::new(),
            events: OnceLock::new(),
            written: AtomicU64::new(0),
        })
    }

    /// The same team at `now`, in a later week, with whatever was in use written ahead.
    pub(super) fn rolled(&self, settings: &Settings, now: Instant) -> Option<TeamSnapshot> {
        let next = TeamSnapshot::new(Arc::clone(&self.config), settings, self.loaded_at, now)?;
        if let Some(before) = self.events.get() {
            let since = next.frame.week.start();
            next.events.get_or_init(|| next.render(&Revisions::after(before, since)));
            for (old, new) in self.feeds.iter().zip(&next.feeds) {
                for (alarm, coding) in old.in_use() {
                    next.representation(new, alarm, coding);
                }
            }
        }
        if self.near.get().is_some() {
            next.near();
        }
        if self.coverage.get().is_some() {
            next.coverage();
        }
        Some(next)
    }

    /// The team.
    pub fn team(&self) -> &Team {
        &self.config.team
    }

    /// The current week and the window of feeds.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The rota of the current week and [`NEAR_WEEKS`] after it: who is on call, and until when.
    pub fn near(&self) -> &Schedule {
        self.near.get_or_init(|| {
            let week = self.frame.week;
            expand(self.team(), Period::new(week.start(), week.end() + NEAR_WEEKS).unwrap_or(week))
        })
    }

    /// The coverage of the window of feeds.
    pub fn coverage(&self) -> &Coverage {
        self.coverage.get_or_init(|| coverage(self.team(), &expand(self.team(), self.frame.window)))
    }

    /// Every feed, in the order in which people are shown them.
    pub fn feeds(&self) -> &[FeedSlot] {
        &self.feeds
    }

    /// The feed at `path` below `/{team}/`.
    pub fn feed_at(&self, path: &str) -> Option<&FeedSlot> {
        self.feeds.iter().find(|slot| slot.path == path)
    }

    /// The bytes of one of this team's feeds: written now if nobody asked for them before, once however many ask.
    pub fn representation<'a>(
        &'a self,
        slot: &'a FeedSlot,
        alarm: Option<Alarm>,
        coding: Coding,
    ) -> &'a Representation {
        if let Some(ready) = slot.ready(alarm, coding) {
            return ready;
        }
        let events = self.events.get_or_init(|| self.render(&Revisions::first(self.loaded_at)));
        let source = Source {
            team: self.team(),
            links: &self.links,
            changed: self.changed,
            events,
            written: &self.written,
        };
        slot.write(&source, alarm, coding)
    }

    /// How many representations of feeds have been written.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn render(&self, revisions: &Revisions<'_>) -> Vec<Rendered> {
        let plan = Plan::new(self.team(), self.frame.window);
        let events = events(&plan, &self.links).into_iter();
        events
            .map(|event| {
                let revision = revisions.of(&event);
                Rendered::new(event, revision)
            })
            .collect()
    }
}

fn weeks(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};
    use http::HeaderValue;

    struct Fixture {
        settings: Settings,
        team: TeamSnapshot,
    }

    fn loaded(settings: &str, now: &str) -> Fixture {
        let now = at(now);
        let configuration = configuration(settings, &[("sample", TEAM)], now);
        let config = Arc::clone(configuration.teams.values().next().unwrap());
        let team = TeamSnapshot::new(config, &configuration.settings, now, now).unwrap();
        Fixture { settings: configuration.settings, team }
    }

    fn text(team: &TeamSnapshot, path: &str) -> String {
        let slot = team.feed_at(path).unwrap();
        String::from_utf8(team.representation(slot, None, Coding::Identity).body.to_vec()).unwrap()
    }

    fn modified(team: &TeamSnapshot, path: &str) -> Instant {
        team.representation(team.feed_at(path).unwrap(), None, Coding::Identity).modified
    }

    #[test]
    fn however_many_ask_at_once_each_representation_is_written_once() {
        let team = &loaded("", "2026-02-10T12:00:00Z").team;
        let start = std::sync::Barrier::new(64);
        std::thread::scope(|scope| {
            for n in 0..64 {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let coding = Coding::ALL[n % Coding::ALL.len()];
                    team.representation(team.feed_at("team.ics").unwrap(), None, coding);
                });
            }
        });
        assert_eq!(team.written(), 3, "one for each coding");
        team.representation(team.feed_at("team.ics").unwrap(), Some(Alarm::H1), Coding::Gzip);
        assert_eq!(team.written(), 5, "and with an alarm one as it is and one compressed");
    }

    #[test]
    fn a_tag_is_of_the_bytes_so_each_coding_has_its_own() {
        let (one, other) = (loaded("", "2026-02-10T12:00:00Z").team, loaded("", "2026-02-10T12:00:00Z").team);
        let tag = |team: &TeamSnapshot, path: &str, coding| {
            team.representation(team.feed_at(path).unwrap(), None, coding).etag.clone()
        };
        let tags = Coding::ALL.map(|coding| tag(&one, "team.ics", coding));
        assert_eq!(tags, Coding::ALL.map(|coding| tag(&other, "team.ics", coding)), "the same bytes");
        let distinct: std::collections::BTreeSet<_> = tags.iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(distinct.len(), 3);
        for tag in tags.iter().map(|tag| tag.to_str().unwrap()) {
            assert!(tag.len() == 2 + 2 * 16 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        }
        assert_ne!(tag(&one, "primary.ics", Coding::Identity), tags[0]);
    }

    #[test]
    fn every_feed_of_the_team_has_its_path_and_nothing_else_has() {
        let team = loaded("", "2026-02-10T12:00:00Z").team;
        for path in ["team.ics", "coverage.ics", "primary.ics", "secondary.ics", "engineers/a.ics"] {
            assert!(text(&team, path).starts_with("BEGIN:VCALENDAR\r\n"), "{path}");
        }
        for path in
            ["", "team", "team.ics/", "Team.ics", "engineers/e.ics", "engineers/", "a.ics", "../x.ics"]
        {
            assert!(team.feed_at(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_duty_change_moves_the_window_and_keeps_what_is_known_of_events() {
        let Fixture { settings, team } = loaded("past_weeks = 0\nfuture_weeks = 1", "2026-02-10T12:00:00Z");
        let (old, change) = (text(&team, "primary.ics"), at("2026-02-13T15:00:00Z"));
        let next = team.rolled(&settings, change).unwrap();
        let new = text(&next, "primary.ics");
        for (start, was, is) in [
            ("20260206T150000Z", true, false),
            ("20260213T150000Z", true, true),
            ("20260220T150000Z", false, true),
        ] {
            let uid = format!("UID:sample.primary.{start}@");
            assert_eq!((old.contains(&uid), new.contains(&uid)), (was, is), "{start}");
        }
        let created = |feed: &str, uid: &str| {
            let event = feed.split("BEGIN:VEVENT").find(|event| event.contains(uid)).unwrap();
            event.lines().find_map(|line| line.strip_prefix("CREATED:")).unwrap().to_owned()
        };
        assert_eq!(created(&new, "primary.20260213T150000Z"), "20260210T120000Z", "as it was loaded");
        assert_eq!(created(&new, "primary.20260220T150000Z"), "20260213T150000Z", "as the week brought it");
    }

    #[test]
    fn last_modified_moves_with_the_window_and_never_back() {
        let Fixture { settings, mut team } =
            loaded("past_weeks = 0\nfuture_weeks = 1", "2026-02-10T12:00:00Z");
        let paths = ["team.ics", "coverage.ics", "engineers/a.ics", "primary.ics"];
        let before = paths.map(|path| modified(&team, path));
        assert_eq!(before[0], at("2026-02-10T12:00:00Z"), "when it was loaded");
        for change in ["2026-02-13T15:00:00Z", "2026-02-20T15:00:00Z", "2026-03-13T14:00:00Z"] {
            let before = paths.map(|path| modified(&team, path));
            team = team.rolled(&settings, at(change)).unwrap();
            for (path, before) in paths.iter().zip(before) {
                let after = modified(&team, path);
                assert!(before < after && after == at(change), "{path}: {before} to {after}");
            }
        }
    }

    #[test]
    fn nothing_is_modified_in_the_future_before_the_first_duty_change() {
        let team = loaded("", "2025-06-01T00:00:00Z").team;
        for slot in team.feeds() {
            assert_eq!(modified(&team, &slot.path), at("2025-06-01T00:00:00Z"), "{}", slot.path);
        }
    }

    #[test]
    fn what_was_in_use_is_written_ahead_and_the_rest_is_not() {
        let Fixture { settings, team } = loaded("", "2026-02-10T12:00:00Z");
        let change = at("2026-02-13T15:00:00Z");
        let untouched = team.rolled(&settings, change).unwrap();
        assert_eq!((untouched.written(), untouched.events.get().is_some()), (0, false));
        assert!(untouched.near.get().is_none() && untouched.coverage.get().is_none());
        team.near();
        team.coverage();
        team.representation(team.feed_at("team.ics").unwrap(), Some(Alarm::M5), Coding::Brotli);
        let next = team.rolled(&settings, change).unwrap();
        assert_eq!(next.written(), 2);
        assert!(next.near.get().is_some() && next.coverage.get().is_some());
        let slot = next.feed_at("team.ics").unwrap();
        assert!(slot.ready(Some(Alarm::M5), Coding::Brotli).is_some());
        assert!(slot.ready(None, Coding::Identity).is_none());
    }
}
