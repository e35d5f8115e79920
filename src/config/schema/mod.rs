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
use values::{date, in_range, required_moment};

use overrides::{OTHER_ENDS, OTHER_STARTS};
pub(in crate::config) use overrides::{OverrideEnd, OverrideTable, PairTable, SwapTable};

const MAX_MEETING_MINUTES: i64 = 480;
const MAX_NOTICE_DAYS: i64 = 365;

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
        let name = root.required_text("name", "Data pipelines");
        let time_zone = root.required_text("time_zone", "America/New_York");
        let uid_domain = root.text("uid_domain");
        let holidays = root.texts("holidays").unwrap_or_default();
        let engineers = read_all(&mut root, ("engineer", "[[engineer]]"), EngineerTable::read);
        let rotations = read_all(&mut root, ("rotation", "[[rotation]]"), RotationTable::read);
        let handover = root.table("handover").map(HandoverTable::read);
        let policy = root.table("holiday_policy").map(read_policy).unwrap_or_default();
        let time_off_rules = root.table("time_off_calendars").map(read_time_off_rules).unwrap_or_default();
        let swaps = read_all(&mut root, ("swap", "[[swap]]"), SwapTable::read);
        let overrides = read_all(&mut root, ("override", "[[override]]"), OverrideTable::read);
        let pipelines = read_all(&mut root, ("pipeline", "[[pipeline]]"), PipelineTable::read);
        let link_generation = generation(&mut root);
        let notices = root.table("notices").map(TeamNotices::read).unwrap_or_default();
        root.finish();
        TeamTable {
            name,
            time_zone,
            uid_domain,
            holidays,
            engineers,
            rotations,
            handover,
            policy,
            time_off_rules,
            swaps,
            overrides,
            pipelines,
            link_generation,
            notices,
        }
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
            // Few leave, and to look up a zone takes as long as to read all else.
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
        let id = table.required_text("id", "a");
        let name = table.required_text("name", "Data Engineer A");
        let time_zone = table.text("time_zone");
        let holidays = table.texts("holidays");
        let days_off =
            table.tables("also_off", "{ date = 2027-06-14, name = \"Company day\" }").unwrap_or_default();
        let works_on = table.dates("works_on").unwrap_or_default();
        let time_off = table.tables("time_off", "{ from = 2026-07-27, to = 2026-07-28 }").unwrap_or_default();
        let joined = date(&mut table, "joined");
        let left = date(&mut table, "left");
        let time_off_calendar = table.text("time_off_calendar");
        let time_off_only = Patterns::read(&mut table, "time_off_only");
        let email = table.text("email");
        let link_generation = generation(&mut table);
        let (span, problems) = (table.span(), table.problems());
        let email = email.and_then(|at| address_at(at, "email", problems));
        table.finish();
        EngineerTable {
            span,
            id,
            name,
            time_zone,
            holidays,
            also_off: days_off.into_iter().filter_map(read_day_off).collect(),
            works_on: works_on.into_iter().filter(|at| in_range(at.value, &at.span, problems)).collect(),
            time_off: time_off.into_iter().filter_map(TimeOffTable::read).collect(),
            time_off_calendar,
            time_off_only,
            email,
            joined,
            left,
            link_generation,
        }
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
        let day = table.choice("day", &WEEKDAYS);
        let time = table.time("time");
        let time_span = table.span_of("time");
        let minutes = table.integer("minutes", 1, MAX_MEETING_MINUTES);
        let if_away = table.choice("if_away", &[("earlier", IfAway::Earlier), ("keep", IfAway::Keep)]);
        table.finish();
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let rule = HandoverRule {
            day: day.map_or(Weekday::Fri, |at| at.value),
            time: time.map_or(ten, |at| at.value),
            minutes: minutes.and_then(|at| u32::try_from(at.value).ok()).unwrap_or(30),
            if_away: if_away.map_or(IfAway::Earlier, |at| at.value),
        };
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
            investor_reported: table.flag("investor_reported").is_some_and(|at| at.value),
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

fn read_policy(mut table: TableReader<'_>) -> HolidayPolicy {
    let defaults = HolidayPolicy::default();
    let covers = [("covers", SecondaryOnHoliday::Covers), ("unavailable", SecondaryOnHoliday::Unavailable)];
    let secondary_on_holiday = table.choice("secondary_on_holiday", &covers);
    let rules = [("cover", TimeOffRule::Cover), ("report", TimeOffRule::Report)];
    let time_off = table.choice("time_off", &rules);
    let backfill = table.flag("backfill");
    let notice_days = table.integer("notice_days", 0, MAX_NOTICE_DAYS);
    table.finish();
    HolidayPolicy {
        secondary_on_holiday: secondary_on_holiday.map_or(defaults.secondary_on_holiday, |at| at.value),
        time_off: time_off.map_or(defaults.time_off, |at| at.value),
        backfill: backfill.map_or(defaults.backfill, |at| at.value),
        notice_days: notice_days.and_then(|at| u16::try_from(at.value).ok()).unwrap_or(defaults.notice_days),
    }
}

fn read_time_off_rules(mut table: TableReader<'_>) -> time_off::Rules {
    let counts = [("days", time_off::Count::Days), ("busy", time_off::Count::Busy)];
    let count = table.choice("count", &counts).map(|at| at.value).unwrap_or_default();
    let include = Patterns::read(&mut table, "include");
    let exclude = Patterns::read(&mut table, "exclude");
    table.finish();
    time_off::Rules { count, include, exclude }
}

fn read_day_off(mut table: TableReader<'_>) -> Option<(At<NaiveDate>, At<String>)> {
    table.require("date", "date = 2027-06-14");
    let date = date(&mut table, "date");
    let name = table.required_text("name", "Company day");
    table.finish();
    Some((date?, name?))
}
