//! One calendar's file, read: its rules and what it takes from another calendar.
//!
//! Not here: the other calendar (`library`), and the dates that follow (`calendar`).

use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday, WeekdaySet};

use super::YEARS;
use super::language::read_language;
use super::rule::{On, WEEKDAYS, weekday_help};
use super::years::Years;
use crate::rota::{HolidayName, Instant};
use crate::toml_reader::{self, At, Problems, Span, TableReader};

/// The name of a day between two holidays, unless the file gives another.
const SANDWICH_NAME: &str = "Day between holidays";

/// How many days a holiday may be moved, either way.
const MAX_MOVE_DAYS: i64 = 6;

/// A holiday calendar as its file defines it. It has no errors, except perhaps in its links to other calendars, which
/// [`Library::check`](super::Library::check) reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Definition {
    pub(super) id: String,
    pub(super) name: String,
    /// The name in English, if `name` is in another language.
    pub(super) english: Option<Arc<str>>,
    pub(super) source: Option<String>,
    /// A note for people who rely on it, for example about days that it cannot list.
    pub(super) note: Option<String>,
    pub(super) weekend: Option<WeekdaySet>,
    pub(super) confirmed_through: Option<i32>,
    pub(super) sandwich: Option<Sandwich>,
    pub(super) extends: Option<At<String>>,
    pub(super) remove: Vec<At<String>>,
    pub(super) rules: Vec<Rule>,
}

/// Whether a weekday between two holidays is one too, and under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sandwich {
    Holiday(HolidayName),
    Plain,
}

/// One `[[holiday]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: HolidayName,
    pub(super) on: Option<On>,
    pub(super) years: Years,
    pub(super) except: Vec<i32>,
    pub(super) dates: Vec<NaiveDate>,
    pub(super) observed: Option<Observed>,
}

/// Which day is off instead when the holiday falls on certain weekdays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) name: HolidayName,
    /// The day itself stays a holiday.
    pub(super) keep: bool,
    pub(super) moves: Vec<(Weekday, Move)>,
}

/// From the holiday to its substitute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// To the first later day that is free of weekends, holidays and other substitutes.
    Next,
    /// By a count of days.
    Days(i64),
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Move::Next => f.write_str("next"),
            Move::Days(days) => write!(f, "{days}"),
        }
    }
}

impl Observed {
    /// Where the substitute for a holiday on `date` goes, if it has one.
    pub(super) fn of(&self, date: NaiveDate) -> Option<Move> {
        self.moves.iter().find(|(weekday, _)| *weekday == date.weekday()).map(|(_, to)| *to)
    }
}

impl Rule {
    /// The same with all its names in `language`.
    fn named_in(mut self, language: Option<&Arc<str>>) -> Rule {
        self.name.language = language.cloned();
        if let Some(observed) = &mut self.observed {
            observed.name.language = language.cloned();
        }
        self
    }
}

impl Definition {
    /// Reads the calendar named `id` from the text of its file. Every defect goes to `problems`, which are to be
    /// those of this file alone; with an error among them there is no definition.
    pub fn parse(id: &str, text: &str, problems: &Problems) -> Option<Definition> {
        let definition = toml_reader::read(text, problems, |root| read(id, root)).flatten();
        definition.filter(|_| !problems.has_errors())
    }

    /// A calendar of which nothing is known at `now`.
    pub fn unknown(id: &str, now: Instant) -> Definition {
        Definition {
            id: id.to_owned(),
            name: id.to_owned(),
            confirmed_through: Some(now.year() - 1),
            ..Definition::default()
        }
    }

    /// The dates that it lists, each with its name.
    pub fn dates(&self) -> Vec<(NaiveDate, Arc<str>)> {
        let listed = self.rules.iter().flat_map(|rule| rule.dates.iter().map(move |date| (*date, rule)));
        listed.map(|(date, rule)| (date, Arc::clone(&rule.name.native))).collect()
    }
}

fn read(id: &str, mut root: TableReader<'_>) -> Option<Definition> {
    let help = "an [import] table filters the .ics file beside it, which has the same name, or the calendar at its `url`";
    root.refuse("import", "import-without-calendar", "there is no .ics calendar of this name", help);
    if !root.holds("import", "table") {
        root.require("calendar", "[calendar]");
    }
    let rules: Vec<Option<Rule>> =
        root.tables("holiday", "[[holiday]]").unwrap_or_default().into_iter().map(read_holiday).collect();
    let calendar = root.table("calendar");
    root.finish();
    let mut calendar = calendar?;
    let name = non_empty(calendar.required_text("name", "Our holidays"), calendar.problems());
    let english = read_english(&mut calendar, "english", "name");
    let language = read_language(&mut calendar);
    let source = calendar.text("source").map(|source| source.value);
    let note = non_empty(calendar.text("note"), calendar.problems());
    let weekend = read_weekend(&mut calendar);
    let confirmed_through = read_confirmed_through(&mut calendar);
    let sandwich = read_sandwich(&mut calendar, language.as_ref());
    let extends = calendar.text("extends");
    let remove = calendar.texts("remove").unwrap_or_default();
    if extends.is_none() && calendar.holds("remove", "array") {
        report_useless(&calendar, "remove", "extends");
    }
    if rules.is_empty() && extends.is_none() {
        let message = "this calendar has no holiday at all";
        calendar.problems().warning("empty-calendar", calendar.span_of("name"), message);
    }
    calendar.finish();
    Some(Definition {
        id: id.to_owned(),
        name: name?,
        english,
        source,
        note,
        weekend,
        confirmed_through,
        sandwich,
        extends,
        remove,
        rules: rules
            .into_iter()
            .map(|rule| Some(rule?.named_in(language.as_ref())))
            .collect::<Option<_>>()?,
    })
}

/// The last year whose dates are known.
pub(super) fn read_confirmed_through(table: &mut TableReader<'_>) -> Option<i32> {
    table.integer("confirmed_through", YEARS)
}

fn read_weekend(calendar: &mut TableReader<'_>) -> Option<WeekdaySet> {
    let names = calendar.texts("weekend")?;
    let mut weekend = WeekdaySet::EMPTY;
    for name in &names {
        match WEEKDAYS.iter().find(|(known, _)| *known == name.value) {
            Some((_, weekday)) => {
                weekend.insert(*weekday);
            }
            None => {
                let (message, help) =
                    (format!("`{}` is not a weekday", name.value), weekday_help(&name.value));
                calendar.problems().error_with_help("unknown-weekday", name.span.clone(), message, help);
            }
        }
    }
    if weekend == WeekdaySet::ALL {
        let message = "a weekend of seven days leaves no day to work";
        calendar.problems().error("endless-weekend", calendar.span_of("weekend"), message);
    }
    Some(weekend)
}

fn read_sandwich(calendar: &mut TableReader<'_>, language: Option<&Arc<str>>) -> Option<Sandwich> {
    let sandwich = calendar.flag("sandwich");
    let name = non_empty(calendar.text("sandwich_name"), calendar.problems());
    if name.is_some() && sandwich != Some(true) {
        report_useless(calendar, "sandwich_name", "sandwich = true");
    }
    let english = read_english(calendar, "sandwich_english", "sandwich_name");
    match sandwich? {
        true => Some(Sandwich::Holiday(match name {
            Some(name) => HolidayName { native: name.into(), english, language: language.cloned() },
            None => HolidayName::plain(SANDWICH_NAME),
        })),
        false => Some(Sandwich::Plain),
    }
}

/// The English name `key`, which goes with the name `of`.
fn read_english(table: &mut TableReader<'_>, key: &'static str, of: &'static str) -> Option<Arc<str>> {
    let english = non_empty(table.text(key), table.problems());
    if english.is_some() && !table.holds(of, "string") {
        report_useless(table, key, of);
    }
    english.map(Arc::from)
}

fn read_holiday(mut holiday: TableReader<'_>) -> Option<Rule> {
    let native = non_empty(holiday.required_text("name", "Christmas Day"), holiday.problems());
    let english = read_english(&mut holiday, "english", "name");
    let name = HolidayName { native: native.as_deref().unwrap_or_default().into(), english, language: None };
    let (on, dates) = read_days(&mut holiday);
    let (years, except) = read_years(&mut holiday);
    let observed = read_observed(&mut holiday, &name);
    holiday.finish();
    native.map(|_| Rule { name, on, years, except, dates, observed })
}

/// `on` and `dates`, at least one of which must be given.
fn read_days(holiday: &mut TableReader<'_>) -> (Option<On>, Vec<NaiveDate>) {
    let problems = holiday.problems();
    let text = holiday.text("on");
    let on = text.as_ref().and_then(|text| match On::parse(&text.value) {
        Ok(on) => Some(on),
        Err(error) => {
            let span = within(text, &error.place);
            problems.error_with_help("invalid-rule", span, error.to_string(), error.help());
            None
        }
    });
    let listed = holiday.quotable_dates("dates");
    if listed.as_ref().is_none_or(Vec::is_empty) && !holiday.holds("on", "string") {
        problems.error_with_help(
            "no-date",
            holiday.span_of("name"),
            "this holiday has no date",
            "give `on`, a rule for every year, or `dates`".to_owned(),
        );
    }
    let mut dates = Vec::new();
    for At { value: date, span } in listed.unwrap_or_default() {
        if !YEARS.contains(&date.year()) {
            let message = format!("this date is not within {} to {}", YEARS.start(), YEARS.end());
            problems.error("out-of-range", span, message);
        } else if dates.contains(&date) {
            problems.warning("duplicate-date", span, format!("{date} is listed twice"));
        } else {
            dates.push(date);
        }
    }
    (on, dates)
}

/// `years` and `except`, which limit `on`; `dates` may lie in any year.
fn read_years(holiday: &mut TableReader<'_>) -> (Years, Vec<i32>) {
    let problems = holiday.problems();
    let text = holiday.text("years");
    let years = text.and_then(|text| match Years::parse(&text.value) {
        Ok(years) => Some(years),
        Err(error) => {
            problems.error_with_help("invalid-years", text.span, error.to_string(), error.help().to_owned());
            None
        }
    });
    let years = years.unwrap_or_default();
    let mut except = Vec::new();
    for year in holiday.integers("except").unwrap_or_default() {
        match i32::try_from(year.value) {
            Ok(value) if YEARS.contains(&value) && years.contains(value) => except.push(value),
            _ => problems.warning(
                "needless-exception",
                year.span,
                "the rule does not hold in this year anyway",
            ),
        }
    }
    for key in ["years", "except"] {
        let given = holiday.holds(key, "string") || holiday.holds(key, "array");
        if given && !holiday.holds("on", "string") {
            report_useless(holiday, key, "on");
        }
    }
    (years, except)
}

fn read_observed(holiday: &mut TableReader<'_>, name: &HolidayName) -> Option<Observed> {
    let problems = holiday.problems();
    let moves = holiday.table("observed").map(read_moves);
    let keep = holiday.flag("keep");
    let observed_name = non_empty(holiday.text("observed_name"), problems);
    let english = read_english(holiday, "observed_english", "observed_name");
    if moves.is_none() {
        for key in ["keep", "observed_name"] {
            if holiday.holds(key, "boolean") || holiday.holds(key, "string") {
                report_useless(holiday, key, "observed");
            }
        }
    }
    let with_mark = |name: &Arc<str>| Arc::from(format!("{name} (observed)"));
    Some(Observed {
        name: match observed_name {
            Some(own) => HolidayName { native: own.into(), english, language: None },
            None => HolidayName {
                native: with_mark(&name.native),
                english: name.english.as_ref().map(with_mark),
                language: None,
            },
        },
        keep: keep.unwrap_or(true),
        moves: moves?,
    })
}

fn read_moves(mut observed: TableReader<'_>) -> Vec<(Weekday, Move)> {
    let mut moves = Vec::new();
    for (name, weekday) in WEEKDAYS {
        let place = observed.span_of(name);
        if observed.holds(name, "string") {
            match observed.choice(name, &[("next", Move::Next)]) {
                Some(next) => moves.push((weekday, next)),
                None => continue,
            }
        } else if let Some(days) = observed.integer(name, -MAX_MOVE_DAYS..=MAX_MOVE_DAYS) {
            if days == 0 {
                let message = format!("`{name}` = 0 moves nothing");
                observed.problems().error("out-of-range", place, message);
            }
            moves.push((weekday, Move::Days(days)));
        }
    }
    observed.finish();
    moves
}

pub(super) fn non_empty(text: Option<At<String>>, problems: &Problems) -> Option<String> {
    let text = text?;
    if text.value.trim().is_empty() {
        problems.error("empty-name", text.span, "a name cannot be empty");
        return None;
    }
    Some(text.value)
}

/// A key without effect is a mistake: whoever wrote it expects one.
fn report_useless(table: &TableReader<'_>, key: &str, without: &str) {
    let message = format!("`{key}` has no effect without `{without}`");
    table.problems().error("useless-key", table.span_of(key), message);
}

/// The place of a part of a string in the file if the string is written without escapes, otherwise of the whole string.
fn within(text: &At<String>, part: &std::ops::Range<usize>) -> Span {
    let plain = text.span.len() == text.value.len() + 2;
    if plain && !part.is_empty() {
        text.span.start + 1 + part.start..text.span.start + 1 + part.end
    } else {
        text.span.clone()
    }
}
