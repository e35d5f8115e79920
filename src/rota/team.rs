//! A team: the types that every rule works on.
//!
//! `config` makes and checks a `Team`; it is always valid, so no rule checks it again.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::calendar::Calendar;
use super::period::{Instant, Period};
use super::zone::Zone;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text that is `[a-z0-9-]{1,64}`; `None` for any other.
            pub fn new(text: &str) -> Option<Self> {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                fits.then(|| Self(text.into()))
            }

            /// The id as written in the files.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// Both compare and hash as the text does.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id!(
    /// Names a team: the stem of its file.
    TeamId
);
id!(
    /// Names an engineer within a team.
    EngineerId
);
id!(
    /// Names a pipeline within a team.
    PipelineId
);
id!(
    /// Names a run book within a team: the stem of its file.
    RunBookId
);

/// An engineer of a team by place in the file: `team.engineers[n]`. "Rota order" is the order of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineerIdx(pub usize);

/// One of the two roles of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Called first.
    Primary,
    /// The backup of the primary, who covers when the primary is away.
    Secondary,
}

impl Role {
    /// Both.
    pub const ALL: [Role; 2] = [Role::Primary, Role::Secondary];

    /// `primary` or `secondary`, as in the files.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Primary => "primary",
            Role::Secondary => "secondary",
        }
    }

    /// The other of the two.
    #[must_use]
    pub fn other(self) -> Role {
        match self {
            Role::Primary => Role::Secondary,
            Role::Secondary => Role::Primary,
        }
    }
}

/// Who holds the two roles of a week; always two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The week's primary, P in the rules.
    pub primary: EngineerIdx,
    /// The week's secondary, S in the rules.
    pub secondary: EngineerIdx,
}

impl Pair {
    /// Who has `role` in the pair.
    pub fn holder(self, role: Role) -> EngineerIdx {
        match role {
            Role::Primary => self.primary,
            Role::Secondary => self.secondary,
        }
    }

    /// The role that `idx` has in the pair.
    pub fn role_of(self, idx: EngineerIdx) -> Option<Role> {
        match idx {
            _ if idx == self.primary => Some(Role::Primary),
            _ if idx == self.secondary => Some(Role::Secondary),
            _ => None,
        }
    }
}

/// One team: a file of `config/teams/`, resolved.
#[derive(Debug, Clone)]
pub struct Team {
    /// The stem of the file.
    pub id: TeamId,
    /// The display name.
    pub name: String,
    /// The zone in which duty changes, swaps and overrides are written.
    pub zone: Zone,
    /// The part after `@` in event UIDs.
    pub uid_domain: String,
    /// In file order. Every [`EngineerIdx`] of the team points into this list.
    pub engineers: Vec<Engineer>,
    /// In order of their starts, each with at least one week. At least one.
    pub rotations: Vec<Rotation>,
    /// By the date of the week.
    pub swaps: BTreeMap<NaiveDate, Swap>,
    /// In order of time, never overlapping.
    pub overrides: Vec<Override>,
    /// How handover meetings are held; none without it.
    pub handover: Option<HandoverRule>,
    /// How holidays and time off affect duty.
    pub policy: HolidayPolicy,
    /// In file order.
    pub pipelines: Vec<Pipeline>,
    /// The team's run books, by id.
    pub run_books: BTreeMap<RunBookId, RunBook>,
}

impl Team {
    /// The parts of overrides that lie within `period`.
    pub fn overrides_within(&self, period: Period) -> impl Iterator<Item = (Period, &Override)> {
        let first = self.overrides.partition_point(|by| by.period.end() <= period.start());
        let near = self.overrides.iter().skip(first).take_while(move |by| by.period.start() < period.end());
        near.filter_map(move |by| Some((by.period.intersection(period)?, by)))
    }

    /// The engineer at `idx`.
    pub fn engineer(&self, idx: EngineerIdx) -> &Engineer {
        &self.engineers[idx.0]
    }

    /// All engineers in rota order.
    pub fn indices(&self) -> impl Iterator<Item = EngineerIdx> + use<> {
        (0..self.engineers.len()).map(EngineerIdx)
    }

    /// The index of the engineer called `id`.
    pub fn index_of(&self, id: &str) -> Option<EngineerIdx> {
        self.engineers.iter().position(|engineer| engineer.id.as_str() == id).map(EngineerIdx)
    }

    /// How many engineers further down the file `engineer` is than `from`, going on at the top after the last.
    pub fn steps_after(&self, from: EngineerIdx, engineer: EngineerIdx) -> usize {
        let count = self.engineers.len();
        (engineer.0 + count - from.0) % count.max(1)
    }

    /// The first duty change of all.
    pub fn starts(&self) -> Instant {
        self.rotations.first().map_or(Instant::MAX_UTC, |first| self.zone.instant(first.starts))
    }
}

/// A person who can hold a role.
#[derive(Debug, Clone)]
pub struct Engineer {
    /// The id as written in the file.
    pub id: EngineerId,
    /// Their display name.
    pub name: String,
    /// Where they live: the zone of their holidays and time off.
    pub zone: Zone,
    /// The public holidays they have.
    pub calendars: Vec<Arc<Calendar>>,
    /// Days off that are in no calendar, each with its name.
    pub also_off: Vec<(NaiveDate, Arc<str>)>,
    /// Dates of their calendars on which they work.
    pub works_on: Vec<NaiveDate>,
    /// Their own absences.
    pub time_off: Vec<Period>,
    /// Whether that is all: `false` if they have a calendar that could not be used.
    pub leave_is_known: bool,
    /// The first local date as a member; `None`: has always been one.
    pub joined: Option<NaiveDate>,
    /// The first local date after they leave; `None`: stays.
    pub left: Option<NaiveDate>,
}

impl Engineer {
    /// Whether they are a member for the whole of `period`.
    pub fn is_member_throughout(&self, period: Period) -> bool {
        self.member_within(period) == Some(period)
    }

    /// Whether they are no longer a member at `now`.
    pub fn has_left(&self, now: Instant) -> bool {
        self.left.is_some_and(|date| self.zone.first_instant(date) <= now)
    }

    /// The part of `period` during which they are a member.
    pub fn member_within(&self, period: Period) -> Option<Period> {
        let from =
            self.joined.map_or(period.start(), |date| self.zone.first_instant(date).max(period.start()));
        let to = self.left.map_or(period.end(), |date| self.zone.first_instant(date).min(period.end()));
        Period::new(from, to)
    }
}

/// R1: a list of weeks that repeats from a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The first duty change, on the team's clock; its weekday and time repeat.
    pub starts: NaiveDateTime,
    /// Who has week 0, 1, … ; never empty.
    pub weeks: Vec<Pair>,
}

/// R2: one week given to another pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Who has the week instead.
    pub pair: Pair,
    /// Shown with the shifts.
    pub reason: Option<Arc<str>>,
}

/// R7: a period given to named people; final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The period.
    pub period: Period,
    /// Who holds the primary role.
    pub primary: EngineerIdx,
    /// Who holds the secondary role; left open where `None`.
    pub secondary: Option<EngineerIdx>,
    /// When the team agreed on it.
    pub agreed_on: Option<NaiveDate>,
    /// Shown with the shifts.
    pub reason: Option<Arc<str>>,
}

/// R9: when handover meetings are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandoverRule {
    /// The weekday of the meeting.
    pub day: Weekday,
    /// Its time on the team's clock.
    pub time: NaiveTime,
    /// Its length.
    pub minutes: u32,
    /// What happens when a primary is away.
    pub if_away: IfAway,
}

/// What happens to a handover meeting at which a primary is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfAway {
    /// It moves to an earlier working day.
    Earlier,
    /// It stays, flagged.
    Keep,
}

/// R3–R6, R8: how holidays and time off affect duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HolidayPolicy {
    /// Whether a secondary covers on a holiday of their own.
    pub secondary_on_holiday: SecondaryOnHoliday,
    /// Whether the primary's time off moves duty.
    pub time_off: TimeOffRule,
    /// Whether somebody stands in for the secondary while the secondary covers or is away.
    pub backfill: bool,
    /// How many calendar days before the week's start a conflict must be agreed.
    pub notice_days: u16,
}

impl Default for HolidayPolicy {
    fn default() -> Self {
        HolidayPolicy {
            secondary_on_holiday: SecondaryOnHoliday::Covers,
            time_off: TimeOffRule::Cover,
            backfill: false,
            notice_days: 14,
        }
    }
}

/// Whether a secondary covers on a holiday of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondaryOnHoliday {
    /// They do.
    Covers,
    /// They cannot.
    Unavailable,
}

/// Whether the primary's time off moves duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOffRule {
    /// Like a holiday.
    Cover,
    /// It moves nothing and is reported.
    Report,
}

/// A data pipeline and who owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The id as written in the file.
    pub id: PipelineId,
    /// Its display name.
    pub name: String,
    /// The field it belongs to, such as `Profit`.
    pub area: Option<String>,
    /// The first owner.
    pub primary: EngineerIdx,
    /// The second owner.
    pub secondary: Option<EngineerIdx>,
    /// Whether its figures are reported to investors.
    pub investor_reported: bool,
    /// What to do when it breaks.
    pub run_book: Option<RunBookRef>,
}

/// Where the run book of a pipeline is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunBookRef {
    /// One of the team's own.
    File(RunBookId),
    /// A page elsewhere: an `https` address.
    Address(Arc<str>),
}

impl RunBookRef {
    /// The id of one of the team's own.
    pub fn file(&self) -> Option<&RunBookId> {
        match self {
            RunBookRef::File(id) => Some(id),
            RunBookRef::Address(_) => None,
        }
    }

    /// The address of a page elsewhere.
    pub fn address(&self) -> Option<&str> {
        match self {
            RunBookRef::File(_) => None,
            RunBookRef::Address(address) => Some(address),
        }
    }
}

/// A run book of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunBook {
    /// The file's id.
    pub id: RunBookId,
    /// Its first heading, or the id where it has none.
    pub title: String,
    /// The Markdown as it stands in the file.
    pub markdown: Arc<str>,
}
