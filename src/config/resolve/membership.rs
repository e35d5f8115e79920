//! Nobody has duty outside their time in the team.
//!
//! A rotation has no end of its own, so somebody who leaves must be followed by a rotation without them, or be
//! swapped or overridden away; what counts is who would really hold a role.

use chrono::NaiveDate;

use super::engineers::Roster;
use super::overrides::{FoundOverride, FoundSwap};
use super::rotations::{Era, Eras, NamedWeek};
use crate::config::schema::PairTable;
use crate::document::{At, Problems};
use crate::rota::{Engineer, Pair, Period, Periods, Role, Seat};

/// Reports each rotation (with the first week concerned), swap and override that gives duty to somebody who is no
/// member for the whole of it.
pub(super) fn check(
    eras: &Eras<'_>,
    swaps: &[FoundSwap<'_>],
    overrides: &[FoundOverride<'_>],
    roster: &Roster,
    problems: &Problems,
) {
    let limited = || roster.seated().filter(|(_, engineer)| engineer.joined.or(engineer.left).is_some());
    for (seat, engineer) in limited() {
        for era in &eras.list {
            check_rotation((seat, engineer), (eras, era), swaps, overrides, problems);
        }
        for found in swaps {
            let Some(role) = found.swap.pair.role_of(seat) else { continue };
            if outside(engineer, found.period, found.swap.pair, seat, overrides) {
                let message =
                    format!("{} but is given the week of {}", bound(engineer, found.period), found.date);
                report(named(&found.table.pair, role), message, None, problems);
            }
        }
        for found in overrides {
            let period = found.given.period;
            for (_, at) in found.named().filter(|(named, _)| *named == seat) {
                if !engineer.is_member_throughout(period) {
                    let message = format!("{} but is given duty outside that time", bound(engineer, period));
                    report(Some(at), message, None, problems);
                }
            }
        }
    }
}

fn check_rotation(
    (seat, engineer): (Seat, &Engineer),
    (eras, era): (&Eras<'_>, &Era<'_>),
    swaps: &[FoundSwap<'_>],
    overrides: &[FoundOverride<'_>],
    problems: &Problems,
) {
    if !era.pairs.iter().flatten().any(|pair| pair.role_of(seat).is_some()) {
        return;
    }
    let concerned = |week: &NamedWeek| {
        let pair = week.pair.filter(|pair| pair.role_of(seat).is_some())?;
        let swapped = swaps.iter().any(|swap| swap.date == week.date);
        (!swapped && outside(engineer, week.period, pair, seat, overrides)).then_some(pair)
    };
    let first = weeks_to_look_at(engineer, eras, era).find_map(|week| Some((concerned(&week)?, week)));
    let Some((pair, week)) = first else { return };
    let entry = era.table.weeks.as_ref().and_then(|weeks| weeks.get(week.entry));
    let at = pair.role_of(seat).and_then(|role| named(entry?, role));
    let message = format!("{} but has the week of {}", bound(engineer, week.period), week.date);
    let id = &engineer.id;
    let help = if joins_after(engineer, week.period) {
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

/// Whether `seat`, of the pair of a week, would hold a role at an instant of `period` at which they are no member.
fn outside(
    engineer: &Engineer,
    period: Period,
    pair: Pair,
    seat: Seat,
    overrides: &[FoundOverride<'_>],
) -> bool {
    let member = engineer.member_within(period).into_iter().collect();
    let no_member = Periods::from_iter([period]).minus(&member);
    if no_member.is_empty() {
        return false;
    }
    let relieved =
        overrides.iter().filter(|found| !may_hold(seat, pair, found)).map(|found| found.given.period);
    !no_member.minus(&relieved.collect()).is_empty()
}

/// R7: whether somebody of the week's pair can hold a role under an override. Those it names are checked for
/// themselves.
fn may_hold(seat: Seat, pair: Pair, found: &FoundOverride<'_>) -> bool {
    let given = &found.given;
    if given.secondary.is_some() || given.primary == seat {
        return false;
    }
    if given.primary == pair.secondary { seat == pair.primary } else { seat == pair.secondary }
}

fn named(table: &PairTable, role: Role) -> Option<&At<String>> {
    match role {
        Role::Primary => table.primary.as_ref(),
        Role::Secondary => table.secondary.as_ref(),
    }
}

/// Which bound of their time in the team `period` is beyond, to begin a message with.
fn bound(engineer: &Engineer, period: Period) -> String {
    let id = &engineer.id;
    match (engineer.joined.filter(|_| joins_after(engineer, period)), engineer.left) {
        (Some(joined), _) => format!("`{id}` joins on {joined}"),
        (None, Some(left)) => format!("`{id}` leaves on {left}"),
        (None, None) => format!("`{id}` is no member"),
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
