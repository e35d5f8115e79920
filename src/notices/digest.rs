//! The weekly summary for the team.

use chrono::{Datelike, Days, TimeDelta};

use super::agreement::open;
use super::agreement_words::proposed;
use super::facts::{Facts, Terms};
use super::message::{Kind, Message, Part, Recipient, Text};
use super::words::{clock, footer, names, prefix, times_in};
use crate::rota::{
    EngineerIdx, Instant, Occasion, OccasionKind, Period, PlannedWeek, Role, occasions, sort_occasions,
};
use crate::text::{
    WallClock, clean, clean_or, count, list, moment, occasion_away, occasion_dates, occasion_hours,
    occasion_on_call, occasion_status, occasion_title, reasons,
};

const TO_AGREE: &str = "To agree";

/// How far ahead holidays and leave are listed.
const OCCASIONS: TimeDelta = TimeDelta::weeks(4);

/// A digest that could not be sent for this long is dropped: the next one says more.
const EXPIRES: TimeDelta = TimeDelta::days(3);

/// A server that was down at the time of a digest sends it at most this much later.
pub(super) const MAX_DELAY: TimeDelta = TimeDelta::hours(6);

/// The last digest time at `now` or before, and the next one. A time that is skipped by a clock change counts as the
/// first instant after the gap.
pub(super) fn times(facts: &Facts<'_>, terms: &Terms, now: Instant) -> Option<(Instant, Instant)> {
    let (day, time) = terms.digest?;
    let zone = &facts.team.zone;
    let today = zone.date(now);
    let back = (today.weekday().num_days_from_monday() + 7 - day.num_days_from_monday()) % 7;
    let date = today.checked_sub_days(Days::new(u64::from(back)))?;
    let at = |date: chrono::NaiveDate| zone.instant(date.and_time(time));
    let week = Days::new(7);
    if at(date) <= now {
        return Some((at(date), at(date.checked_add_days(week)?)));
    }
    Some((at(date.checked_sub_days(week)?), at(date)))
}

/// The digest at `now`; `None` where there is nothing to say.
pub(super) fn digest(facts: &Facts<'_>, key: &str, now: Instant) -> Option<Message> {
    let clock = clock(&facts.team.zone, now);
    let next = facts.schedule.weeks.iter().find(|planned| now < planned.week.period.start());
    let sections = [
        ("Next week", next.map(|planned| week(facts, planned, clock)).unwrap_or_default()),
        ("Holidays and leave in the next four weeks", holidays(facts, now)),
        (TO_AGREE, to_agree(facts, clock, now)),
        ("Moved handover meetings", meetings(facts, clock, now)),
        ("Calendars that are out of date", facts.outdated.clone()),
    ];
    // The subject is about the next week, and "by Friday" is wrong after Friday.
    let open = open(facts, now);
    let start = next.map(|planned| planned.week.period.start());
    let expires = start.map_or(now + EXPIRES, |start| start.min(now + EXPIRES));
    let deadline = open.iter().map(|open| open.deadline).filter(|deadline| now < *deadline).min();
    let part = |(heading, lines): (&str, Vec<String>)| {
        let deadline = deadline.filter(|_| heading == TO_AGREE);
        let expires = deadline.map_or(expires, |deadline| deadline.min(expires));
        let text = format!(
            "{heading}\n{}",
            lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
        );
        Part::new(heading.to_owned(), text, expires)
    };
    let parts: Vec<Part> = sections.into_iter().filter(|(_, lines)| !lines.is_empty()).map(part).collect();
    if parts.is_empty() {
        return None;
    }
    let title = match next {
        Some(planned) => {
            format!("{} are on call from {}", pair(facts, planned), clock.date(planned.week.id.0))
        }
        None => format!("the week of {}", clock.day(now)),
    };
    let to = Recipient::Team;
    let text = Text {
        prefix: prefix(facts, &to),
        title: Some(title),
        intro: times_in(&facts.team.zone),
        parts,
        closing: footer(facts, &to),
        link: facts.page.clone(),
        ..Text::default()
    };
    Some(Message { kind: Kind::Digest, to, key: key.to_owned(), text })
}

fn pair(facts: &Facts<'_>, planned: &PlannedWeek) -> String {
    let pair = planned.week.pair;
    names(facts, &[pair.primary, pair.secondary])
}

/// Who is on call through the week, a line for each change.
fn week(facts: &Facts<'_>, planned: &PlannedWeek, clock: WallClock<'_>) -> Vec<String> {
    let pieces =
        planned.duties.iter().map(|duty| (duty.period, (duty.hands(), duty.primary.kind.is_tentative())));
    let line = |(period, ((primary, secondary), is_proposed)): (
        Period,
        ((EngineerIdx, Option<EngineerIdx>), bool),
    )| {
        let secondary: Vec<EngineerIdx> = secondary.into_iter().collect();
        let proposed = if is_proposed { ", proposed" } else { "" };
        format!(
            "{}: {} as {}, {} as {}{proposed}",
            clock.span(period),
            facts.name(primary),
            Role::Primary.as_str(),
            names(facts, &secondary),
            Role::Secondary.as_str()
        )
    };
    crate::rota::merge_adjacent(pieces).into_iter().map(line).collect()
}

fn holidays(facts: &Facts<'_>, now: Instant) -> Vec<String> {
    let Some(ahead) = Period::new(now, now + OCCASIONS) else { return Vec::new() };
    let team = facts.team;
    let mut all = occasions(team, ahead);
    all.retain(|occasion| now < occasion.period.end());
    sort_occasions(&mut all, now);
    let line = |occasion: &Occasion| {
        format!(
            "{}: {} ({}). {}. On call{}: {}.",
            occasion_dates(occasion),
            title(facts, occasion),
            occasion_status(occasion, now),
            away(facts, occasion),
            occasion_hours(team, occasion).map(|hours| format!(" {hours}")).unwrap_or_default(),
            occasion_on_call(team, occasion)
        )
    };
    all.iter().map(line).collect()
}

/// `Christmas Day and Boxing Day`.
fn title(facts: &Facts<'_>, occasion: &Occasion) -> String {
    let OccasionKind::Holiday { name, others } = &occasion.kind else {
        return occasion_title(facts.team, occasion);
    };
    let others = others.iter().map(|other| clean(other)).filter(|other| !other.is_empty());
    list(&std::iter::once(clean_or(name, "Holiday")).chain(others).collect::<Vec<_>>())
}

/// `Data Engineer A, Data Engineer D and 1 other are away`.
fn away(facts: &Facts<'_>, occasion: &Occasion) -> String {
    if occasion.away.is_empty() {
        return occasion_away(facts.team, occasion);
    }
    let mut people: Vec<String> = occasion.away.iter().map(|engineer| facts.name(*engineer)).collect();
    match occasion.unaffected.len() {
        0 => {}
        others => people.push(count(others, "other", "others")),
    }
    format!("{} {} away", list(&people), if people.len() == 1 { "is" } else { "are" })
}

fn to_agree(facts: &Facts<'_>, clock: WallClock<'_>, now: Instant) -> Vec<String> {
    let line = |open: &super::agreement::Open<'_>| {
        let (deadline, days) =
            (clock.day(open.deadline), moment::days(moment::dates(clock.zone, open.conflict.period)));
        let by = if open.deadline <= now { "overdue since" } else { "by" };
        let who = proposed(facts, open.conflict, false);
        format!("{by} {deadline}: primary {days} ({}), {who}", reasons(&open.conflict.reasons))
    };
    open(facts, now).iter().map(line).collect()
}

fn meetings(facts: &Facts<'_>, clock: WallClock<'_>, now: Instant) -> Vec<String> {
    let moved = facts.schedule.handovers.iter().filter(|meeting| {
        meeting.moved && now < meeting.period.end() && meeting.period.start() < now + OCCASIONS
    });
    moved
        .map(|meeting| {
            format!("{} instead of {}", clock.span(meeting.period), clock.date(meeting.nominal_date))
        })
        .collect()
}
