//! Random teams that are valid as `config` would leave them, in zones with odd clock changes.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, Weekday};
use jiff::tz::TimeZoneDatabase;
use oncal::rota::{
    Calendar, Engineer, EngineerId, EngineerIdx, HandoverRule, HolidayPolicy, IfAway, Override, Pair, Period,
    Rotation, SecondaryOnHoliday, Swap, Team, TeamId, TimeOffRule, Zone, weeks,
};
use proptest::prelude::*;

/// Zones whose clocks change at midnight, by half an hour, across the date line, around Ramadan, or for good.
const ZONES: [&str; 11] = [
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
    "Pacific/Chatham",
    "America/New_York",
    "America/Vancouver",
    "Europe/London",
    "America/Havana",
    "Pacific/Kiritimati",
];

/// The date that all random dates are counted from.
pub(crate) fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

/// How many days after [`epoch`] random dates may lie.
pub(crate) const SPAN_DAYS: u64 = 400;

fn dates() -> impl Strategy<Value = NaiveDate> {
    (0..SPAN_DAYS).prop_map(|days| epoch() + Days::new(days))
}

fn times() -> impl Strategy<Value = NaiveTime> {
    let odd = prop::sample::select(vec![(0, 0), (0, 30), (2, 0), (2, 30), (3, 0), (10, 0), (23, 59)]);
    odd.prop_map(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap())
}

fn zones() -> impl Strategy<Value = Zone> {
    let database = TimeZoneDatabase::bundled();
    prop::sample::select(ZONES.to_vec()).prop_map(move |name| Zone::new(name, &database).unwrap())
}

fn calendars() -> impl Strategy<Value = Arc<Calendar>> {
    prop::collection::vec(dates(), 0..30).prop_map(|dates| {
        let holidays = dates.into_iter().map(|date| (date, Arc::from(format!("Holiday {date}"))));
        Arc::new(Calendar::new("random", "Random", None, holidays.collect()))
    })
}

/// Time off: whole days, or some minutes of one.
fn time_off(zone: Zone) -> impl Strategy<Value = Period> {
    let whole = (dates(), 0u64..12).prop_map({
        let zone = zone.clone();
        move |(from, days)| {
            let end = zone.first_instant(from + Days::new(days + 1));
            Period::new(zone.first_instant(from), end).unwrap()
        }
    });
    let timed = (dates(), times(), 1i64..3000).prop_map(move |(date, time, minutes)| {
        let start = zone.instant(date.and_time(time));
        Period::new(start, start + TimeDelta::minutes(minutes)).unwrap()
    });
    prop_oneof![whole, timed]
}

fn engineers() -> impl Strategy<Value = Vec<Engineer>> {
    let engineer = (zones(), prop::collection::vec(calendars(), 0..3)).prop_flat_map(|(zone, calendars)| {
        let off = prop::collection::vec(time_off(zone.clone()), 0..4);
        let also = prop::collection::vec(dates(), 0..3);
        let works = prop::collection::vec(dates(), 0..3);
        let stay = (prop::option::of(dates()), prop::option::of(dates()));
        (Just(zone), Just(calendars), off, also, works, stay)
    });
    prop::collection::vec(engineer, 2..7).prop_map(|drafts| {
        let mut engineers = Vec::new();
        for (n, (zone, calendars, time_off, also, works_on, (joined, left))) in drafts.into_iter().enumerate()
        {
            let in_rota = n < 4;
            engineers.push(Engineer {
                id: EngineerId::new(&format!("e{n}")).unwrap(),
                name: format!("Engineer {n}"),
                zone,
                calendars,
                also_off: also.into_iter().map(|date| (date, Arc::from("Company day"))).collect(),
                works_on,
                time_off,
                leave_is_known: true,
                joined: joined.filter(|_| !in_rota),
                left: left.filter(|left| !in_rota && joined.is_none_or(|joined| joined < *left)),
            });
        }
        engineers
    })
}

/// Two different people out of the first four of `count`.
fn pairs(count: usize) -> impl Strategy<Value = Pair> {
    let able = count.min(4);
    (0..able, 1..able).prop_map(move |(first, step)| Pair {
        primary: EngineerIdx(first),
        secondary: EngineerIdx((first + step) % able),
    })
}

fn rotations(count: usize) -> impl Strategy<Value = Vec<Rotation>> {
    let rotation = (0u64..120, times(), prop::collection::vec(pairs(count), 1..6));
    prop::collection::vec(rotation, 1..4).prop_map(|mut drafts| {
        drafts.sort_by_key(|(day, time, _)| (*day, *time));
        drafts.dedup_by_key(|(day, _, _)| *day);
        let starts = |day: u64, time: NaiveTime| (epoch() + Days::new(day)).and_time(time);
        drafts.into_iter().map(|(day, time, weeks)| Rotation { starts: starts(day, time), weeks }).collect()
    })
}

fn policies() -> impl Strategy<Value = HolidayPolicy> {
    (any::<bool>(), any::<bool>(), any::<bool>(), 0u16..40).prop_map(
        |(strict, report, backfill, notice_days)| HolidayPolicy {
            secondary_on_holiday: if strict {
                SecondaryOnHoliday::Unavailable
            } else {
                SecondaryOnHoliday::Covers
            },
            time_off: if report { TimeOffRule::Report } else { TimeOffRule::Cover },
            backfill,
            notice_days,
        },
    )
}

fn handovers() -> impl Strategy<Value = Option<HandoverRule>> {
    let rule =
        (0u8..7, times(), 1u32..120, any::<bool>()).prop_map(|(day, time, minutes, keep)| HandoverRule {
            day: Weekday::try_from(day).unwrap(),
            time,
            minutes,
            if_away: if keep { IfAway::Keep } else { IfAway::Earlier },
        });
    prop::option::of(rule)
}

/// Overrides as cuts of the whole span: every other piece is one, so that they never overlap.
fn overrides(count: usize, zone: Zone) -> impl Strategy<Value = Vec<Override>> {
    let cut = (dates(), times(), pairs(count), any::<bool>(), prop::option::of(dates()));
    prop::collection::vec(cut, 0..9).prop_map(move |mut cuts| {
        cuts.sort_by_key(|(date, time, ..)| (*date, *time));
        let instants: Vec<_> =
            cuts.iter().map(|(date, time, ..)| zone.instant(date.and_time(*time))).collect();
        let made = cuts.iter().zip(instants.windows(2)).step_by(2);
        made.filter_map(|((_, _, pair, named, agreed_on), ends)| {
            Some(Override {
                period: Period::new(ends[0], ends[1])?,
                primary: pair.primary,
                secondary: named.then_some(pair.secondary),
                agreed_on: *agreed_on,
                reason: None,
            })
        })
        .collect()
    })
}

/// Whether two weeks start on one date, which `config` refuses.
fn has_two_weeks_on_one_date(team: &Team) -> bool {
    let dates: Vec<_> = weeks(team).take(60).map(|week| week.id).collect();
    dates.windows(2).any(|pair| pair[0] == pair[1])
}

/// Any team that `config` could let through.
pub(crate) fn teams() -> impl Strategy<Value = Team> {
    (engineers(), zones(), policies(), handovers())
        .prop_flat_map(|(engineers, zone, policy, handover)| {
            let count = engineers.len();
            let parts = (rotations(count), overrides(count, zone.clone()));
            let swaps = prop::collection::vec((0usize..60, pairs(count)), 0..4);
            (Just((engineers, zone, policy, handover)), parts, swaps)
        })
        .prop_map(|((engineers, zone, policy, handover), (rotations, overrides), swaps)| {
            let mut team = Team {
                id: TeamId::new("random").unwrap(),
                name: "Random".to_owned(),
                zone,
                uid_domain: "oncal".to_owned(),
                engineers,
                rotations,
                swaps: std::collections::BTreeMap::new(),
                overrides,
                handover,
                policy,
                pipelines: Vec::new(),
                run_books: std::collections::BTreeMap::new(),
            };
            while has_two_weeks_on_one_date(&team) {
                team.rotations.pop();
            }
            let dates: Vec<_> = weeks(&team).take(60).map(|week| week.id.0).collect();
            team.swaps = swaps
                .into_iter()
                .filter_map(|(k, pair)| Some((*dates.get(k)?, Swap { pair, reason: Some("Swapped".into()) })))
                .collect();
            team
        })
}
