//! An occasion (R11) in words: its title, its status, and who is on call during it.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::clean::{clean, clean_or};
use super::count::count;
use super::moment::{Day, dates, time_of_day};
use super::status::status;
use super::wall_clock::{WallClock, Year};
use crate::rota::{
    Backup, EngineerIdx, Instant, Occasion, OccasionKind, OnCall, Period, ProposalStatus, Team, Zone,
    merge_adjacent,
};

/// Further people who are on call in turn are counted rather than named.
const MAX_IN_TURN: usize = 4;

/// Within this time a weekday is enough to identify a day.
const WEEKDAYS_ARE_CLEAR: TimeDelta = TimeDelta::days(6);

/// `Christmas Day + 1` or `Time off of Data Engineer B`.
pub fn occasion_title(team: &Team, occasion: &Occasion) -> String {
    match &occasion.kind {
        OccasionKind::Holiday { name, others } => {
            let name = clean_or(name, "Holiday");
            let others = others.iter().map(|other| clean(other)).filter(|other| !other.is_empty()).count();
            if others == 0 { name } else { format!("{name} + {others}") }
        }
        OccasionKind::TimeOff(engineer) => format!("Time off of {}", name_of(team, *engineer)),
    }
}

/// `Fri 25 Dec 2026`, `Thu 24 – Fri 25 Dec 2026` or `Thu 31 Dec 2026 – Fri 1 Jan 2027`.
pub fn occasion_dates(occasion: &Occasion) -> String {
    let long = |date: NaiveDate| date.format("%a %-d %b %Y").to_string();
    let (first, last) = (occasion.first, occasion.last);
    if first == last {
        long(first)
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{} – {}", first.format("%a %-d"), long(last))
    } else {
        format!("{} – {}", long(first), long(last))
    }
}

/// Its status at `now`, in lower case: `volunteer needed`, `overdue: proposed`, `covered`.
pub fn occasion_status(occasion: &Occasion, now: Instant) -> String {
    let worst = occasion.status(now);
    match () {
        () if occasion.is_overdue(now) => format!("overdue: {}", status(worst)),
        () if worst.is_open() && !occasion.needs_somebody(now) => "never agreed".to_owned(),
        () => status(worst).to_owned(),
    }
}

/// `Data Engineer D away and 2 others`, `Data Engineer B on call on their holiday` or `3 people away, none on duty`.
pub fn occasion_away(team: &Team, occasion: &Occasion) -> String {
    let names =
        |list: &[EngineerIdx]| super::list(&list.iter().map(|idx| name_of(team, *idx)).collect::<Vec<_>>());
    let others = match occasion.unaffected.len() {
        0 => String::new(),
        others => format!(" and {}", count(others, "other", "others")),
    };
    match (&occasion.away[..], &occasion.working[..]) {
        ([], []) => format!("{} away, none on duty", count(occasion.unaffected.len(), "person", "people")),
        ([], working) if others.is_empty() => format!("{} on call on their holiday", names(working)),
        ([], working) => format!("{} on call on their holiday,{} away", names(working), &others[4..]),
        (away, _) => format!("{} away{others}", names(away)),
    }
}

/// Who is on call during it, in order, in team time: `Data Engineer D (proposed, no backup) until Fri 10:00, then Data
/// Engineer A (backup Data Engineer B)`.
pub fn occasion_on_call(team: &Team, occasion: &Occasion) -> String {
    on_call_in_turn(occasion, &team.zone, |idx| name_of(team, idx))
}

/// The same on the clock of `zone`, with other names, such as links.
pub fn on_call_in_turn(occasion: &Occasion, zone: &Zone, name: impl Fn(EngineerIdx) -> String) -> String {
    let last = occasion.on_call.len().saturating_sub(1);
    let part = |(place, held): (usize, &OnCall)| {
        let until = match place {
            _ if place == last => String::new(),
            _ => format!(" until {}", time_within(zone, occasion.period, held.period.end())),
        };
        format!("{}{until}", on_call_holders(held, &name))
    };
    in_turn(occasion.on_call.iter().enumerate().map(part).collect())
}

/// Who holds the roles, and whether that is agreed: `Data Engineer D (proposed, no backup)`.
pub fn on_call_holders(held: &OnCall, name: impl Fn(EngineerIdx) -> String) -> String {
    let agreement = match held.proposal {
        Some(ProposalStatus::Nobody) => "not covered, ",
        Some(_) => "proposed, ",
        None => "",
    };
    let backup = match (held.secondary.map(&name), held.backup) {
        (None, _) | (_, Backup::Nobody) => "no backup".to_owned(),
        (Some(name), Backup::There) => format!("backup {name}"),
        (Some(name), Backup::Away) => format!("no backup, {name} is away"),
        (Some(name), Backup::PartlyAway) => format!("backup {name}, partly away"),
    };
    format!("{} ({agreement}{backup})", name(held.primary))
}

/// When the people on call through it are: nothing if that is its dates in the team's zone.
pub fn occasion_hours(team: &Team, occasion: &Occasion) -> Option<String> {
    let clock = WallClock { zone: &team.zone, year: Year::UnlessIn(occasion.first.year()) };
    let is_all = clock.whole_days(occasion.period) == Some((occasion.first, occasion.last));
    (!is_all).then(|| clock.span(occasion.period))
}

/// Who is primary during it, short enough for a title: `Data Engineer D, then Data Engineer A from Fri 10:00`. Dates on
/// which nobody on duty is away are left out: `Data Engineer D from Fri 8 Jan 10:00`.
pub fn occasion_primaries(team: &Team, occasion: &Occasion) -> String {
    let held = merge_adjacent(occasion.on_call.iter().map(|held| (held.period, held.primary)));
    let (first, last) = dates(&team.zone, occasion.period);
    let (begins_late, ends_early) = (occasion.first < first, last < occasion.last);
    let dated = |instant| time_of_day(team.zone.local(instant), Day::Date);
    let part = |(place, (period, primary)): (usize, &(Period, EngineerIdx))| {
        let from = match place {
            0 if begins_late => format!(" from {}", dated(period.start())),
            0 => String::new(),
            _ => format!(" from {}", time_within(&team.zone, occasion.period, period.start())),
        };
        let until = match ends_early && place + 1 == held.len() {
            true => format!(" until {}", dated(period.end())),
            false => String::new(),
        };
        format!("{}{from}{until}", name_of(team, *primary))
    };
    in_turn(held.iter().enumerate().map(part).collect())
}

fn in_turn(mut parts: Vec<String>) -> String {
    if parts.len() > MAX_IN_TURN {
        let rest = parts.split_off(MAX_IN_TURN - 1).len();
        parts.push(format!("{rest} more changes"));
    }
    parts.join(", then ")
}

/// `10:00` if `period` is within one date of `zone`, otherwise `Fri 10:00`, with the date if weekdays repeat.
fn time_within(zone: &Zone, period: Period, instant: Instant) -> String {
    let (first, last) = dates(zone, period);
    let day = match () {
        () if first == last => Day::Unnamed,
        () if period.end() - period.start() <= WEEKDAYS_ARE_CLEAR => Day::Weekday,
        () => Day::Date,
    };
    time_of_day(zone.local(instant), day)
}

fn name_of(team: &Team, engineer: EngineerIdx) -> String {
    let engineer = team.engineer(engineer);
    clean_or(&engineer.name, engineer.id.as_str())
}
