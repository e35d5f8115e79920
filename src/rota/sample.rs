//! A team to try the rules on: four engineers in New York, the plan's rotation, no holidays until some are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use jiff::tz::TimeZoneDatabase;

use super::team::*;
use super::{Calendar, Instant, Period, PlannedWeek, Schedule, Zone, expand};

pub(super) const A: EngineerIdx = EngineerIdx(0);
pub(super) const B: EngineerIdx = EngineerIdx(1);
pub(super) const C: EngineerIdx = EngineerIdx(2);
pub(super) const D: EngineerIdx = EngineerIdx(3);

pub(super) fn zone(name: &str) -> Zone {
    Zone::new(name, &TimeZoneDatabase::bundled()).unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn period(start: &str, end: &str) -> Period {
    Period::new(at(start), at(end)).unwrap()
}

pub(super) fn engineer(id: &str) -> Engineer {
    Engineer {
        id: EngineerId::new(id).unwrap(),
        name: format!("Engineer {}", id.to_uppercase()),
        zone: zone("America/New_York"),
        calendars: vec![calendar(&[])],
        also_off: Vec::new(),
        works_on: Vec::new(),
        time_off: Vec::new(),
        leave_is_known: true,
        joined: None,
        left: None,
    }
}

pub(super) fn calendar(holidays: &[(&str, &str)]) -> Arc<Calendar> {
    let holidays = holidays.iter().map(|(day, name)| (date(day), Arc::from(*name))).collect();
    Arc::new(Calendar::new("sample", "Sample", None, holidays))
}

pub(super) fn pair(primary: EngineerIdx, secondary: EngineerIdx) -> Pair {
    Pair { primary, secondary }
}

/// Weeks from Friday 10:00, A–B, B–C, C–D, D–A from 2026-01-02 on, a meeting at each duty change.
pub(super) fn team() -> Team {
    Team {
        id: TeamId::new("sample").unwrap(),
        name: "Sample".to_owned(),
        zone: zone("America/New_York"),
        uid_domain: "oncal".to_owned(),
        engineers: ["a", "b", "c", "d"].map(engineer).to_vec(),
        rotations: vec![Rotation {
            starts: local("2026-01-02T10:00:00"),
            weeks: vec![pair(A, B), pair(B, C), pair(C, D), pair(D, A)],
        }],
        swaps: BTreeMap::new(),
        overrides: Vec::new(),
        handover: Some(HandoverRule {
            day: Weekday::Fri,
            time: NaiveTime::from_hms_opt(10, 0, 0).unwrap(),
            minutes: 30,
            if_away: IfAway::Earlier,
        }),
        policy: HolidayPolicy::default(),
        pipelines: Vec::new(),
        run_books: BTreeMap::new(),
    }
}

/// The sample team with a holiday for everybody on Wednesday 2026-01-07, in the week of A and B.
pub(super) fn with_holiday() -> Team {
    let mut team = team();
    for engineer in &mut team.engineers {
        engineer.calendars = vec![calendar(&[("2026-01-07", "Founders")])];
    }
    team
}

/// That Wednesday.
pub(super) fn holiday() -> Period {
    period("2026-01-07T05:00:00Z", "2026-01-08T05:00:00Z")
}

/// An override without secondary, agreement or reason.
pub(super) fn given(period: Period, primary: EngineerIdx) -> Override {
    Override { period, primary, secondary: None, agreed_on: None, reason: None }
}

/// The first seven weeks.
pub(super) fn first_weeks(team: &Team) -> Schedule {
    expand(team, period("2026-01-02T15:00:00Z", "2026-02-20T15:00:00Z"))
}

/// The week of A and B that starts on 2026-01-02.
pub(super) fn first_week(team: &Team) -> PlannedWeek {
    first_weeks(team).weeks.into_iter().next().unwrap()
}
