//! From a recurrence rule to its dates (RFC 5545 3.3.10).
//!
//! Each part of a rule is a test of a day: a period (day, week, month or year) is walked day by day, and the days that
//! pass every test are its dates. What the rule leaves open is taken from its start.

use std::cell::Cell;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use thiserror::Error;

use super::rule::{Frequency, Rule};

/// How many days and periods the rules of one file may look at together, so that a file of rules without any date
/// ends too. A thousand yearly rules over 25 years take less than half.
const MAX_STEPS: u64 = 20_000_000;

/// What is left of the work that one file may cause.
#[derive(Debug)]
pub(super) struct Allowance {
    steps: Cell<u64>,
}

/// A calendar takes more room or more work than any real one. Reported at the event at which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Exhausted {
    /// All occurrences together.
    #[error("with this event the calendar has too many days")]
    Days,
    /// The days that rules have to look at.
    #[error("with this event the calendar's recurrences have too many days to look through")]
    Steps,
}

impl Default for Allowance {
    fn default() -> Self {
        Allowance { steps: Cell::new(MAX_STEPS) }
    }
}

impl Allowance {
    pub(super) fn take(&self, steps: u64) -> Result<(), Exhausted> {
        self.steps.set(self.steps.get().checked_sub(steps).ok_or(Exhausted::Steps)?);
        Ok(())
    }
}

/// The dates of `rule`: `start`, which counts whether it follows the rule or not (RFC 5545 3.8.5.3), then those from
/// `first` to `last`, both included, in order; of a rule with COUNT also those before `first`.
pub(super) fn dates(
    rule: &Rule,
    start: NaiveDate,
    (first, last): (NaiveDate, NaiveDate),
    allowance: &Allowance,
) -> Result<Vec<NaiveDate>, Exhausted> {
    let most = rule.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let mut dates = Vec::new();
    if start > last {
        return Ok(dates);
    }
    dates.push(start);
    let days = Matcher::new(rule, start);
    let period = Period::containing(start, rule);
    let mut period =
        if rule.count.is_none() { period.skipped_to(first, rule.interval) } else { Some(period) };
    while let Some((from, to)) = period.and_then(Period::bounds).filter(|(from, _)| *from <= last) {
        let length = u64::try_from((to - from).num_days()).unwrap_or(0);
        allowance.take(2 + length * rule.steps_a_day())?;
        let found: Vec<NaiveDate> =
            from.iter_days().take_while(|date| *date <= to).filter(|date| days.has(*date)).collect();
        for date in positions(&found, &rule.positions) {
            if date > last || dates.len() >= most {
                return Ok(dates);
            }
            if date > start {
                dates.push(date);
            }
        }
        if dates.len() >= most {
            break;
        }
        period = period.and_then(|period| period.later(rule.interval));
    }
    Ok(dates)
}

/// BYSETPOS: the nth dates of a period, from its end where negative.
fn positions(found: &[NaiveDate], positions: &[i32]) -> Vec<NaiveDate> {
    if positions.is_empty() {
        return found.to_vec();
    }
    let nth = |date: usize| {
        let (from_start, from_end) = (date + 1, found.len() - date);
        positions.iter().any(|position| {
            let wanted = usize::try_from(position.unsigned_abs()).unwrap_or(0);
            wanted == if *position > 0 { from_start } else { from_end }
        })
    };
    found.iter().enumerate().filter(|(n, _)| nth(*n)).map(|(_, date)| *date).collect()
}

/// A day, week, month or year.
#[derive(Debug, Clone, Copy)]
enum Period {
    Days { from: NaiveDate, length: u64 },
    Month { year: i32, month: u32 },
    Year(i32),
}

impl Period {
    fn containing(date: NaiveDate, rule: &Rule) -> Period {
        match rule.frequency {
            Frequency::Daily => Period::Days { from: date, length: 1 },
            Frequency::Weekly => {
                let into = u64::from(date.weekday().days_since(rule.week_start));
                Period::Days { from: date.checked_sub_days(Days::new(into)).unwrap_or(date), length: 7 }
            }
            Frequency::Monthly => Period::Month { year: date.year(), month: date.month() },
            Frequency::Yearly => Period::Year(date.year()),
        }
    }

    /// The first and the last day.
    fn bounds(self) -> Option<(NaiveDate, NaiveDate)> {
        match self {
            Period::Days { from, length } => Some((from, from.checked_add_days(Days::new(length - 1))?)),
            Period::Month { year, month } => {
                let from = NaiveDate::from_ymd_opt(year, month, 1)?;
                Some((from, from.with_day(u32::from(from.num_days_in_month()))?))
            }
            Period::Year(year) => {
                Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
            }
        }
    }

    /// The last period of the rule that begins at or before `first`, or this one.
    fn skipped_to(self, first: NaiveDate, interval: u32) -> Option<Period> {
        let months = |year: i32, month: u32| i64::from(year) * 12 + i64::from(month);
        let (passed, length) = match self {
            Period::Days { from, length } => ((first - from).num_days(), i64::try_from(length).ok()?),
            Period::Month { year, month } => (months(first.year(), first.month()) - months(year, month), 1),
            Period::Year(year) => (i64::from(first.year()) - i64::from(year), 1),
        };
        let skipped = u32::try_from((passed / (length * i64::from(interval))).max(0)).ok()?;
        if skipped == 0 { Some(self) } else { self.later(skipped.checked_mul(interval)?) }
    }

    fn later(self, interval: u32) -> Option<Period> {
        match self {
            Period::Days { from, length } => {
                let from = from.checked_add_days(Days::new(length * u64::from(interval)))?;
                Some(Period::Days { from, length })
            }
            Period::Month { year, month } => {
                let months = month - 1 + interval;
                let years = i32::try_from(months / 12).ok()?;
                Some(Period::Month { year: year.checked_add(years)?, month: months % 12 + 1 })
            }
            Period::Year(year) => Some(Period::Year(year.checked_add(i32::try_from(interval).ok()?)?)),
        }
    }
}

/// A rule with what its start adds to it.
struct Matcher<'r> {
    rule: &'r Rule,
    month: Option<u32>,
    month_day: Option<u32>,
    weekday: Option<Weekday>,
}

impl<'r> Matcher<'r> {
    fn new(rule: &'r Rule, start: NaiveDate) -> Matcher<'r> {
        let mut days = Matcher { rule, month: None, month_day: None, weekday: None };
        let open = rule.weekdays.is_empty() && rule.month_days.is_empty() && rule.year_days.is_empty();
        if open {
            match rule.frequency {
                Frequency::Daily => {}
                Frequency::Weekly => days.weekday = Some(start.weekday()),
                Frequency::Monthly => days.month_day = Some(start.day()),
                Frequency::Yearly if !rule.weeks.is_empty() => days.weekday = Some(start.weekday()),
                Frequency::Yearly => {
                    days.month_day = Some(start.day());
                    days.month = rule.months.is_empty().then_some(start.month());
                }
            }
        }
        days
    }

    fn has(&self, date: NaiveDate) -> bool {
        let rule = self.rule;
        let among = |list: &[i32], from_start: u32, length: u32| {
            let from_start = i64::from(from_start);
            let from_end = from_start - i64::from(length) - 1;
            list.is_empty() || list.iter().any(|n| i64::from(*n) == from_start || i64::from(*n) == from_end)
        };
        let days_in_year = if date.leap_year() { 366 } else { 365 };
        self.month.is_none_or(|month| month == date.month())
            && self.month_day.is_none_or(|day| day == date.day())
            && self.weekday.is_none_or(|weekday| weekday == date.weekday())
            && (rule.months.is_empty() || rule.months.contains(&date.month()))
            && among(&rule.month_days, date.day(), u32::from(date.num_days_in_month()))
            && among(&rule.year_days, date.ordinal(), days_in_year)
            && (rule.weeks.is_empty() || self.in_week(date))
            && (rule.weekdays.is_empty() || self.on_weekday(date))
    }

    /// Week 1 is the first that has at least four days of the year.
    fn in_week(&self, date: NaiveDate) -> bool {
        let into = i64::from(date.weekday().days_since(self.rule.week_start));
        // The week belongs to the year of its fourth day.
        let fourth = date.checked_add_signed(chrono::TimeDelta::days(3 - into)).unwrap_or(date);
        let number = i64::from(fourth.ordinal0() / 7) + 1;
        let days_in_year = if fourth.leap_year() { 366 } else { 365 };
        let weeks = number + (days_in_year - i64::from(fourth.ordinal())) / 7;
        self.rule.weeks.iter().any(|week| {
            let week = i64::from(*week);
            number == if week > 0 { week } else { weeks + 1 + week }
        })
    }

    /// BYDAY: where numbered, counted within the month or the year.
    fn on_weekday(&self, date: NaiveDate) -> bool {
        let within_month = self.rule.frequency == Frequency::Monthly || !self.rule.months.is_empty();
        let (from_start, from_end) = if within_month {
            (date.day0(), u32::from(date.num_days_in_month()) - date.day())
        } else {
            let days_in_year = if date.leap_year() { 366 } else { 365 };
            (date.ordinal0(), days_in_year - date.ordinal())
        };
        let (nth, nth_last) = (i64::from(from_start / 7) + 1, -i64::from(from_end / 7) - 1);
        self.rule.weekdays.iter().any(|(wanted, weekday)| {
            let wanted = i64::from(*wanted);
            *weekday == date.weekday() && (wanted == 0 || wanted == nth || wanted == nth_last)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[track_caller]
    fn gives(rule: &str, start: &str, expected: &[&str]) {
        let rule = Rule::parse(rule).unwrap();
        let got =
            dates(&rule, date(start), (date(start), date("2040-12-31")), &Allowance::default()).unwrap();
        let got: Vec<String> = got.iter().take(expected.len() + 1).map(NaiveDate::to_string).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn dates_follow_the_rule_and_end_with_it() {
        gives("FREQ=YEARLY;COUNT=2", "2024-02-29", &["2024-02-29", "2028-02-29"]);
        gives(
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
            "2026-01-31",
            &["2026-01-31", "2026-02-28", "2026-03-31"],
        );
        gives(
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            "2026-01-30",
            &["2026-01-30", "2026-02-27", "2026-03-31"],
        );
        gives("FREQ=YEARLY;BYDAY=20MO;COUNT=2", "2026-05-18", &["2026-05-18", "2027-05-17"]);
        gives("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2", "1997-05-12", &["1997-05-12", "1998-05-11"]);
        gives("FREQ=YEARLY;BYWEEKNO=20;COUNT=2", "2026-05-13", &["2026-05-13", "2027-05-19"]);
        gives(
            "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU;COUNT=3",
            "2005-01-02",
            &["2005-01-02", "2010-01-03", "2016-01-03"],
        );
        gives(
            "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO;COUNT=3",
            "2019-12-23",
            &["2019-12-23", "2020-12-28", "2021-12-27"],
        );
        gives(
            "FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            &["1997-08-05", "1997-08-10", "1997-08-19"],
        );
        gives(
            "FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            &["1997-08-05", "1997-08-17", "1997-08-19"],
        );
    }

    #[test]
    fn the_start_counts_although_it_does_not_follow_the_rule() {
        gives("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25;COUNT=2", "2026-06-01", &["2026-06-01", "2026-12-25"]);
    }

    #[test]
    fn a_rule_that_never_matches_terminates() {
        let rule = Rule::parse("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30").unwrap();
        let allowance = Allowance { steps: Cell::new(50_000) };
        let once = dates(&rule, date("2026-01-01"), (date("2026-01-01"), date("2046-12-31")), &allowance);
        assert_eq!(once, Ok(vec![date("2026-01-01")]));
        let rule = Rule::parse("FREQ=DAILY").unwrap();
        let twice = dates(&rule, date("1970-01-01"), (date("1970-01-01"), date("2046-12-31")), &allowance);
        assert_eq!(twice, Err(Exhausted::Steps), "one allowance for all");
    }

    /// A part of a rule, or nothing.
    fn part(name: &'static str, values: Vec<&'static str>) -> impl Strategy<Value = String> {
        let values = proptest::sample::subsequence(values, 1..=2);
        prop_oneof![3 => Just(String::new()), 1 => values.prop_map(move |v| format!(";{name}={}", v.join(",")))]
    }

    fn rules() -> impl Strategy<Value = String> {
        let weekdays = || part("BYDAY", vec!["MO", "TU", "FR", "SU"]);
        let months = || part("BYMONTH", vec!["1", "2", "6", "12"]);
        let month_days = || part("BYMONTHDAY", vec!["1", "13", "29", "31", "-1", "-30"]);
        // Not mixed with plain weekdays, of which `rrule` 0.14 makes no date at all.
        let nth = || part("BYDAY", vec!["1MO", "-1FR", "2TU", "-2SU"]);
        let daily = (months(), month_days(), weekdays()).prop_map(|(a, b, c)| format!("FREQ=DAILY{a}{b}{c}"));
        let weekly = (months(), weekdays()).prop_map(|(a, b)| format!("FREQ=WEEKLY{a}{b}"));
        let monthly = (months(), month_days(), prop_oneof![weekdays(), nth()])
            .prop_map(|(a, b, c)| format!("FREQ=MONTHLY{a}{b}{c}"));
        let yearly =
            (months(), month_days(), prop_oneof![weekdays(), nth(), part("BYDAY", vec!["20MO", "-10FR"])])
                .prop_map(|(a, b, c)| format!("FREQ=YEARLY{a}{b}{c}"));
        // Nor weeks across the end of a year, which `rrule` counts differently from ISO 8601.
        let by_week = (part("BYWEEKNO", vec!["2", "20", "50"]), weekdays())
            .prop_filter("without a weekday readings of BYWEEKNO differ", |(_, days)| !days.is_empty())
            .prop_map(|(a, b)| format!("FREQ=YEARLY{a}{b}"));
        let by_day =
            part("BYYEARDAY", vec!["1", "60", "366", "-1", "-366"]).prop_map(|a| format!("FREQ=YEARLY{a}"));
        let base = prop_oneof![daily, weekly, monthly, yearly, by_week, by_day];
        let positions = part("BYSETPOS", vec!["1", "-1", "3"]);
        (base, 1..4u32, positions, prop_oneof![Just("MO"), Just("SU"), Just("TH")]).prop_map(
            |(base, interval, positions, start)| {
                // In the first week `rrule` counts positions from the start, not from the week's first day.
                let counts = base.contains("BY") && !base.contains("WEEKLY");
                let positions = if counts { positions } else { String::new() };
                format!("{base}{positions};INTERVAL={interval};WKST={start}")
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn dates_are_those_of_the_crate_rrule(rule in rules(), day in 0..7000i64) {
            let start = date("2000-01-01") + TimeDelta::days(day);
            let last = start + TimeDelta::days(2200);
            let parsed = Rule::parse(&rule).unwrap();
            let mut ours = dates(&parsed, start, (start, last), &Allowance::default()).unwrap();
            ours.retain(|date| *date > start);
            let text = format!("DTSTART:{}T000000Z\nRRULE:{rule};UNTIL={}T000000Z", start.format("%Y%m%d"), last.format("%Y%m%d"));
            let theirs: rrule::RRuleSet = text.parse().unwrap();
            let theirs: Vec<_> = theirs.into_iter().map(|at| at.date_naive()).filter(|date| *date > start).collect();
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }
}
