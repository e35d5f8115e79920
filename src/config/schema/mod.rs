//! The content of a team file: its tables with the positions of their values.
//!
//! Types and ranges of single values are checked here; checks that need a second value are in `resolve`.

mod overrides;
mod values;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::link_generations::{EngineerLink, LinkGenerations, generation};
use super::mail::{MailAddress, address_at};
use super::notices::{TeamNotices, WEEKDAYS};
use crate::ics::Patterns;
use crate::rota::{EngineerId, HandoverRule, HolidayPolicy, IfAway, SecondaryOnHoliday, TimeOffRule, Zone};
use crate::time_off;
use crate::toml_reader::{At, Moment, Span, TableReader};
use values::{date, dates, in_range, required_moment};

use overrides::{OTHER_ENDS, OTHER_STARTS};
pub(in crate::config) use overrides::{OverrideEnd, OverrideTable, PairTable, SwapTable};

const MAX_MEETING_MINUTES: u32 = 480;
const MAX_NOTICE_DAYS: u16 = 365;

/// An entry of `also_off`.
const DAY_OFF: &str = "{ date = 2027-06-14, name = \"Company day\" }";

/// An entry of `time_off`.
const LEAVE: &str = "{ from = 2026-07-27, to = 2026-07-28 }";

/// A week of a rotation.
const PAIR: &str = "{ primary = \"a\", secondary = \"b\" }";

/// A file of `config/teams/`.
#[derive(Debug)]
pub(in crate::config) struct TeamTable {
    pub(in crate::config) name: Option<At<String>>,
    pub(in crate::config) time_zone: Option<At<String>>,
    pub(in crate::config) uid_domain: Option<At<String>>,
    pub(in crate::config) holidays: Vec<At<String>>,
    pub(in crate::config) engineers: Vec<EngineerTable>,
    pub(in crate::config) rotations: Vec<RotationTable>,
    pub(in crate::config) handover: Option<HandoverTable>,
    pub(in crate::config) policy: HolidayPolicy,
    pub(in crate::config) time_off_rules: time_off::Rules,
    pub(in crate::config) swaps: Vec<SwapTable>,
    pub(in crate::config) overrides: Vec<OverrideTable>,
    pub(in crate::config) pipelines: Vec<PipelineTable>,
    pub(in crate::config) link_generation: u32,
    notices: TeamNotices,
}

#[derive(Debug)]
pub(in crate::config) struct EngineerTable {
    pub(in crate::config) span: Span,
    pub(in crate::config) id: Option<At<String>>,
    pub(in crate::config) name: Option<At<String>>,
    pub(in crate::config) time_zone: Option<At<String>>,
    /// `None`: the same as the team's.
    pub(in crate::config) holidays: Option<Vec<At<String>>>,
    pub(in crate::config) also_off: Vec<(At<NaiveDate>, At<String>)>,
    pub(in crate::config) works_on: Vec<At<NaiveDate>>,
    pub(in crate::config) time_off: Vec<TimeOffTable>,
    pub(in crate::config) time_off_calendar: Option<At<String>>,
    pub(in crate::config) time_off_only: Patterns,
    pub(in crate::config) email: Option<At<MailAddress>>,
    pub(in crate::config) joined: Option<At<NaiveDate>>,
    pub(in crate::config) left: Option<At<NaiveDate>>,
    pub(in crate::config) link_generation: u32,
}

/// A period of leave. Its `reason` is private and is not even stored here.
#[derive(Debug)]
pub(in crate::config) struct TimeOffTable {
    pub(in crate::config) span: Span,
    pub(in crate::config) from: At<Moment>,
    pub(in crate::config) to: At<Moment>,
}

#[derive(Debug)]
pub(in crate::config) struct RotationTable {
    pub(in crate::config) starts: Option<At<NaiveDateTime>>,
    /// `None` if the key is missing or not a list, which is reported.
    pub(in crate::config) weeks: Option<Vec<PairTable>>,
    /// The position of `weeks`.
    pub(in crate::config) weeks_span: Span,
}

#[derive(Debug)]
pub(in crate::config) struct HandoverTable {
    pub(in crate::config) rule: HandoverRule,
    /// The position of `time`.
    pub(in crate::config) time_span: Span,
}

#[derive(Debug)]
pub(in crate::config) struct PipelineTable {
    pub(in crate::config) span: Span,
    pub(in crate::config) id: Option<At<String>>,
    pub(in crate::config) name: Option<At<String>>,
    pub(in crate::config) area: Option<At<String>>,
    pub(in crate::config) primary: Option<At<String>>,
    pub(in crate::config) secondary: Option<At<String>>,
    pub(in crate::config) investor_reported: bool,
    pub(in crate::config) run_book: Option<At<String>>,
}

impl TeamTable {
    /// Reads the root of a team file.
    pub(in crate::config) fn read(mut root: TableReader<'_>) -> TeamTable {
        let team = TeamTable {
            name: root.required_text("name", "Data pipelines"),
            time_zone: root.required_text("time_zone", "America/New_York"),
            uid_domain: root.text("uid_domain"),
            holidays: root.texts("holidays").unwrap_or_default(),
            engineers: read_all(&mut root, ("engineer", "[[engineer]]"), EngineerTable::read),
            rotations: read_all(&mut root, ("rotation", "[[rotation]]"), RotationTable::read),
            handover: root.table("handover").map(HandoverTable::read),
            policy: root.table("holiday_policy").map(read_policy).unwrap_or_default(),
            time_off_rules: root.table("time_off_calendars").map(read_time_off_rules).unwrap_or_default(),
            swaps: read_all(&mut root, ("swap", "[[swap]]"), SwapTable::read),
            overrides: read_all(&mut root, ("override", "[[override]]"), OverrideTable::read),
            pipelines: read_all(&mut root, ("pipeline", "[[pipeline]]"), PipelineTable::read),
            link_generation: generation(&mut root),
            notices: root.table("notices").map(TeamNotices::read).unwrap_or_default(),
        };
        root.finish();
        team
    }

    /// Whom the team's notices go to.
    pub(in crate::config) fn notices(&self) -> TeamNotices {
        let own = |table: &EngineerTable| {
            Some((EngineerId::new(&table.id.as_ref()?.value)?, table.email.as_ref()?.value.clone()))
        };
        TeamNotices { engineers: self.engineers.iter().filter_map(own).collect(), ..self.notices.clone() }
    }

    /// Every id of an engineer in weeks, swaps, overrides and pipelines.
    pub(in crate::config) fn people(&self) -> impl Iterator<Item = &At<String>> {
        let weeks = self.rotations.iter().filter_map(|rotation| rotation.weeks.as_ref()).flatten();
        let pairs = weeks.chain(self.swaps.iter().map(|swap| &swap.pair));
        let pairs = pairs.flat_map(|pair| [pair.primary.as_ref(), pair.secondary.as_ref()]);
        let overrides = self.overrides.iter().flat_map(|by| [by.primary.as_ref(), by.secondary.as_ref()]);
        let owners = self.pipelines.iter().flat_map(|one| [one.primary.as_ref(), one.secondary.as_ref()]);
        pairs.chain(overrides).chain(owners).flatten()
    }

    /// Which links work, for engineers that have an id. Dates are local to the zone that the file names, by the bundled
    /// rules; in UTC if it names none.
    pub(in crate::config) fn links(&self) -> LinkGenerations {
        let own = |table: &EngineerTable| {
            // Few leave, and a bundled zone is read and checked each time.
            let first_instant = |date: NaiveDate| {
                let zone = table.time_zone.as_ref().or(self.time_zone.as_ref());
                match zone.and_then(|name| Zone::bundled(&name.value)) {
                    Some(zone) => zone.first_instant(date),
                    None => date.and_time(NaiveTime::MIN).and_utc(),
                }
            };
            Some(EngineerLink {
                id: EngineerId::new(&table.id.as_ref()?.value)?,
                generation: table.link_generation,
                ends: table.left.as_ref().map(|left| first_instant(left.value)),
            })
        };
        LinkGenerations {
            team: self.link_generation,
            engineers: self.engineers.iter().filter_map(own).collect(),
        }
    }
}

impl EngineerTable {
    fn read(mut table: TableReader<'_>) -> EngineerTable {
        let problems = table.problems();
        let engineer = EngineerTable {
            span: table.span(),
            id: table.required_text("id", "a"),
            name: table.required_text("name", "Data Engineer A"),
            time_zone: table.text("time_zone"),
            holidays: table.texts("holidays"),
            also_off: read_some(&mut table, ("also_off", DAY_OFF), read_day_off),
            works_on: dates(&mut table, "works_on"),
            time_off: read_some(&mut table, ("time_off", LEAVE), TimeOffTable::read),
            joined: date(&mut table, "joined"),
            left: date(&mut table, "left"),
            time_off_calendar: table.text("time_off_calendar"),
            time_off_only: Patterns::read(&mut table, "time_off_only"),
            email: table.text("email").and_then(|at| address_at(at, "email", problems)),
            link_generation: generation(&mut table),
        };
        table.finish();
        engineer
    }
}

impl TimeOffTable {
    fn read(mut table: TableReader<'_>) -> Option<TimeOffTable> {
        table.find_other_name("from", &OTHER_STARTS);
        let from = required_moment(&mut table, "from", "2026-07-27");
        let to = match OTHER_ENDS.into_iter().chain(["through"]).find(|key| table.has(key)) {
            Some(key) if !table.has("to") => {
                let help = "write `to`, which in leave includes that day";
                table.refuse(key, "unknown-key", &format!("`time_off` has no key `{key}`"), help);
                None
            }
            _ => required_moment(&mut table, "to", "2026-07-28"),
        };
        table.text("reason");
        let span = table.span();
        table.finish();
        Some(TimeOffTable { span, from: from?, to: to? })
    }
}

impl RotationTable {
    fn read(mut table: TableReader<'_>) -> RotationTable {
        table.require("starts", "starts = 2026-01-02T10:00:00");
        let starts = table.date_time("starts");
        let starts = starts.filter(|at| in_range(at.value.date(), &at.span, table.problems()));
        table.require("weeks", &format!("weeks = [{PAIR}]"));
        let weeks_span = table.span_of("weeks");
        let weeks = table.tables("weeks", PAIR).map(|weeks| {
            let read = |mut week: TableReader<'_>| {
                let pair = PairTable::read(&mut week);
                week.finish();
                pair
            };
            weeks.into_iter().map(read).collect()
        });
        table.finish();
        RotationTable { starts, weeks, weeks_span }
    }
}

impl HandoverTable {
    fn read(mut table: TableReader<'_>) -> HandoverTable {
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let if_away = [("earlier", IfAway::Earlier), ("keep", IfAway::Keep)];
        let rule = HandoverRule {
            day: table.choice("day", &WEEKDAYS).unwrap_or(Weekday::Fri),
            time: table.time("time").unwrap_or(ten),
            minutes: table.integer("minutes", 1..=MAX_MEETING_MINUTES).unwrap_or(30),
            if_away: table.choice("if_away", &if_away).unwrap_or(IfAway::Earlier),
        };
        let time_span = table.span_of("time");
        table.finish();
        HandoverTable { rule, time_span }
    }
}

impl PipelineTable {
    fn read(mut table: TableReader<'_>) -> PipelineTable {
        let entry = PipelineTable {
            span: table.span(),
            id: table.required_text("id", "profit"),
            name: table.required_text("name", "Profit of each account"),
            area: table.text("area"),
            primary: table.required_text("primary", "a"),
            secondary: table.text("secondary"),
            investor_reported: table.flag("investor_reported").unwrap_or_default(),
            run_book: table.text("run_book"),
        };
        table.finish();
        entry
    }
}

fn read_all<T>(
    root: &mut TableReader<'_>,
    (key, header): (&'static str, &str),
    read: fn(TableReader<'_>) -> T,
) -> Vec<T> {
    root.tables(key, header).unwrap_or_default().into_iter().map(read).collect()
}

/// The tables under `key` that can be read.
fn read_some<T>(
    table: &mut TableReader<'_>,
    (key, example): (&'static str, &str),
    read: fn(TableReader<'_>) -> Option<T>,
) -> Vec<T> {
    table.tables(key, example).unwrap_or_default().into_iter().filter_map(read).collect()
}

fn read_policy(mut table: TableReader<'_>) -> HolidayPolicy {
    let defaults = HolidayPolicy::default();
    let covers = [("covers", SecondaryOnHoliday::Covers), ("unavailable", SecondaryOnHoliday::Unavailable)];
    let rules = [("cover", TimeOffRule::Cover), ("report", TimeOffRule::Report)];
    let policy = HolidayPolicy {
        secondary_on_holiday: table
            .choice("secondary_on_holiday", &covers)
            .unwrap_or(defaults.secondary_on_holiday),
        time_off: table.choice("time_off", &rules).unwrap_or(defaults.time_off),
        backfill: table.flag("backfill").unwrap_or(defaults.backfill),
        notice_days: table.integer("notice_days", 0..=MAX_NOTICE_DAYS).unwrap_or(defaults.notice_days),
    };
    table.finish();
    policy
}

fn read_time_off_rules(mut table: TableReader<'_>) -> time_off::Rules {
    let counts = [("days", time_off::Count::Days), ("busy", time_off::Count::Busy)];
    let rules = time_off::Rules {
        count: table.choice("count", &counts).unwrap_or_default(),
        include: Patterns::read(&mut table, "include"),
        exclude: Patterns::read(&mut table, "exclude"),
    };
    table.finish();
    rules
}

fn read_day_off(mut table: TableReader<'_>) -> Option<(At<NaiveDate>, At<String>)> {
    table.require("date", "date = 2027-06-14");
    let date = date(&mut table, "date");
    let name = table.required_text("name", "Company day");
    table.finish();
    Some((date?, name?))
}
