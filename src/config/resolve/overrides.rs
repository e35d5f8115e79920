//! R2 and R7 while a file is checked: swaps and overrides.
//!
//! Not here: whether the people named are members at that time (`membership`).

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta, Timelike};

use super::engineers::{Roster, differ};
use super::rotations::Eras;
use crate::config::local_time::starts_at;
use crate::config::schema::{OverrideEnd, OverrideTable, SwapTable};
use crate::rota::{
    Absences, EngineerIdx, HolidayPolicy, Instant, Override, Period, SecondaryOnHoliday, Swap, Zone,
    unnamed_secondary,
};
use crate::toml_reader::{At, Moment, Problems};

/// A swap and its table.
pub(super) struct FoundSwap<'t> {
    pub(super) date: NaiveDate,
    pub(super) period: Period,
    pub(super) swap: Swap,
    pub(super) table: &'t SwapTable,
}

/// An override and its table.
pub(super) struct FoundOverride<'t> {
    pub(super) given: Override,
    pub(super) table: &'t OverrideTable,
}

impl FoundOverride<'_> {
    /// The people named, each with the value that names them.
    pub(super) fn named(&self) -> impl Iterator<Item = (EngineerIdx, &At<String>)> {
        let secondary = self.given.secondary.zip(self.table.secondary.as_ref());
        Some(self.given.primary).zip(self.table.primary.as_ref()).into_iter().chain(secondary)
    }
}

/// The swaps that name an existing week, in file order.
pub(super) fn swaps<'t>(
    tables: &'t [SwapTable],
    roster: &Roster,
    eras: Option<&Eras<'_>>,
    problems: &Problems,
) -> Vec<FoundSwap<'t>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for table in tables {
        let pair = roster.pair(&table.pair, problems);
        let Some(week) = &table.week else { continue };
        if !seen.insert(week.value) {
            let message = format!("the week of {} is swapped twice", week.value);
            let help = "keep the swap that counts".to_owned();
            problems.error_with_help("duplicate-swap", week.span.clone(), message, help);
            continue;
        }
        let Some(eras) = eras else { continue };
        let Some(named) = eras.named(week.value) else {
            no_such_week(week, eras, problems);
            continue;
        };
        if let Some(pair) = pair {
            let swap = Swap { pair, reason: table.reason.as_deref().map(Into::into) };
            found.push(FoundSwap { date: week.value, period: named.period, swap, table });
        }
    }
    found
}

fn no_such_week(week: &At<NaiveDate>, eras: &Eras<'_>, problems: &Problems) {
    let help = match eras.around(week.value) {
        (Some(before), Some(after)) => format!("weeks start on {before} and on {after}"),
        (None, Some(first)) => format!("the first week starts on {first}"),
        (Some(last), None) => format!("a week starts on {last}"),
        (None, None) => "a week is named by the date on which it starts".to_owned(),
    };
    let message = format!("no week starts on {}", week.value.format("%A, %Y-%m-%d"));
    problems.error_with_help("no-such-week", week.span.clone(), message, help);
}

/// The overrides in order of time.
pub(super) fn overrides<'t>(
    tables: &'t [OverrideTable],
    roster: &Roster,
    eras: Option<&Eras<'_>>,
    zone: &Zone,
    problems: &Problems,
) -> Vec<FoundOverride<'t>> {
    let mut periods: Vec<(Period, &OverrideTable)> = Vec::new();
    let mut found = Vec::new();
    for table in tables {
        let primary = table.primary.as_ref().and_then(|at| roster.index_of(at, problems));
        let secondary = table.secondary.as_ref().map(|at| roster.index_of(at, problems));
        let Some(period) = period(table, zone, problems) else { continue };
        periods.push((period, table));
        if eras.and_then(Eras::start).is_some_and(|first| period.end() <= first) {
            let message = "this override is over before the first duty change, so it changes nothing";
            problems.warning("override-before-start", table.span.clone(), message);
        }
        let (Some(primary), None | Some(Some(_))) = (primary, secondary) else { continue };
        let secondary = secondary.flatten();
        if differ(primary, secondary, table.secondary.as_ref(), problems) {
            let reason = table.reason.as_deref().map(Into::into);
            let given = Override {
                period,
                primary,
                secondary,
                agreed_on: table.agreed_on.as_ref().map(|at| at.value),
                reason,
            };
            found.push(FoundOverride { given, table });
        }
    }
    check_overlaps(periods, zone, problems);
    found.sort_by_key(|found| found.given.period);
    found
}

fn period(table: &OverrideTable, zone: &Zone, problems: &Problems) -> Option<Period> {
    let (from, end) = (table.from.as_ref()?, table.end.as_ref()?);
    let (to, span) = match end {
        OverrideEnd::To(to) => (starts_at(to.value, zone), &to.span),
        OverrideEnd::Through(last) => (zone.first_instant(last.value.succ_opt()?), &last.span),
    };
    let period = Period::new(starts_at(from.value, zone), to);
    if period.is_none() {
        let (message, help) = match (from.value, end) {
            (_, OverrideEnd::Through(_)) => (
                "`through` is before `from`",
                "`through` is the last day of the override; is a year or a month wrong?".to_owned(),
            ),
            (Moment::Date(day), OverrideEnd::To(At { value: Moment::Date(same), .. })) if day == *same => (
                "`to` is not after `from`",
                format!("for the whole of {day} write `through = {day}` in place of `to`"),
            ),
            _ => (
                "`to` is not after `from`",
                "`to` is the first moment after the override; is a year or a month wrong?".to_owned(),
            ),
        };
        problems.error_with_help("inverted-period", span.clone(), message, help);
    }
    period
}

fn check_overlaps(mut periods: Vec<(Period, &OverrideTable)>, zone: &Zone, problems: &Problems) {
    periods.sort_by_key(|(period, table)| (*period, table.span.start));
    let mut latest: Option<Period> = None;
    for (period, table) in periods {
        if let Some(other) = latest.filter(|other| other.overlaps(period)) {
            let message = format!(
                "this override overlaps the one from {} to {}",
                shown(other.start(), zone),
                shown(other.end(), zone)
            );
            let span = table.from.as_ref().map_or_else(|| table.span.clone(), |from| from.span.clone());
            problems.error("overlapping-overrides", span, message);
        }
        latest = latest.filter(|other| other.end() >= period.end()).or(Some(period));
    }
}

/// Team time, with seconds if there are any: without them, two overrides that overlap by less than a minute would look
/// as if they only touched.
fn shown(instant: Instant, zone: &Zone) -> String {
    let local = zone.local(instant);
    let format = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    local.format(format).to_string()
}

/// R7: putting somebody on duty who is away is allowed, with a warning. It names holidays, and time off without its
/// reason. A secondary whose holidays do not keep them from covering (R4) does not count as away, and
/// where it was agreed on, nobody's holidays do.
pub(super) fn warn_of_absence(
    found: &FoundOverride<'_>,
    roster: &Roster,
    policy: HolidayPolicy,
    problems: &Problems,
) {
    let period = found.given.period;
    if is_too_long(period) {
        // Whatever else follows from a wrong year is no help.
        return;
    }
    for (idx, at) in found.named() {
        let Some(engineer) = roster.engineer(idx) else { continue };
        let absences = Absences::of(engineer, period);
        let covers = idx != found.given.primary && policy.secondary_on_holiday == SecondaryOnHoliday::Covers;
        let agreed_on_holiday = found.table.has_agreed_on;
        let away = match covers || agreed_on_holiday {
            true => absences.time_off(period),
            false => absences.away(period),
        };
        if !away.is_empty() {
            let names = absences.names(period).join(", ");
            let message = format!("`{}` is away during this override: {names}", at.value);
            let help = match absences.time_off(period).is_empty() {
                true => "if they agreed to it, add `agreed_on` with the date; otherwise name somebody else",
                false => "name somebody else, or correct the dates of one of the two",
            };
            problems.warning_with_help("override-while-away", &at.span, message, help);
        }
    }
}

/// An override of half a year usually has a wrong year.
pub(super) fn warn_of_length(found: &FoundOverride<'_>, problems: &Problems) {
    if is_too_long(found.given.period) {
        let message = format!("this override lasts {} days", days(found.given.period));
        let help = "is the year right? If it is, write a later [[rotation]] in place of the override";
        problems.warning_with_help("long-override", &found.table.span, message, help);
    }
}

fn is_too_long(period: Period) -> bool {
    days(period) > MAX_OVERRIDE_DAYS
}

fn days(period: Period) -> i64 {
    period.seconds() / (24 * 60 * 60)
}

/// Longer overrides, in days, are probably mistakes.
const MAX_OVERRIDE_DAYS: i64 = 100;

/// R7: an override that names no secondary leaves the week's secondary in place, who may be unable to cover.
pub(super) fn warn_of_whom_it_leaves(
    found: &FoundOverride<'_>,
    roster: &Roster,
    (eras, swaps): (&Eras<'_>, &[FoundSwap<'_>]),
    policy: HolidayPolicy,
    problems: &Problems,
) {
    let Override { period, primary, secondary: None, .. } = found.given else { return };
    if is_too_long(period) {
        return;
    }
    let mut warned = BTreeSet::new();
    for week in eras.within(period) {
        let swapped = swaps.iter().find(|swap| swap.date == week.date).map(|swap| swap.swap.pair);
        let (Some(pair), Some(part)) = (swapped.or(week.pair), week.period.intersection(period)) else {
            continue;
        };
        // Only the pair's secondary can stay without being named and need a warning.
        let stays = unnamed_secondary(pair, primary, true);
        let Some((idx, engineer)) = stays.and_then(|idx| Some((idx, roster.engineer(idx)?))) else {
            continue;
        };
        let absences = Absences::of(engineer, part);
        if !absences.cannot_cover(&policy, part).is_empty() && warned.insert(idx) {
            let names = absences.names(part).join(", ");
            let id = &engineer.id;
            let message = format!(
                "`{id}` is away during this override and stays secondary, since it names no other: {names}"
            );
            let at = found.table.primary.as_ref().map_or(&found.table.span, |at| &at.span);
            let help = "name a `secondary` who is there; without one the primary has no backup";
            problems.warning_with_help("override-while-away", at, message, help);
        }
    }
}

/// Nobody can have agreed tomorrow. A date that has already begun somewhere in the world is not a warning.
pub(super) fn warn_of_agreements_to_come(tables: &[OverrideTable], now: Instant, problems: &Problems) {
    let latest = (now + FIRST_TO_BEGIN_A_DATE).date_naive();
    let to_come = tables.iter().filter_map(|table| table.agreed_on.as_ref()).filter(|at| at.value > latest);
    for at in to_come {
        let message = "this date of an agreement is in the future";
        let help = "write the date of the decision";
        problems.warning_with_help("agreed-in-the-future", &at.span, message, help);
    }
}

/// How far Kiribati is ahead of UTC, where each date begins first.
const FIRST_TO_BEGIN_A_DATE: TimeDelta = TimeDelta::hours(14);

#[cfg(test)]
mod tests {
    use crate::config::resolve::sample::Sample;
    use crate::rota::{Instant, Period};

    #[track_caller]
    fn codes(engineers: &[(&'static str, &'static str)], rest: &'static str, expected: &[&str]) {
        assert_eq!(Sample::new(engineers, rest).codes(), expected, "{rest}");
    }

    fn given(periods: &[(&str, &str)]) -> &'static str {
        let one = |(from, to): &(&str, &str)| {
            format!("[[override]]\nfrom = {from}\nto = {to}\nprimary = \"d\"\nagreed_on = 2026-01-01\n")
        };
        Box::leak(periods.iter().map(one).collect::<String>().into_boxed_str())
    }

    #[test]
    fn overrides_may_touch_and_come_in_any_order() {
        let rest = given(&[("2026-03-03", "2026-03-04"), ("2026-03-02", "2026-03-03")]);
        let team = Sample::new(&[], rest).team();
        let starts: Vec<_> = team.overrides.iter().map(|given| given.period.start()).collect();
        let start = |text: &str| text.parse::<Instant>().unwrap();
        assert_eq!(starts, [start("2026-03-02T05:00:00Z"), start("2026-03-03T05:00:00Z")]);
        let over_by_a_second = [("2026-03-03", "2026-03-04"), ("2026-03-02", "2026-03-03T00:00:01")];
        codes(&[], given(&over_by_a_second), &["overlapping-overrides"]);
    }

    #[test]
    fn an_overlap_is_shown_to_the_second() {
        let messages = |first: &str| {
            let problems =
                Sample::new(&[], given(&[("2026-03-03", "2026-03-04"), ("2026-03-02", first)])).resolve().1;
            problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        let message = "this override overlaps the one from 2026-03-02 00:00 to 2026-03-03 00:00:01";
        assert_eq!(messages("2026-03-03T00:00:01"), [message]);
        assert_eq!(messages("2026-03-03T00:01:00"), [message.replace("00:00:01", "00:01")]);
    }

    #[test]
    fn through_is_the_last_day_and_ends_at_the_start_of_the_next() {
        let rest = |end: &str| {
            let entry = "[[override]]\nfrom = 2026-03-07T12:00:00\nprimary = \"d\"\nagreed_on = 2026-01-01\n";
            &*Box::leak(format!("{entry}{end}").into_boxed_str())
        };
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let team = Sample::new(&[], rest("through = 2026-03-08")).team();
        let expected = Period::new(at("2026-03-07T17:00:00Z"), at("2026-03-09T04:00:00Z")).unwrap();
        assert_eq!(team.overrides[0].period, expected, "to the end of the day of the change to summer time");
        codes(&[], rest("through = 2026-03-07"), &[]);
        codes(&[], rest("through = 2026-03-06"), &["inverted-period"]);
        codes(&[], rest("through = 2026-03-08T12:00:00"), &["wrong-type"]);
        codes(&[], rest("to = 2026-03-09\nthrough = 2026-03-08"), &["two-ends"]);
        codes(&[], rest(""), &["missing-key"]);
    }

    #[test]
    fn one_long_override_overlaps_all_within_it() {
        let long = [("2026-03-01", "2026-04-01"), ("2026-03-02", "2026-03-03"), ("2026-03-30", "2026-03-31")];
        codes(&[], given(&long), &["overlapping-overrides"; 2]);
    }

    #[test]
    fn times_are_the_teams_and_a_bare_date_is_its_first_instant() {
        let team = Sample::new(&[], given(&[("2026-03-07T12:00:00", "2026-03-09")])).team();
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let expected = Period::new(at("2026-03-07T17:00:00Z"), at("2026-03-09T04:00:00Z")).unwrap();
        assert_eq!(team.overrides[0].period, expected, "across the change to summer time");
    }

    #[test]
    fn an_override_that_reaches_the_first_duty_change_counts() {
        codes(&[], given(&[("2026-01-02", "2026-01-02T10:00:01")]), &[]);
        codes(&[], given(&[("2026-01-02", "2026-01-02T10:00:00")]), &["override-before-start"]);
    }

    #[test]
    fn an_agreement_is_dated_today_at_the_latest() {
        let agreed = |on: &str| {
            let rest = format!(
                "[[override]]\nfrom = 2026-07-03\nto = 2026-07-04\nprimary = \"d\"\nagreed_on = {on}\n"
            );
            &*Box::leak(rest.into_boxed_str())
        };
        let free = ("d", "works_on = [2026-07-03]");
        // Now is noon of the 1st in UTC, when the 2nd has begun on Kiribati.
        codes(&[free], agreed("2026-06-02"), &[]);
        codes(&[free], agreed("2026-06-03"), &["agreed-in-the-future"]);
    }

    #[test]
    fn duty_for_somebody_who_is_away_is_a_warning() {
        let holiday = "[[override]]\nfrom = 2026-12-25\nto = 2026-12-26\n";
        let strict = "[holiday_policy]\nsecondary_on_holiday = \"unavailable\"\n";
        let leave = ("d", "time_off = [{ from = 2026-12-25, to = 2026-12-25 }]");
        let case =
            |engineers: &[(&'static str, &'static str)], policy: &str, people: &str, expected: &[&str]| {
                let rest = format!("{holiday}{people}\nagreed_on = 2026-05-01\n{policy}");
                codes(engineers, Box::leak(rest.into_boxed_str()), expected);
            };
        let away = "override-while-away";
        let free = ("a", "holidays = [\"de\"]\nworks_on = [2026-12-25]");
        case(&[free], "", "primary = \"a\"", &[]);
        case(&[free], "", "primary = \"d\"\nsecondary = \"a\"", &[]);
        case(&[free, leave], "", "primary = \"d\"\nsecondary = \"a\"", &[away]);
        case(&[free], "", "primary = \"a\"\nsecondary = \"d\"", &[]);
        case(&[free], strict, "primary = \"a\"\nsecondary = \"d\"", &[]);
        for (policy, people, expected) in [
            ("", "primary = \"d\"\nsecondary = \"a\"", &[away][..]),
            ("", "primary = \"a\"\nsecondary = \"d\"", &[]),
            (strict, "primary = \"a\"\nsecondary = \"d\"", &[away]),
        ] {
            codes(&[free], Box::leak(format!("{holiday}{people}\n{policy}").into_boxed_str()), expected);
        }
        case(&[free, leave], "", "primary = \"a\"\nsecondary = \"d\"", &[away]);
        for (agreed, code) in [("agreed_on = \"yes\"", "wrong-type"), ("agreed = 2026-05-01", "unknown-key")]
        {
            let rest = format!("{holiday}primary = \"d\"\n{agreed}\n");
            codes(&[free], Box::leak(rest.into_boxed_str()), &[code]);
        }
    }

    #[test]
    fn a_secondary_who_is_away_and_left_in_place_by_an_override_is_a_warning() {
        // Weeks a–b from Friday 2026-08-21 10:00 and b–c from 28 August.
        let case = |leave: (&'static str, &'static str), rest: &str, expected: &[&str]| {
            let given =
                "[[override]]\nfrom = 2026-08-25\nto = 2026-09-01\nprimary = \"d\"\nagreed_on = 2026-03-01\n";
            codes(&[leave], Box::leak(format!("{given}{rest}").into_boxed_str()), expected);
        };
        let away = "override-while-away";
        case(("b", "time_off = [{ from = 2026-08-26T09:00:00, to = 2026-08-26T12:00:00 }]"), "", &[away]);
        case(("b", "time_off = [{ from = 2026-08-31, to = 2026-08-31 }]"), "", &[]);
        case(("c", "time_off = [{ from = 2026-08-31, to = 2026-08-31 }]"), "", &[away]);
        case(("b", "also_off = [{ date = 2026-08-26, name = \"House\" }]"), "", &[]);
        let strict = "[holiday_policy]\nsecondary_on_holiday = \"unavailable\"\n";
        case(("b", "also_off = [{ date = 2026-08-26, name = \"House\" }]"), strict, &[away]);
        let swap = "[[swap]]\nweek = 2026-08-21\nprimary = \"b\"\nsecondary = \"a\"\n";
        case(("b", "time_off = [{ from = 2026-08-26, to = 2026-08-26 }]"), swap, &[]);
        case(("a", "time_off = [{ from = 2026-08-26, to = 2026-08-26 }]"), swap, &[away]);
    }
}
