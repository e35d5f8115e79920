//! One team within its current week: its rota over the window of feeds, and the feeds.
//!
//! Everything is computed when it is first requested and then kept, so that a server of thousands of teams starts at
//! once and holds only what somebody reads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::TimeDelta;

use crate::config::TeamConfig;
use crate::feed::{Event, Feed, Head, Links, Plan, Rendered, events};
use crate::journal::Journal;
use crate::rota::{Coverage, Instant, Occasion, Period, Schedule, Team, coverage_by_occasion, expand};

use super::feed_slot::{FeedSlot, FeedSource};
use super::subscribers::{FeedSubscribers, TeamSubscribers};
use crate::publish::{
    Change, Frame, JournalState, Published, PublishedTeam, TeamToPublish, cancelled as cancelled_of,
    has_been_in, head_uid, revision,
};

/// How far ahead [`TeamSnapshot::near`] goes: with the whole window, an index of thousands of teams would hold a year
/// of each.
const NEAR_WEEKS: TimeDelta = TimeDelta::weeks(10);

/// What is served of one team from one duty change to the next.
#[derive(Debug)]
pub struct TeamSnapshot {
    config: Arc<TeamConfig>,
    links: Links,
    frame: Frame,
    /// Whether the week of the frame has begun: before the first duty change it has not.
    has_begun: bool,
    /// When the current week began; `None` in the first week of the rota, which is also the current one before it
    /// begins.
    valid_from: Option<Instant>,
    published: Arc<PublishedTeam>,
    is_restored: bool,
    feeds: Vec<FeedSlot>,
    subscribers: Arc<TeamSubscribers>,
    near: OnceLock<Schedule>,
    ahead: OnceLock<Ahead>,
    computed_events: Mutex<Option<Vec<Event>>>,
    contents: OnceLock<Contents>,
    serial: u64,
}

/// The effect of absences on the rota over the window of feeds.
#[derive(Debug)]
struct Ahead {
    coverage: Coverage,
    occasions: Vec<Occasion>,
}

/// Numbers the snapshots of teams.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

/// What a team's feeds are written from.
#[derive(Debug)]
struct Contents {
    events: Vec<Rendered>,
    /// In the order of the team's feeds.
    feeds: Vec<OwnContents>,
}

/// What one feed has besides the events.
#[derive(Debug)]
struct OwnContents {
    /// When the feed itself last changed: a week began, an event left it, or its own properties changed.
    changed: Instant,
    /// The events that left it and are not over yet, for downloads.
    cancelled: Vec<Rendered>,
}

impl TeamSnapshot {
    /// The team as it was published, at `now`.
    pub(super) fn new(
        team: TeamToPublish,
        published: Published,
        subscribers: Arc<TeamSubscribers>,
        now: Instant,
    ) -> TeamSnapshot {
        let TeamToPublish { config, frame, links, is_restored, .. } = team;
        let feeds = Feed::all(&config.team);
        let feeds = feeds.into_iter().enumerate().map(|(index, feed)| FeedSlot::new(feed, index)).collect();
        TeamSnapshot {
            has_begun: frame.week.start() <= now,
            valid_from: Some(frame.week.start()).filter(|start| *start != config.team.starts()),
            published: published.team,
            is_restored,
            computed_events: Mutex::new(published.events),
            links,
            config,
            frame,
            feeds,
            subscribers,
            near: OnceLock::new(),
            ahead: OnceLock::new(),
            contents: OnceLock::new(),
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Computes ahead what somebody requested of `before`.
    pub(super) fn prepare_like(&self, before: &TeamSnapshot) {
        if before.is_in_use() {
            self.contents();
        }
        if before.near.get().is_some() {
            self.near();
        }
        if before.ahead.get().is_some() {
            self.ahead();
        }
    }

    /// A number that no other snapshot of any team in this process has.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether anybody has requested one of its feeds.
    pub(super) fn is_in_use(&self) -> bool {
        self.contents.get().is_some()
    }

    /// What the team was made from.
    pub fn config(&self) -> &Arc<TeamConfig> {
        &self.config
    }

    /// What the links in its events start with.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// When the current week began; `None` in the first week of the rota, which is also the current one before it
    /// begins.
    pub(super) fn valid_from(&self) -> Option<Instant> {
        self.valid_from
    }

    /// Whether the current week is the one at `now`.
    pub(super) fn is_current(&self, now: Instant) -> bool {
        self.valid_from().is_none_or(|from| from <= now) && now < self.frame.week.end()
    }

    /// What was published of it.
    pub(super) fn published(&self) -> &Arc<PublishedTeam> {
        &self.published
    }

    /// How often it has been written to the journal, as far as this process knows.
    pub fn version(&self) -> i64 {
        self.published.version()
    }

    /// Whether this is the last published version, because the files had errors when the server started.
    pub fn is_restored(&self) -> bool {
        self.is_restored
    }

    /// Whether the journal has its revisions.
    pub fn journal_state(&self) -> JournalState {
        self.published.state
    }

    /// The latest changes of who is on call, in the order in which they were published.
    pub fn changes(&self) -> &[Change] {
        &self.published.changes
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
        &self.ahead().coverage
    }

    /// The occasions of the window of feeds, by first date.
    pub fn occasions(&self) -> &[Occasion] {
        &self.ahead().occasions
    }

    fn ahead(&self) -> &Ahead {
        self.ahead.get_or_init(|| {
            let (coverage, occasions) = coverage_by_occasion(self.team(), self.frame.window);
            Ahead { coverage, occasions }
        })
    }

    /// Every feed, in display order.
    pub fn feeds(&self) -> &[FeedSlot] {
        &self.feeds
    }

    /// The feed at `path` below `/{team}/`.
    pub fn feed_at(&self, path: &str) -> Option<&FeedSlot> {
        self.feeds.iter().find(|slot| slot.path == path)
    }

    /// What one of this team's feeds is written from.
    pub fn source<'a>(&'a self, slot: &'a FeedSlot) -> FeedSource<'a> {
        let contents = self.contents();
        let own = contents.feeds.get(slot.index);
        let changed = own.map_or(self.frame.week.start(), |own| own.changed);
        FeedSource {
            head: Head { feed: &slot.feed, team: self.team(), links: &self.links, changed },
            events: &contents.events,
            cancelled: own.map(|own| &*own.cancelled).unwrap_or_default(),
        }
    }

    /// The counts of one of this team's feeds, now and in later snapshots.
    pub fn subscribers<'a>(&'a self, slot: &'a FeedSlot) -> &'a FeedSubscribers {
        slot.subscribers.get_or_init(|| self.subscribers.feed(&slot.path))
    }

    fn take_computed_events(&self) -> Option<Vec<Event>> {
        self.computed_events.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn contents(&self) -> &Contents {
        self.contents.get_or_init(|| {
            let (id, week_start) = (&self.team().id, self.frame.week.start());
            let journal = self.published.open(id, week_start);
            let events = self
                .take_computed_events()
                .unwrap_or_else(|| events(&Plan::new(self.team(), self.frame.window), &self.links));
            let rendered = |event: Event| {
                let revision = revision(&journal, &event.uid, week_start);
                Rendered::new(event, revision)
            };
            Contents {
                events: events.into_iter().map(rendered).collect(),
                feeds: self.feeds.iter().map(|slot| self.own_contents(slot, &journal)).collect(),
            }
        })
    }

    fn own_contents(&self, slot: &FeedSlot, journal: &Journal) -> OwnContents {
        let week_start = self.frame.week.start();
        // A later week may have begun by a clock that was set back since.
        let latest = week_start.max(journal.week_start);
        let begun = (self.has_begun || week_start < latest).then_some(latest);
        let head = journal.entries.get(&head_uid(&slot.path)).map(|entry| entry.revision.modified);
        let mut changed = begun.max(head).unwrap_or(week_start);
        let mut cancelled = Vec::new();
        for (uid, entry) in &journal.entries {
            // It was in the feed, whose date must not fall where the window moves back or becomes shorter.
            let is_elsewhere = !self.frame.window.contains(entry.fact.anchor);
            if is_elsewhere && changed < entry.revision.modified && has_been_in(entry, &slot.feed) {
                changed = entry.revision.modified;
            }
            let Some(event) = cancelled_of((uid, entry), &slot.feed, self.team()) else { continue };
            changed = changed.max(entry.revision.modified);
            if week_start < entry.fact.end {
                let revision = revision(journal, &event.uid, week_start);
                cancelled.push(Rendered::new(event, revision));
            }
        }
        OwnContents { changed, cancelled }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::live::{Builder, Snapshot};
    use crate::publish::Publisher;

    fn loaded(settings: &str, now: &str) -> Snapshot {
        let now = at(now);
        Snapshot::new(configuration(settings, &[("sample", TEAM)], now), now)
    }

    fn sample(snapshot: &Snapshot) -> &TeamSnapshot {
        snapshot.team("sample").unwrap()
    }

    /// What follows at a duty change, with what was in use written ahead.
    fn rolled(snapshot: &Snapshot, now: &str) -> Snapshot {
        let next = Builder::new(Publisher::without_journal()).renew(snapshot, at(now)).written().unwrap();
        next.prepare_like(snapshot, |_, _| {});
        next
    }

    fn text(team: &TeamSnapshot, path: &str) -> String {
        String::from_utf8(team.source(team.feed_at(path).unwrap()).calendar(None, false)).unwrap()
    }

    fn modified(team: &TeamSnapshot, path: &str) -> Instant {
        team.source(team.feed_at(path).unwrap()).modified()
    }

    #[test]
    fn every_feed_of_the_team_has_its_path_and_nothing_else_has() {
        let snapshot = loaded("", "2026-02-10T12:00:00Z");
        let team = sample(&snapshot);
        for path in ["team.ics", "coverage.ics", "primary.ics", "secondary.ics", "engineers/a.ics"] {
            assert!(text(team, path).starts_with("BEGIN:VCALENDAR\r\n"), "{path}");
        }
        for path in
            ["", "team", "team.ics/", "Team.ics", "engineers/e.ics", "engineers/", "a.ics", "../x.ics"]
        {
            assert!(team.feed_at(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_duty_change_moves_the_window_and_keeps_what_is_known_of_events() {
        let snapshot = loaded("past_weeks = 0\nfuture_weeks = 1", "2026-02-10T12:00:00Z");
        let next = rolled(&snapshot, "2026-02-13T15:00:00Z");
        let [old, new] = [&snapshot, &next].map(|snapshot| text(sample(snapshot), "primary.ics"));
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
        let mut snapshot = loaded("past_weeks = 0\nfuture_weeks = 1", "2026-02-10T12:00:00Z");
        let paths = ["team.ics", "coverage.ics", "engineers/a.ics", "primary.ics"];
        let before = paths.map(|path| modified(sample(&snapshot), path));
        assert_eq!(before[0], at("2026-02-10T12:00:00Z"), "when it was loaded");
        for change in ["2026-02-13T15:00:00Z", "2026-02-20T15:00:00Z", "2026-03-13T14:00:00Z"] {
            let before = paths.map(|path| modified(sample(&snapshot), path));
            snapshot = rolled(&snapshot, change);
            for (path, before) in paths.iter().zip(before) {
                let after = modified(sample(&snapshot), path);
                assert!(before < after && after == at(change), "{path}: {before} to {after}");
            }
        }
        let after_clock_went_back = rolled(&snapshot, "2026-02-21T00:00:00Z");
        for path in paths {
            let [before, after] = [&snapshot, &after_clock_went_back].map(|one| modified(sample(one), path));
            assert!(before <= after, "{path}: {before} to {after}");
        }
    }

    #[test]
    fn last_modified_stays_where_what_changed_last_leaves_a_shorter_window() {
        let snapshot = loaded("future_weeks = 3", "2026-02-10T12:00:00Z");
        let text = format!(
            "{TEAM}[[override]]\nfrom = 2026-03-01\nto = 2026-03-02\nprimary = \"d\"\nsecondary = \"c\"\n"
        );
        let builder = Builder::new(Publisher::without_journal());
        let reload = |before: &Snapshot, settings, now| {
            let next = configuration(settings, &[("sample", &text)], at(now));
            builder.reload(before, Arc::new(next), BTreeSet::new(), at(now)).written().unwrap()
        };
        let edited = reload(&snapshot, "future_weeks = 3", "2026-02-11T09:00:00Z");
        let shorter = reload(&edited, "future_weeks = 1", "2026-02-11T10:00:00Z");
        for path in ["team.ics", "primary.ics", "engineers/d.ics"] {
            let dates = [&edited, &shorter].map(|snapshot| modified(sample(snapshot), path));
            assert_eq!(dates, [at("2026-02-11T09:00:00Z"); 2], "{path}");
        }
    }

    #[test]
    fn nothing_is_modified_in_the_future_before_the_first_duty_change() {
        let snapshot = loaded("", "2025-06-01T00:00:00Z");
        let team = sample(&snapshot);
        for slot in team.feeds() {
            assert_eq!(modified(team, &slot.path), at("2025-06-01T00:00:00Z"), "{}", slot.path);
        }
    }

    #[test]
    fn what_was_in_use_is_computed_ahead_and_the_rest_is_not() {
        let snapshot = loaded("", "2026-02-10T12:00:00Z");
        let (team, change) = (sample(&snapshot), "2026-02-13T15:00:00Z");
        let next = rolled(&snapshot, change);
        let untouched = sample(&next);
        assert!(untouched.contents.get().is_none());
        assert!(untouched.near.get().is_none() && untouched.ahead.get().is_none());
        assert!(untouched.take_computed_events().is_none(), "nobody requested a feed, so nothing is held");
        team.near();
        team.coverage();
        team.contents();
        let next = rolled(&snapshot, change);
        let prepared = sample(&next);
        assert!(prepared.contents.get().is_some());
        assert!(prepared.near.get().is_some() && prepared.ahead.get().is_some());
    }

    #[test]
    fn no_two_snapshots_of_a_team_share_a_serial() {
        let snapshots = ["2026-02-10T12:00:00Z"; 2].map(|now| loaded("", now));
        assert_ne!(sample(&snapshots[0]).serial(), sample(&snapshots[1]).serial());
    }
}
