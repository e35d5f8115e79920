//! From rules to dates: the days that rules name, the substitutes for those on a weekend, and what lies between
//! two holidays.
//!
//! All years are worked out together, because a substitute can cross a year's end and each one can push the next.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, TimeDelta, WeekdaySet};

use super::YEARS;
use super::definition::{Move, Observed, Rule};
use super::rule::weekday_name;
use crate::rota::HolidayName;

/// How far ahead `next` looks. Where no day of a year is free there is no substitute.
const NEXT_WITHIN_DAYS: usize = 366;

/// One holiday on one date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The day that is off.
    pub date: NaiveDate,
    /// What it is called, in the country's language.
    pub name: Arc<str>,
    /// The same in English, where the country's language is another.
    pub english: Option<Arc<str>>,
    /// For a substitute, the date of the holiday that it stands for.
    pub observed_for: Option<NaiveDate>,
    /// What in the calendar's file gave this date.
    pub rule: String,
}

/// A holiday and where it comes from, which is put into words only where it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dated<'c> {
    pub(super) date: NaiveDate,
    pub(super) name: &'c HolidayName,
    origin: Origin<'c>,
}

#[derive(Debug, Clone, Copy)]
enum Origin<'c> {
    Nominal(Nominal<'c>),
    Substitute { nominal: Nominal<'c>, keep: bool, to: Move },
    Sandwich,
}

/// A day that a rule names, whether or not it stays there.
#[derive(Debug, Clone, Copy)]
struct Nominal<'c> {
    date: NaiveDate,
    rule: &'c Rule,
    listed: bool,
}

/// All holidays of [`YEARS`], in order of date.
pub(super) fn expand<'c>(
    rules: &'c [Rule],
    weekend: WeekdaySet,
    sandwich: Option<&'c HolidayName>,
) -> Vec<Dated<'c>> {
    let nominal = nominal(rules);
    let mut holidays = Vec::with_capacity(nominal.len());
    // Whatever needs no free day comes first, wherever in the year it is: `next` has to avoid all of it.
    for day in &nominal {
        let moved = day.moved();
        if moved.is_none_or(|(observed, _)| observed.keep) {
            holidays.push(day.stays());
        }
        if let Some((observed, Move::Days(days))) = moved {
            let date = day.date.checked_add_signed(TimeDelta::days(days));
            holidays.extend(date.map(|date| day.goes(date, observed, Move::Days(days))));
        }
    }
    let mut off: HashSet<NaiveDate> = holidays.iter().map(|holiday| holiday.date).collect();
    for day in &nominal {
        let Some((observed, Move::Next)) = day.moved() else { continue };
        let mut later = day.date.iter_days().skip(1).take(NEXT_WITHIN_DAYS);
        match later.find(|date| !weekend.contains(date.weekday()) && !off.contains(date)) {
            Some(date) => {
                off.insert(date);
                holidays.push(day.goes(date, observed, Move::Next));
            }
            // A day that nothing can replace stays.
            None if !observed.keep => holidays.push(day.stays()),
            None => {}
        }
    }
    if let Some(name) = sandwich {
        let between = between(&holidays);
        let free =
            between.into_iter().filter(|date| !weekend.contains(date.weekday()) && !off.contains(date));
        holidays.extend(free.map(|date| Dated { date, name, origin: Origin::Sandwich }));
    }
    holidays.retain(|holiday| YEARS.contains(&holiday.date.year()));
    holidays.sort_by_key(|holiday| holiday.date);
    holidays
}

/// The days that the rules name, in order of date, with a year more at either end, since substitutes may cross it.
fn nominal(rules: &[Rule]) -> Vec<Nominal<'_>> {
    let years = *YEARS.start() - 1..=*YEARS.end() + 1;
    let mut days = Vec::new();
    for rule in rules {
        if let Some(on) = rule.on {
            let holds = |year: &i32| rule.years.contains(*year) && !rule.except.contains(year);
            let dates = years.clone().filter(holds).filter_map(|year| on.in_year(year));
            days.extend(dates.map(|date| Nominal { date, rule, listed: false }));
        }
        days.extend(rule.dates.iter().map(|date| Nominal { date: *date, rule, listed: true }));
    }
    days.sort_by_key(|day| day.date);
    // One holiday named twice on a date, by `on` and by `dates` say, is one.
    let mut once: Vec<Nominal<'_>> = Vec::with_capacity(days.len());
    for day in days {
        let same_date = once.iter().rev().take_while(|earlier| earlier.date == day.date);
        if !same_date.into_iter().any(|earlier| earlier.rule.name.native == day.rule.name.native) {
            once.push(day);
        }
    }
    once
}

/// The days with a holiday just before and one just after. Substitutes count only where they are the holiday.
fn between(holidays: &[Dated<'_>]) -> Vec<NaiveDate> {
    let proper =
        holidays.iter().filter(|holiday| !matches!(holiday.origin, Origin::Substitute { keep: true, .. }));
    let proper: HashSet<NaiveDate> = proper.map(|holiday| holiday.date).collect();
    let mut dates: Vec<NaiveDate> = holidays
        .iter()
        .map(|holiday| holiday.date)
        .filter(|date| proper.contains(date) && proper.contains(&(*date + Days::new(2))))
        .map(|date| date + Days::new(1))
        .collect();
    dates.sort_unstable();
    dates.dedup();
    dates
}

impl<'c> Nominal<'c> {
    /// How the day is observed, if it falls on a weekday on which it moves.
    fn moved(&self) -> Option<(&'c Observed, Move)> {
        let observed = self.rule.observed.as_ref()?;
        Some((observed, observed.of(self.date)?))
    }

    fn stays(self) -> Dated<'c> {
        Dated { date: self.date, name: &self.rule.name, origin: Origin::Nominal(self) }
    }

    fn goes(self, date: NaiveDate, observed: &'c Observed, to: Move) -> Dated<'c> {
        let origin = Origin::Substitute { nominal: self, keep: observed.keep, to };
        Dated { date, name: &observed.name, origin }
    }

    fn source(&self) -> String {
        match self.rule.on {
            Some(on) if !self.listed => on.to_string(),
            _ => "dates".to_owned(),
        }
    }
}

impl Dated<'_> {
    /// The holiday, with where it comes from in words.
    pub(super) fn holiday(&self) -> Holiday {
        let (observed_for, rule) = match self.origin {
            Origin::Nominal(nominal) => (None, nominal.source()),
            Origin::Substitute { nominal, to, .. } => {
                let weekday = weekday_name(nominal.date.weekday());
                (Some(nominal.date), format!("{}, observed {weekday} = {to}", nominal.source()))
            }
            Origin::Sandwich => (None, "sandwich".to_owned()),
        };
        let HolidayName { native, english, .. } = self.name;
        Holiday { date: self.date, name: Arc::clone(native), english: english.clone(), observed_for, rule }
    }
}
