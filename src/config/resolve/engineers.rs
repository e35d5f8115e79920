//! The engineers of a team, and looking them up by the ids that the rest of the file uses.
//!
//! Not here: whether they are members while they are on duty (`membership`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::context::{Context, UID_DOMAIN};
use super::names;
use super::time_zones::zone;
use crate::config::ids::slug;
use crate::config::local_time::starts_at;
use crate::config::schema::{EngineerTable, PairTable, TeamTable, TimeOffTable};
use crate::config::time_off::{Reading, TimeOff};
use crate::holidays::CalendarError;
use crate::rota::{Calendar, Engineer, EngineerId, EngineerIdx, Instant, Pair, Period, Zone};
use crate::time_off::Person;
use crate::toml_reader::{At, Moment, Problem, Problems, listed, nearest};

/// Where the address of a holiday calendar goes.
const ADDRESS_OF_HOLIDAYS: &str = "name the calendar here, such as `ours`; the address is `url` in the table [import] of holidays/ours.toml";

/// The engineers in file order. One whose table has an error keeps its index, so that using its id elsewhere is not a
/// second error.
pub(super) struct Roster {
    /// The index of each engineer by id; for duplicate ids the first. An invalid id can also be found by its valid
    /// form.
    indices: BTreeMap<String, EngineerIdx>,
    engineers: Vec<Option<Engineer>>,
    /// The id of each name, in lower case: people write names where ids belong.
    ids: BTreeMap<String, String>,
    /// How often each id is named.
    uses: BTreeMap<String, usize>,
    /// The unknown ids that were reported.
    reported: RefCell<BTreeSet<String>>,
}

impl Roster {
    pub(super) fn resolve(
        team: &TeamTable,
        team_zone: &Zone,
        context: &Context<'_>,
        problems: &Problems,
    ) -> Roster {
        if team.engineers.is_empty() {
            let help = "each needs a block `[[engineer]]` with `id` and `name`".to_owned();
            problems.error_with_help("no-engineers", 0..0, "the team has no engineers", help);
        }
        if let [only] = &team.engineers[..] {
            let message = "a team needs at least two engineers";
            let help = "every week has a primary and a secondary, who are two people".to_owned();
            problems.error_with_help("one-engineer", only.span.clone(), message, help);
        }
        names::duplicates(
            "an engineer",
            team.engineers.iter().filter_map(|table| table.id.as_ref()),
            problems,
        );
        // Named once here: engineers without `holidays` of their own share the team's.
        let team_calendars = calendars(&team.holidays, context, problems);
        let common = Common { team, zone: team_zone, relevant_from: relevant_from(team, context) };
        let engineers = team.engineers.iter().map(|table| {
            let calendars = table
                .holidays
                .as_ref()
                .map_or_else(|| team_calendars.clone(), |own| calendars(own, context, problems));
            engineer(table, calendars, &common, context, problems)
        });
        let engineers = engineers.collect();
        let mut indices = BTreeMap::new();
        for (n, table) in team.engineers.iter().enumerate() {
            if let Some(id) = &table.id {
                indices.entry(id.value.clone()).or_insert(EngineerIdx(n));
            }
        }
        for (n, table) in team.engineers.iter().enumerate() {
            let refused = table.id.as_ref().filter(|id| EngineerId::new(&id.value).is_none());
            if let Some(id) = refused.and_then(|id| slug(&id.value)) {
                indices.entry(id).or_insert(EngineerIdx(n));
            }
        }
        let named = team
            .engineers
            .iter()
            .filter_map(|table| Some((plain(&table.name.as_ref()?.value), table.id.as_ref()?)));
        let ids = named.map(|(name, id)| (name, id.value.clone())).collect();
        let mut uses = BTreeMap::new();
        team.people().for_each(|at| *uses.entry(at.value.clone()).or_default() += 1);
        let roster = Roster { engineers, indices, ids, uses, reported: RefCell::default() };
        roster.warn_of_one_name_for_two(&team.engineers, problems);
        roster
    }

    /// Somebody who comes back may have a second block, so only two who are in the team at the same time are reported.
    fn warn_of_one_name_for_two(&self, tables: &[EngineerTable], problems: &Problems) {
        let ends_before = |one: &Engineer, other: &Engineer| {
            one.left.zip(other.joined).is_some_and(|(left, joined)| left <= joined)
        };
        for (idx, engineer) in self.indexed() {
            let mut above = self.indexed().take_while(|(other, _)| *other != idx);
            let same = above.any(|(_, other)| {
                plain(&other.name) == plain(&engineer.name)
                    && !ends_before(other, engineer)
                    && !ends_before(engineer, other)
            });
            let at = tables.get(idx.0).and_then(|table| table.name.as_ref());
            if let Some(at) = at.filter(|_| same) {
                let message =
                    format!("two engineers are called `{}`: calendars cannot tell them apart", engineer.name);
                problems.warning("same-name", at.span.clone(), message);
            }
        }
    }

    /// The index of the engineer named at `at`; an error if there is none.
    pub(super) fn index_of(&self, at: &At<String>, problems: &Problems) -> Option<EngineerIdx> {
        let found = self.indices.get(&at.value).copied();
        // If there are no engineers at all, only that is reported. Each unknown id is reported once.
        let is_new = || self.reported.borrow_mut().insert(at.value.clone());
        if found.is_none() && !self.engineers.is_empty() && is_new() {
            let help = problems.has_room().then(|| self.suggestion(at));
            let times = match self.uses.get(&at.value) {
                Some(count) if *count > 1 => format!("; it is used {count} times in this file"),
                _ => String::new(),
            };
            let message = format!("there is no engineer `{}`{times}", at.value);
            problems.error_with_help("unknown-engineer", at.span.clone(), message, help);
        }
        found
    }

    fn suggestion(&self, at: &At<String>) -> String {
        if let Some(id) = self.ids.get(&plain(&at.value)) {
            return format!("that is a name: write the id, `{id}`");
        }
        let is_valid = |id: &str| EngineerId::new(id).is_some();
        let mut ids: Vec<(&String, &EngineerIdx)> =
            self.indices.iter().filter(|(id, _)| is_valid(id)).collect();
        ids.sort_by_key(|(_, idx)| idx.0);
        let ids = || ids.iter().map(|(id, _)| id.as_str());
        nearest(&at.value, ids()).unwrap_or_else(|| format!("engineers of this team: {}", listed(ids())))
    }

    /// The pair named in `table`; an error if both are the same person.
    pub(super) fn pair(&self, table: &PairTable, problems: &Problems) -> Option<Pair> {
        let primary = table.primary.as_ref().and_then(|at| self.index_of(at, problems));
        let secondary = table.secondary.as_ref().and_then(|at| self.index_of(at, problems));
        let pair = Pair { primary: primary?, secondary: secondary? };
        differ(pair.primary, Some(pair.secondary), table.secondary.as_ref(), problems).then_some(pair)
    }

    /// The engineer at `idx`, if its table has no errors.
    pub(super) fn engineer(&self, idx: EngineerIdx) -> Option<&Engineer> {
        self.engineers.get(idx.0)?.as_ref()
    }

    /// Every index whose table has no errors, with its engineer.
    pub(super) fn indexed(&self) -> impl Iterator<Item = (EngineerIdx, &Engineer)> {
        self.engineers
            .iter()
            .enumerate()
            .filter_map(|(n, engineer)| Some((EngineerIdx(n), engineer.as_ref()?)))
    }

    /// All of them; `None` if one has an error.
    pub(super) fn into_engineers(self) -> Option<Vec<Engineer>> {
        self.engineers.into_iter().collect()
    }
}

/// A name in a form for comparison, without differences in case and spaces.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether the two roles are held by two people; otherwise an error at the second.
pub(super) fn differ(
    primary: EngineerIdx,
    secondary: Option<EngineerIdx>,
    at: Option<&At<String>>,
    problems: &Problems,
) -> bool {
    let one_person = secondary == Some(primary);
    if let Some(at) = at.filter(|_| one_person) {
        let message = format!("`{}` is primary and secondary at once", at.value);
        let help = "name somebody else for one of the two".to_owned();
        problems.error_with_help("same-person-twice", at.span.clone(), message, help);
    }
    !one_person
}

/// What is the same for all engineers of a team.
struct Common<'a> {
    team: &'a TeamTable,
    zone: &'a Zone,
    /// Absences that end before this day change no shift that is shown.
    relevant_from: NaiveDate,
}

/// The first day of the first week that feeds show, or of the rotation if that is later.
fn relevant_from(team: &TeamTable, context: &Context<'_>) -> NaiveDate {
    let shown = context.window.map_or(context.now, Period::start).date_naive();
    let starts = team.rotations.iter().filter_map(|rotation| Some(rotation.starts.as_ref()?.value.date()));
    starts.min().map_or(shown, |first| first.max(shown))
}

fn engineer(
    table: &EngineerTable,
    calendars: Option<Vec<Arc<Calendar>>>,
    common: &Common<'_>,
    context: &Context<'_>,
    problems: &Problems,
) -> Option<Engineer> {
    let id = names::id("an engineer", table.id.as_ref(), problems);
    let name = names::name(table.name.as_ref(), problems);
    let zone = match &table.time_zone {
        Some(at) => zone(at, context.zones, problems),
        None => Some(common.zone.clone()),
    };
    let also_off: Vec<_> = table
        .also_off
        .iter()
        .filter_map(|(date, name)| Some((date.value, Arc::from(names::name(Some(name), problems)?))))
        .collect();
    let bounds = table.joined.as_ref().zip(table.left.as_ref());
    let inverted = bounds.filter(|(joined, left)| left.value <= joined.value);
    if let Some((_, left)) = inverted {
        let message = "this is not after `joined`";
        let help = "`left` is the first day on which they are gone".to_owned();
        problems.error_with_help("inverted-period", left.span.clone(), message, help);
    }
    // Without a zone of its own the team's serves for the checks below.
    let clock = zone.as_ref().unwrap_or(common.zone);
    let mut time_off: Vec<_> =
        table.time_off.iter().filter_map(|entry| time_off(entry, clock, problems)).collect();
    warn_of_long_time_off(&table.time_off, &time_off, context.now, problems);
    let exported = exported_absences(table, clock, common, context, problems)?;
    time_off.extend(exported.absences);
    let leave_is_known = exported.is_known;
    if inverted.is_some() {
        return None;
    }
    let engineer = Engineer {
        id: EngineerId::new(&id?.value)?,
        name: name?,
        zone: zone?,
        calendars: calendars?,
        also_off,
        works_on: table.works_on.iter().map(|at| at.value).collect(),
        time_off,
        leave_is_known,
        joined: table.joined.as_ref().map(|at| at.value),
        left: table.left.as_ref().map(|at| at.value),
    };
    warn_of_holidays(table, &engineer, problems);
    Some(engineer)
}

/// The absences in the engineer's exported calendar, if they have one; `None` if it has errors.
fn exported_absences(
    table: &EngineerTable,
    zone: &Zone,
    common: &Common<'_>,
    context: &Context<'_>,
    problems: &Problems,
) -> Option<TimeOff> {
    let Some(at) = &table.time_off_calendar else {
        return Some(TimeOff { absences: Vec::new(), is_known: true });
    };
    let uid_domain = common.team.uid_domain.as_ref().map_or(UID_DOMAIN, |at| &at.value);
    let email = table.email.as_ref().map(|at| at.value.as_str());
    let reading = Reading {
        engineer: table.id.as_ref().map_or("", |at| &at.value),
        rules: &common.team.time_off_rules,
        person: Person { only: &table.time_off_only, email, uid_domain },
        zone,
        zones: context.zones,
        now: context.now,
        relevant_from: common.relevant_from,
    };
    context.time_off.absences(at, &reading, problems)
}

/// `None` if one of them is unknown or broken.
fn calendars(ids: &[At<String>], context: &Context<'_>, problems: &Problems) -> Option<Vec<Arc<Calendar>>> {
    let all: Vec<_> = ids
        .iter()
        .map(|at| match context.library.get(&at.value) {
            Ok(calendar) => {
                if let Some(note) = calendar.note() {
                    let message = format!("the holiday calendar `{}`: {note}", at.value);
                    problems.push(Problem::note("calendar-note", message).at(&at.span));
                }
                Some(calendar.calendar())
            }
            Err(error) => {
                let message = error.to_string();
                match error {
                    CalendarError::Unknown { help, .. } => {
                        let is_address = at.value.contains("://");
                        let help = if is_address { ADDRESS_OF_HOLIDAYS.to_owned() } else { help };
                        problems.error_with_help("unknown-calendar", at.span.clone(), message, help);
                    }
                    CalendarError::Broken { .. } => {
                        problems.error("broken-calendar", at.span.clone(), message);
                    }
                }
                None
            }
        })
        .collect();
    all.into_iter().collect()
}

/// Whole local days with both ends included, or exact local times.
fn time_off(entry: &TimeOffTable, zone: &Zone, problems: &Problems) -> Option<Period> {
    let start = starts_at(entry.from.value, zone);
    let end = match entry.to.value {
        Moment::Date(date) => zone.first_instant(date.succ_opt()?),
        Moment::DateTime(time) => zone.instant(time),
    };
    let period = Period::new(start, end);
    if period.is_none() {
        let help = match (entry.from.value, entry.to.value) {
            (Moment::Date(from), Moment::Date(to)) => {
                format!("if the two are exchanged, write `from = {to}, to = {from}`; both days are included")
            }
            _ => "`to` is the time at which they are back, or their last day".to_owned(),
        };
        problems.error_with_help("inverted-period", entry.to.span.clone(), "`to` is not after `from`", help);
    }
    period
}

/// Leave that is longer than almost anybody's usually has a wrong year.
fn warn_of_long_time_off(tables: &[TimeOffTable], periods: &[Period], now: Instant, problems: &Problems) {
    if tables.len() != periods.len() {
        return;
    }
    let ahead = tables.iter().zip(periods).filter(|(_, period)| period.end() > now);
    for (table, period) in ahead {
        let days = period.seconds() / (24 * 60 * 60);
        if days > MAX_LEAVE_DAYS {
            let message = format!("this leave lasts {days} days");
            let help = "is the year right? If it is, write the leave as two entries";
            problems.warning_with_help("long-time-off", &table.span, message, help);
        }
    }
}

/// Longer leave, in days, is probably a mistake.
const MAX_LEAVE_DAYS: i64 = 200;

fn warn_of_holidays(table: &EngineerTable, engineer: &Engineer, problems: &Problems) {
    // After an error the list may be empty only because it was misread.
    if engineer.calendars.is_empty() && !problems.has_errors() {
        let span = table.id.as_ref().map_or_else(|| table.span.clone(), |at| at.span.clone());
        let message =
            format!("`{}` has no holiday calendar, so no public holiday of theirs is covered", engineer.id);
        problems.warning("no-calendar", span, message);
    }
    for at in &table.works_on {
        let of_calendar = engineer.calendars.iter().any(|c| !c.between(at.value, at.value).is_empty());
        if !of_calendar && !engineer.also_off.iter().any(|(date, _)| *date == at.value) {
            let message =
                format!("{} is not a holiday of `{}`, so this changes nothing", at.value, engineer.id);
            problems.warning("works-on-no-holiday", at.span.clone(), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::resolve::sample::Sample;
    use crate::rota::{Instant, Period};

    fn period(start: &str, end: &str) -> Period {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        Period::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn time_off_is_whole_days_with_both_included_or_exact_times_in_their_own_zone() {
        let more = "time_zone = \"Europe/London\"\nholidays = [\"gb-eng\"]\ntime_off = [\n\
            { from = 2026-07-27, to = 2026-07-28, reason = \"private\" },\n\
            { from = 2026-08-03T13:00:00, to = 2026-08-03T17:30:00 },\n\
            { from = 2026-08-10T13:00:00, to = 2026-08-10 }]";
        let team = Sample::new(&[("d", more)], "").team();
        assert_eq!(
            team.engineers[3].time_off,
            [
                period("2026-07-26T23:00:00Z", "2026-07-28T23:00:00Z"),
                period("2026-08-03T12:00:00Z", "2026-08-03T16:30:00Z"),
                period("2026-08-10T12:00:00Z", "2026-08-10T23:00:00Z"),
            ]
        );
        assert!(!format!("{team:?}").contains("private"));
    }

    #[test]
    fn calendars_of_their_own_replace_the_teams_and_are_shared_otherwise() {
        let team = Sample::new(&[("d", "holidays = [\"de\", \"fr\"]")], "").team();
        let ids =
            |n: usize| team.engineers[n].calendars.iter().map(|c| c.id().to_owned()).collect::<Vec<_>>();
        assert_eq!((ids(0), ids(3)), (vec!["us-federal".to_owned()], vec!["de".to_owned(), "fr".to_owned()]));
        let (a, b) = (&team.engineers[0].calendars[0], &team.engineers[1].calendars[0]);
        assert!(std::sync::Arc::ptr_eq(a, b), "one calendar in memory");
    }

    #[test]
    fn very_long_leave_is_a_warning_until_it_is_over() {
        let leave = |dates: &str| {
            let text = format!("time_off = [{{ {dates} }}]");
            Sample::new(&[("d", &*Box::leak(text.into_boxed_str()))], "").codes()
        };
        assert_eq!(leave("from = 2026-07-27, to = 2027-07-28"), ["long-time-off"]);
        assert_eq!(leave("from = 2026-07-27, to = 2026-12-24"), [""; 0]);
        assert_eq!(leave("from = 2024-07-27, to = 2025-07-28"), [""; 0]);
    }

    #[test]
    fn somebody_unknown_is_reported_once_and_a_name_is_recognised() {
        let rest = "[[override]]\nfrom = 2026-07-01\nto = 2026-07-02\nprimary = \"Engineer D\"\n\
            [[override]]\nfrom = 2026-07-03\nto = 2026-07-04\nprimary = \"Engineer D\"\n";
        let (_, problems) = Sample::new(&[], rest).resolve();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.ends_with("it is used 2 times in this file"), "{}", problems[0].message);
        assert_eq!(problems[0].help.as_deref(), Some("that is a name: write the id, `d`"));
    }

    #[test]
    fn membership_lasts_at_least_a_day() {
        let codes = |more| Sample::new(&[("d", more)], "").codes();
        assert_eq!(codes("joined = 2026-05-01\nleft = 2026-05-02"), [""; 0]);
        assert_eq!(codes("joined = 2026-05-01\nleft = 2026-05-01"), ["inverted-period"]);
    }

    #[test]
    fn works_on_a_day_of_also_off_is_not_a_mistake() {
        let own =
            "also_off = [{ date = 2026-06-15, name = \"Company day\" }]\nworks_on = [2026-06-15, 2026-05-25]";
        Sample::new(&[("d", own)], "").team();
        assert_eq!(Sample::new(&[("d", "works_on = [2026-06-16]")], "").codes(), ["works-on-no-holiday"]);
    }
}
