//! Checks that nobody is on duty outside their time in the team.
//!
//! A rotation has no end, so after somebody leaves, another rotation without them must take over, or swaps and
//! overrides must replace them; what counts is who would really hold a role.

use chrono::NaiveDate;

use super::engineers::Roster;
use super::overrides::{FoundOverride, FoundSwap};
use super::rotations::{Era, Eras, NamedWeek};
use crate::config::schema::PairTable;
use crate::rota::{Engineer, EngineerIdx, Pair, Period, Periods, Role};
use crate::toml_reader::{At, Problems};

/// Reports each rotation (with the first week concerned), swap and override that puts somebody on duty who is not a
/// member for all of it.
pub(super) fn check(
    eras: &Eras<'_>,
    swaps: &[FoundSwap<'_>],
    overrides: &[FoundOverride<'_>],
    roster: &Roster,
    problems: &Problems,
) {
    let limited = || roster.indexed().filter(|(_, engineer)| engineer.joined.or(engineer.left).is_some());
    for (idx, engineer) in limited() {
        for era in &eras.list {
            check_rotation((idx, engineer), (eras, era), swaps, overrides, problems);
        }
        for found in swaps {
            let Some(role) = found.swap.pair.role_of(idx) else { continue };
            if outside(engineer, found.period, found.swap.pair, idx, overrides) {
                let message =
                    format!("{} but is given the week of {}", bound(engineer, found.period), found.date);
                report(named(&found.table.pair, role), message, None, problems);
            }
        }
        for found in overrides {
            let period = found.given.period;
            for (_, at) in found.named().filter(|(named, _)| *named == idx) {
                if !engineer.is_member_throughout(period) {
                    let message = format!("{} but is given duty outside that time", bound(engineer, period));
                    let help = "name somebody else for that time, or correct `joined` or `left`";
                    report(Some(at), message, Some(help.to_owned()), problems);
                }
            }
        }
    }
}

fn check_rotation(
    (idx, engineer): (EngineerIdx, &Engineer),
    (eras, era): (&Eras<'_>, &Era<'_>),
    swaps: &[FoundSwap<'_>],
    overrides: &[FoundOverride<'_>],
    problems: &Problems,
) {
    if !era.pairs.iter().flatten().any(|pair| pair.role_of(idx).is_some()) {
        return;
    }
    let concerned = |week: &NamedWeek| {
        let pair = week.pair.filter(|pair| pair.role_of(idx).is_some())?;
        let swapped = swaps.iter().any(|swap| swap.date == week.date);
        (!swapped && outside(engineer, week.period, pair, idx, overrides)).then_some(pair)
    };
    let first = weeks_to_look_at(engineer, eras, era).find_map(|week| Some((concerned(&week)?, week)));
    let Some((pair, week)) = first else { return };
    let entry = era.table.weeks.as_ref().and_then(|weeks| weeks.get(week.entry));
    let at = pair.role_of(idx).and_then(|role| named(entry?, role));
    let message = format!("{} but has the week of {}", bound(engineer, week.period), week.date);
    let id = &engineer.id;
    let last_day = engineer.left.filter(|left| *left == engineer.zone.date(week.period.end()));
    let help = if let Some(next) = last_day.and_then(|date| date.succ_opt()) {
        format!("`left` is the first day on which they are gone: {next}, if they serve that week to its end")
    } else if joins_after(engineer, week.period) {
        format!("begin with a [[rotation]] without `{id}`, and let this one start once they have joined")
    } else {
        format!(
            "let a [[rotation]] without `{id}` take over before they leave, or give the week away in a [[swap]]"
        )
    };
    report(at, message, Some(help), problems);
}

/// The weeks before somebody is a member, then those from the last on in which they are.
fn weeks_to_look_at<'e>(
    engineer: &Engineer,
    eras: &'e Eras<'_>,
    era: &'e Era<'_>,
) -> impl Iterator<Item = NamedWeek> + 'e {
    let near = |date: NaiveDate| era.number_near(date);
    let before = engineer.joined.map_or(0, |joined| near(joined) + 2);
    let after = engineer.left.map(|left| near(left).saturating_sub(1));
    let early = (0..before).map_while(|k| eras.week(era, k));
    let late = after.into_iter().flat_map(|first| (first..).map_while(|k| eras.week(era, k)));
    early.chain(late)
}

/// Whether `idx`, of the pair of a week, would hold a role at an instant of `period` at which they are not a member.
fn outside(
    engineer: &Engineer,
    period: Period,
    pair: Pair,
    idx: EngineerIdx,
    overrides: &[FoundOverride<'_>],
) -> bool {
    let member = engineer.member_within(period).into_iter().collect();
    let no_member = Periods::from_iter([period]).minus(&member);
    if no_member.is_empty() {
        return false;
    }
    let relieved =
        overrides.iter().filter(|found| !may_hold(idx, pair, found)).map(|found| found.given.period);
    !no_member.minus(&relieved.collect()).is_empty()
}

/// R7: whether somebody of the week's pair can hold a role during an override. Those it names are checked separately.
fn may_hold(idx: EngineerIdx, pair: Pair, found: &FoundOverride<'_>) -> bool {
    let given = &found.given;
    if given.secondary.is_some() {
        return false;
    }
    if given.primary == pair.secondary { idx == pair.primary } else { idx == pair.secondary }
}

fn named(table: &PairTable, role: Role) -> Option<&At<String>> {
    match role {
        Role::Primary => table.primary.as_ref(),
        Role::Secondary => table.secondary.as_ref(),
    }
}

/// The beginning of a message: which end of their time in the team `period` is beyond.
fn bound(engineer: &Engineer, period: Period) -> String {
    let id = &engineer.id;
    match (engineer.joined.filter(|_| joins_after(engineer, period)), engineer.left) {
        (Some(joined), _) => format!("`{id}` joins on {joined}"),
        (None, Some(left)) => format!("`{id}` leaves on {left}"),
        (None, None) => format!("`{id}` is not a member"),
    }
}

/// Whether they join after the start of `period`.
fn joins_after(engineer: &Engineer, period: Period) -> bool {
    engineer.joined.is_some_and(|joined| engineer.zone.first_instant(joined) > period.start())
}

fn report(at: Option<&At<String>>, message: String, help: Option<String>, problems: &Problems) {
    if let Some(at) = at {
        problems.error_with_help("outside-membership", at.span.clone(), message, help);
    }
}

#[cfg(test)]
mod tests {
    use crate::config::resolve::sample::Sample;

    const OUTSIDE: &str = "outside-membership";

    #[track_caller]
    fn codes(engineers: &[(&'static str, &'static str)], rest: &'static str, expected: &[&str]) {
        assert_eq!(Sample::new(engineers, rest).codes(), expected, "{engineers:?} {rest}");
    }

    #[track_caller]
    fn first_week(engineer: (&'static str, &'static str), rest: &'static str, expected: &str) {
        let (_, problems) = Sample::new(&[engineer], rest).resolve();
        let message = &problems.iter().find(|problem| problem.code == OUTSIDE).unwrap().message;
        assert!(message.ends_with(&format!("has the week of {expected}")), "{message}");
    }

    #[test]
    fn an_engineer_without_weeks_may_join_and_leave() {
        codes(&[("d", "joined = 2026-03-01\nleft = 2026-04-01")], "", &[]);
    }

    #[test]
    fn a_rotation_without_end_needs_everybody_to_stay() {
        first_week(("b", "left = 2190-01-02"), "", "2190-01-01");
        first_week(("b", "left = 2026-01-09"), "", "2026-01-02");
        first_week(("b", "left = 2026-01-10"), "", "2026-01-09");
        first_week(("b", "left = 2026-01-17"), "", "2026-01-23");
        first_week(("b", "left = 2026-01-16"), "", "2026-01-09");
        first_week(("b", "left = 2025-01-01"), "", "2026-01-02");
    }

    #[test]
    fn members_from_the_start_are_members_on_the_day_they_join() {
        codes(&[("a", "joined = 2026-01-02")], "", &[]);
        first_week(("a", "joined = 2026-01-03"), "", "2026-01-02");
        codes(&[("c", "joined = 2026-01-09")], "", &[]);
        first_week(("c", "joined = 2026-01-10"), "", "2026-01-09");
    }

    #[test]
    fn dates_of_joining_and_leaving_are_those_of_their_own_zone() {
        let on_the_day =
            "time_zone = \"Pacific/Kiritimati\"\nholidays = [\"us-federal\"]\njoined = 2026-01-03";
        codes(&[("a", on_the_day)], "", &[]);
    }

    #[test]
    fn a_rotation_without_them_lets_them_go() {
        let rest =
            "[[rotation]]\nstarts = 2026-02-06T10:00:00\nweeks = [{ primary = \"a\", secondary = \"c\" }]";
        codes(&[("b", "left = 2026-02-07")], rest, &[]);
        first_week(("b", "left = 2026-02-06"), rest, "2026-01-30");
        first_week(("b", "left = 2026-01-30"), rest, "2026-01-23");
        codes(&[("d", "joined = 2026-02-07")], rest, &[]);
    }

    #[test]
    fn leaving_on_the_day_of_the_last_duty_change_is_reported_with_the_next() {
        let rest =
            "[[rotation]]\nstarts = 2026-02-06T10:00:00\nweeks = [{ primary = \"a\", secondary = \"c\" }]";
        let (_, problems) = Sample::new(&[("b", "left = 2026-02-06")], rest).resolve();
        let help = problems[0].help.as_ref().unwrap();
        assert!(help.ends_with("2026-02-07, if they serve that week to its end"), "{help}");
    }

    #[test]
    fn swaps_relieve_and_bind() {
        let relieved = "[[swap]]\nweek = 2026-01-02\nprimary = \"b\"\nsecondary = \"c\"";
        codes(&[("a", "joined = 2026-01-16")], relieved, &[]);
        first_week(("a", "joined = 2026-01-17"), relieved, "2026-01-16");
        let bound = "[[swap]]\nweek = 2026-01-02\nprimary = \"b\"\nsecondary = \"d\"";
        codes(&[("d", "joined = 2026-01-03")], bound, &[OUTSIDE]);
    }

    #[test]
    fn an_override_relieves_anybody_it_leaves_without_a_role() {
        let until_joined =
            "[[override]]\nfrom = 2026-01-02T10:00:00\nto = 2026-01-05\nagreed_on = 2026-01-01\n";
        let case = |people: &'static str, id, expected: &[&str]| {
            let rest = Box::leak(format!("{until_joined}{people}").into_boxed_str());
            codes(&[(id, "joined = 2026-01-05")], rest, expected);
        };
        case("primary = \"b\"\nsecondary = \"c\"", "a", &[]);
        case("primary = \"c\"", "a", &[]);
        case("primary = \"b\"", "a", &[OUTSIDE]);
        case("primary = \"c\"", "b", &[OUTSIDE]);
        case("primary = \"c\"\nsecondary = \"d\"", "b", &[]);
        case("primary = \"c\"\nsecondary = \"d\"", "d", &[OUTSIDE]);
        case("primary = \"d\"\nsecondary = \"c\"", "d", &[OUTSIDE]);
    }

    #[test]
    fn an_override_shorter_than_the_absence_is_not_enough() {
        let rest =
            "[[override]]\nfrom = 2026-01-02T10:00:00\nto = 2026-01-04\nprimary = \"b\"\nsecondary = \"c\"";
        codes(&[("a", "joined = 2026-01-05")], rest, &[OUTSIDE]);
    }
}
