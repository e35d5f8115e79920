//! Events and changes in the form in which the journal stores them.

use std::borrow::Cow;

use chrono::NaiveDate;
use chrono::serde::ts_seconds;
use serde::{Deserialize, Serialize};

use crate::feed::{Event, Feed, Kind, Status, When};
use crate::journal::{ChangeRecord, Entry, Fact, ShortHash};
use crate::rota::{EngineerId, Holding, Instant, Period, Role, RoleChange, Side, Team, Zone};
use crate::text::clean;

/// An event as the journal stores it, so that a download can still list it as cancelled once it is gone. It is encoded
/// with postcard: a change of these types needs a new number of the journal's layout.
#[derive(Debug, Serialize, Deserialize)]
struct Record<'r> {
    kind: KindName,
    when: WhenRecord,
    #[serde(borrow)]
    summary: Cow<'r, str>,
    /// For a shift only.
    #[serde(borrow)]
    side: Option<SideRecord<'r>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KindName {
    Primary,
    Secondary,
    Handover,
    Deadline,
    Holiday,
    Unknown,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WhenRecord {
    Instants(#[serde(with = "ts_seconds")] Instant, #[serde(with = "ts_seconds")] Instant),
    Days(NaiveDate, NaiveDate),
}

#[derive(Debug, Serialize, Deserialize)]
struct SideRecord<'r> {
    #[serde(borrow)]
    engineer: Cow<'r, str>,
    tentative: bool,
    #[serde(borrow)]
    reason: Option<Cow<'r, str>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct MoveRecord<'r> {
    role: KindName,
    start: Instant,
    end: Instant,
    #[serde(borrow)]
    before: Option<SideRecord<'r>>,
    #[serde(borrow)]
    after: Option<SideRecord<'r>>,
}

/// A change of who is on call, and when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When it was published, in whole seconds.
    pub at: Instant,
    /// What changed.
    pub moved: RoleChange,
}

/// `event` for the journal, by its UID; its whole days end in `zone`.
pub(super) fn fact(event: &Event, zone: &Zone) -> (String, Fact) {
    let record = Record {
        kind: event.kind.into(),
        when: event.when.into(),
        summary: event.summary.as_str().into(),
        side: event.engineers.first().filter(|_| matches!(event.kind, Kind::Shift(_))).map(|engineer| {
            SideRecord {
                engineer: engineer.as_str().into(),
                tentative: event.status == Status::Tentative,
                reason: event.reason.as_deref().map(Cow::from),
            }
        }),
    };
    let hashes = event.hashes();
    let fact = Fact {
        anchor: event.anchor,
        end: event.when.end(zone),
        substance: mark(hashes.substance),
        content: mark(hashes.content),
        concerns: event.engineers.clone(),
        // Turning strings and numbers into bytes cannot fail.
        record: postcard::to_extend(&record, Vec::with_capacity(128)).unwrap_or_default(),
    };
    (event.uid.clone(), fact)
}

/// The properties of the feed at `path`, for the journal: when they change, so does the feed.
pub(super) fn head_fact(path: &str, content: [u8; 32], week_start: Instant) -> (String, Fact) {
    let fact = Fact {
        anchor: week_start,
        end: week_start,
        substance: 0,
        content: mark(content),
        concerns: Vec::new(),
        record: Vec::new(),
    };
    (head_uid(path), fact)
}

/// The name under which the journal stores a feed's own properties. No event has such a UID: theirs contain a full stop
/// before the `@`.
pub(crate) fn head_uid(path: &str) -> String {
    format!("feed:{path}")
}

/// Who holds a role, if the entry is a shift that is not withdrawn.
pub(super) fn holding(entry: &Entry) -> Option<Holding> {
    let record: Record<'_> = postcard::from_bytes(&entry.fact.record).ok().filter(|_| !entry.withdrawn)?;
    let WhenRecord::Instants(start, end) = record.when else { return None };
    let (role, side) = (record.kind.role()?, record.side?.read()?);
    Some(Holding { role, period: Period::new(start, end)?, side })
}

/// The cancelled event with which a download of `feed` reports the entry `uid` that left it: withdrawn, or given to
/// other engineers. `None` for an entry that did not leave it.
pub(crate) fn cancelled((uid, entry): (&str, &Entry), feed: &Feed, team: &Team) -> Option<Event> {
    if !has_left(entry, feed) {
        return None;
    }
    let record: Record<'_> = postcard::from_bytes(&entry.fact.record).ok()?;
    let (kind, when) = (record.kind.into(), record.when.into());
    let when = (when, entry.fact.anchor);
    let is_own = entry.withdrawn && Event::cancelled("", kind, when, "", "").is_in(feed);
    let concerns = |id: &EngineerId| entry.former.contains(id) || entry.fact.concerns.contains(id);
    let event = || {
        let (summary, why) = cancelled_text(entry, &record, feed, team);
        Event::cancelled(uid, kind, when, &summary, &why)
    };
    (is_own || matches!(feed, Feed::Engineer(id) if concerns(id))).then(event)
}

/// The title of an event that left `feed`, and what became of it. The record has the latest title only, which for
/// somebody who held the shift before names another person.
fn cancelled_text(entry: &Entry, record: &Record<'_>, feed: &Feed, team: &Team) -> (String, String) {
    let removed = || "This is no longer in the plan.".to_owned();
    let (Feed::Engineer(own), kind) = (feed, Kind::from(record.kind)) else {
        return (record.summary.to_string(), removed());
    };
    let name =
        |id: &str| team.index_of(id).map_or_else(|| id.to_owned(), |idx| clean(&team.engineer(idx).name));
    let former = name(own.as_str());
    let holder = record.side.as_ref().map(|side| &*side.engineer);
    match (kind, holder.filter(|holder| *holder != own.as_str())) {
        (Kind::Shift(role), Some(holder)) => {
            let summary = format!("{former}: {} on-call", role.as_str());
            (summary, if entry.withdrawn { removed() } else { format!("{} has it now.", name(holder)) })
        }
        _ if entry.withdrawn => (record.summary.to_string(), removed()),
        _ => (record.summary.to_string(), format!("This no longer concerns {former}.")),
    }
}

/// Whether an entry may once have been in `feed` and is not any more.
fn has_left(entry: &Entry, feed: &Feed) -> bool {
    entry.withdrawn || matches!(feed, Feed::Engineer(id) if entry.former.contains(id))
}

/// Whether an entry is in `feed` or may once have been.
pub(crate) fn has_been_in(entry: &Entry, feed: &Feed) -> bool {
    if let Feed::Engineer(id) = feed {
        return entry.fact.concerns.contains(id) || entry.former.contains(id);
    }
    postcard::from_bytes::<Record<'_>>(&entry.fact.record).is_ok_and(|record| {
        let when = (record.when.into(), entry.fact.anchor);
        Event::cancelled("", record.kind.into(), when, "", "").is_in(feed)
    })
}

/// `moved` for the list of changes.
pub(super) fn logged(at: Instant, moved: &RoleChange) -> ChangeRecord {
    let record = MoveRecord {
        role: Kind::Shift(moved.role).into(),
        start: moved.period.start(),
        end: moved.period.end(),
        before: moved.before.as_ref().map(SideRecord::of),
        after: moved.after.as_ref().map(SideRecord::of),
    };
    // Strings and numbers always are JSON.
    ChangeRecord { at, record: serde_json::to_string(&record).unwrap_or_default() }
}

/// A stored change; `None` if this version cannot read it.
pub(super) fn change(logged: &ChangeRecord) -> Option<Change> {
    let record: MoveRecord<'_> = serde_json::from_str(&logged.record).ok()?;
    let moved = RoleChange {
        role: record.role.role()?,
        period: Period::new(record.start, record.end)?,
        before: record.before.and_then(SideRecord::read),
        after: record.after.and_then(SideRecord::read),
    };
    Some(Change { at: logged.at, moved })
}

/// The first 64 bits of a hash.
fn mark(hash: [u8; 32]) -> ShortHash {
    let [a, b, c, d, e, f, g, h, ..] = hash;
    ShortHash::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl SideRecord<'_> {
    fn of(side: &Side) -> SideRecord<'_> {
        SideRecord {
            engineer: side.engineer.as_str().into(),
            tentative: side.tentative,
            reason: side.reason.as_deref().map(Cow::from),
        }
    }

    fn read(self) -> Option<Side> {
        let engineer = EngineerId::new(&self.engineer)?;
        Some(Side { engineer, tentative: self.tentative, reason: self.reason.map(Cow::into_owned) })
    }
}

impl KindName {
    fn role(self) -> Option<Role> {
        match self.into() {
            Kind::Shift(role) => Some(role),
            _ => None,
        }
    }
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> KindName {
        match kind {
            Kind::Shift(Role::Primary) => KindName::Primary,
            Kind::Shift(Role::Secondary) => KindName::Secondary,
            Kind::Handover => KindName::Handover,
            Kind::Deadline => KindName::Deadline,
            Kind::Occasion => KindName::Holiday,
            Kind::HolidaysUnknown => KindName::Unknown,
        }
    }
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Kind {
        match name {
            KindName::Primary => Kind::Shift(Role::Primary),
            KindName::Secondary => Kind::Shift(Role::Secondary),
            KindName::Handover => Kind::Handover,
            KindName::Deadline => Kind::Deadline,
            KindName::Holiday => Kind::Occasion,
            KindName::Unknown => Kind::HolidaysUnknown,
        }
    }
}

impl From<When> for WhenRecord {
    fn from(when: When) -> WhenRecord {
        match when {
            When::Instants(period) => WhenRecord::Instants(period.start(), period.end()),
            When::Days { start, end } => WhenRecord::Days(start, end),
        }
    }
}

impl From<WhenRecord> for When {
    fn from(record: WhenRecord) -> When {
        match record {
            WhenRecord::Days(start, end) => When::Days { start, end },
            WhenRecord::Instants(start, end) => match Period::new(start, end) {
                Some(period) => When::Instants(period),
                None => When::Days { start: start.date_naive(), end: start.date_naive() },
            },
        }
    }
}
