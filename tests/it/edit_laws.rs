//! Random team files and random commands that write them: what the file then says, and that no other byte of it
//! changes.

mod layout;
mod places;

use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::edit::{file, now, run, team, text};
use chrono::{Days, NaiveDate, TimeDelta};
use layout::{IDS, Layout, Leave, first_friday, layouts};
use oncal::rota::{
    EngineerIdx, Holding, Instant, Override, Pair, Period, Role, Row, Swap, Team, changes, coverage, expand,
    holdings, week_at,
};
use places::{differs_only_at, root_list, time_off};
use proptest::prelude::*;
use similar::{ChangeTag, TextDiff};

/// A random command, in terms of days after the first Friday.
#[derive(Debug, Clone)]
enum Typed {
    /// Who, from when, for how many days, whether at times of day, and who is secondary, counted from the primary.
    Cover(usize, u64, u64, bool, Option<usize>),
    Swap(u64, usize, usize),
    Exchange(u64, u64),
    Off(usize, u64, u64),
    /// Who, on which day of the conflict, counted from 0, whether with a time of day, and who is secondary.
    Agree(usize, u64, bool, Option<usize>),
}

/// The reason of every second command.
const REASON: &str = "a \"reason\", # [[swap]]";

fn commands() -> impl Strategy<Value = (Typed, bool)> {
    let typed = prop_oneof![
        (0usize..4, 1u64..30, 1u64..6, any::<bool>(), prop::option::of(1usize..4))
            .prop_map(|(who, from, days, timed, secondary)| Typed::Cover(who, from, days, timed, secondary)),
        (1u64..12, 0usize..4, 1usize..4).prop_map(|(week, one, other)| Typed::Swap(week, one, other)),
        (1u64..12, 1u64..12).prop_map(|(one, other)| Typed::Exchange(one, other)),
        (0usize..4, 1u64..60, 0u64..6).prop_map(|(who, from, days)| Typed::Off(who, from, days)),
        (0usize..4, 0u64..2, any::<bool>(), prop::option::of(1usize..4))
            .prop_map(|(who, day, has_time, secondary)| Typed::Agree(who, day, has_time, secondary)),
    ];
    (typed, any::<bool>())
}

/// A file and a command; where it records an agreement there is a conflict in the file, mostly an open one.
fn cases() -> impl Strategy<Value = (Layout, Typed, bool)> {
    (layouts(), commands(), 0u8..3).prop_map(|(layout, (typed, has_reason), kind)| {
        let conflict = if kind == 0 { Leave::Conflict } else { Leave::OpenConflict };
        let leave = if matches!(typed, Typed::Agree(..)) { conflict } else { layout.leave };
        (layout.with(leave), typed, has_reason)
    })
}

/// Days from the first Friday to the first day of the conflict.
const CONFLICT: u64 = 29;

impl Typed {
    fn args(&self, has_reason: bool) -> Vec<String> {
        let day = |days: u64| (first_friday() + Days::new(days)).to_string();
        let mut args: Vec<String> = match self {
            Typed::Cover(who, from, days, timed, secondary) => {
                let [start, end] = if *timed { [" 18:00", " 06:30"] } else { [""; 2] };
                let [from, to] = [day(*from) + start, day(from + days) + end];
                let backup = secondary.map(|steps| format!("--secondary={}", IDS[(who + steps) % 4]));
                ["cover".into(), IDS[*who].into(), from, to].into_iter().chain(backup).collect()
            }
            Typed::Swap(week, one, other) => {
                vec!["swap".into(), day(7 * week), IDS[*one].into(), IDS[(one + other) % 4].into()]
            }
            Typed::Exchange(one, other) => vec!["swap".into(), day(7 * one), day(7 * other)],
            Typed::Off(who, from, days) => vec!["off".into(), IDS[*who].into(), day(*from), day(from + days)],
            Typed::Agree(who, on, has_time, secondary) => {
                let mut args = vec!["agree".into(), day(CONFLICT + on), IDS[*who].into()];
                args.extend(has_time.then(|| "--at=12:30".to_owned()));
                args.extend(secondary.map(|steps| format!("--secondary={}", IDS[(who + steps) % 4])));
                args
            }
        };
        args.extend(has_reason.then(|| format!("--reason={REASON}")));
        args
    }

    /// The period of a cover, of the conflict that is agreed on, or of a leave on the clock of the person who is away.
    fn period(&self, team: &Team) -> Option<Period> {
        let day = |days: u64| first_friday() + Days::new(days);
        match self {
            Typed::Cover(_, from, days, true, _) => {
                let at =
                    |days, hour, minute| team.zone.instant(day(days).and_hms_opt(hour, minute, 0).unwrap());
                Period::new(at(*from, 18, 0), at(from + days, 6, 30))
            }
            Typed::Cover(_, from, days, false, _) => {
                Period::new(team.zone.first_instant(day(*from)), team.zone.first_instant(day(from + days)))
            }
            Typed::Off(who, from, days) => {
                let zone = &team.engineers[*who].zone;
                Period::new(zone.first_instant(day(*from)), zone.first_instant(day(from + days + 1)))
            }
            Typed::Agree(..) => Some(self.conflict(team)?.period),
            Typed::Swap(..) | Typed::Exchange(..) => None,
        }
    }

    /// The conflict that is agreed on: the only open one of the day, or that at half past twelve.
    fn conflict(&self, team: &Team) -> Option<Row> {
        let Typed::Agree(_, on, has_time, _) = self else { return None };
        let date = first_friday() + Days::new(CONFLICT + on);
        let day = team.zone.day(date).unwrap();
        let noon = team.zone.instant(date.and_hms_opt(12, 30, 0).unwrap());
        let rows = coverage(team, &expand(team, day)).rows.into_iter();
        let mut open = rows.filter(|row| {
            let is_meant = if *has_time { row.period.contains(noon) } else { row.period.overlaps(day) };
            row.status.is_open() && is_meant
        });
        open.next()
    }

    /// The team that the command asks for.
    fn expected(&self, before: &Team, has_reason: bool) -> Team {
        let mut team = before.clone();
        let reason = has_reason.then(|| REASON.into());
        let today = before.zone.date(now());
        let week = |week: u64| {
            let noon = (first_friday() + Days::new(7 * week)).and_hms_opt(12, 0, 0).unwrap();
            week_at(before, before.zone.instant(noon)).unwrap()
        };
        let mut swap = |of: u64, pair: Pair| {
            let week = week(of);
            team.swaps.remove(&week.id.0);
            if pair != week.rotation_pair {
                team.swaps.insert(week.id.0, Swap { pair, reason: reason.clone() });
            }
        };
        match *self {
            Typed::Swap(of, one, other) => {
                let pair = Pair { primary: EngineerIdx(one), secondary: EngineerIdx((one + other) % 4) };
                swap(of, pair);
            }
            Typed::Exchange(one, other) => {
                let [first, second] = [one, other].map(|of| week(of).pair);
                swap(one, second);
                swap(other, first);
            }
            Typed::Off(who, ..) => team.engineers[who].time_off.extend(self.period(before)),
            Typed::Cover(who, .., secondary) => {
                let period = self.period(before).unwrap();
                // Agreed on or not: without any override it would be open.
                let bare = Team { overrides: Vec::new(), ..before.clone() };
                let rows = coverage(&bare, &expand(&bare, period)).rows;
                let meets_conflict =
                    rows.iter().any(|row| row.status.is_open() && row.period.overlaps(period));
                let secondary = secondary.map(|steps| EngineerIdx((who + steps) % 4));
                let agreed_on = meets_conflict.then_some(today);
                give(&mut team, Override { period, primary: EngineerIdx(who), secondary, agreed_on, reason });
            }
            Typed::Agree(who, _, _, secondary) => {
                let row = self.conflict(before).expect("a conflict");
                let primary = EngineerIdx(who);
                let named = secondary.map(|steps| EngineerIdx((who + steps) % 4));
                let secondary = named.or_else(|| row.backup_for(primary));
                let reason = reason.or_else(|| Some(row.reasons.join(", ").into()));
                let agreed_on = Some(today);
                give(&mut team, Override { period: row.period, primary, secondary, agreed_on, reason });
            }
        }
        team
    }

    /// Checks that `after` is the team that the command asks for, and that the people named are on call.
    fn check(&self, [before, after]: [&Team; 2], has_reason: bool) {
        let expected = self.expected(before, has_reason);
        assert_eq!(after.overrides, expected.overrides, "{self:?}");
        assert_eq!(after.swaps, expected.swaps, "{self:?}");
        let time_off = |team: &Team| -> Vec<Vec<Period>> {
            team.engineers.iter().map(|engineer| engineer.time_off.clone()).collect()
        };
        assert_eq!(time_off(after), time_off(&expected), "{self:?}");
        assert_eq!(after.rotations, expected.rotations);
        let (Some(period), Typed::Cover(who, ..) | Typed::Agree(who, ..) | Typed::Off(who, ..)) =
            (self.period(before), self)
        else {
            return;
        };
        let primaries = held(after, period);
        let primaries = primaries.iter().filter(|holding| holding.role == Role::Primary);
        for part in primaries.filter(|holding| holding.period.overlaps(period)) {
            let has_it = part.side.engineer.as_str() == IDS[*who];
            if !matches!(self, Typed::Off(..)) {
                assert!(has_it, "{self:?}: {part:?}");
            } else if has_it {
                // They keep the duty only if the team has to agree, or agreed that they have it.
                let of = part.period.intersection(period).unwrap();
                let rows = coverage(after, &expand(after, period)).rows;
                let is_given = after.overrides.iter().any(|by| by.period.overlaps(of));
                let is_open = rows.iter().any(|row| row.status.is_open() && row.period.overlaps(of));
                assert!(is_given || is_open, "{} has duty in {of:?}", IDS[*who]);
            }
        }
    }

    /// The places in `text` that the command may write to; `None` for a first block, which may be anywhere.
    fn places(&self, team: &Team, text: &str) -> Option<Vec<Range<usize>>> {
        match self {
            Typed::Cover(..) | Typed::Agree(..) => {
                let list = root_list(text, "override")?;
                let period = self.period(team).unwrap();
                let mut found = Vec::new();
                let mut is_rewritten = false;
                // They are in the file in order of time.
                for (index, old) in
                    team.overrides.iter().enumerate().filter(|(_, old)| old.period.overlaps(period))
                {
                    let is_within = old.period.intersection(period) == Some(old.period);
                    match (is_within, is_rewritten) {
                        (false, _) => found.extend(list.values(index, &["from", "to", "through"])),
                        // The first makes room in place for what is new.
                        (true, false) => found.extend(list.rewritten(index)),
                        (true, true) => found.push(list.whole(index)),
                    }
                    is_rewritten |= is_within;
                }
                found.extend(if is_rewritten { Vec::new() } else { list.ends() });
                Some(found)
            }
            Typed::Swap(..) | Typed::Exchange(..) => {
                let list = root_list(text, "swap")?;
                let after = self.expected(team, false);
                let weeks = match self {
                    Typed::Swap(week, ..) => vec![*week],
                    Typed::Exchange(one, other) => vec![*one, *other],
                    _ => Vec::new(),
                };
                let dates: Vec<NaiveDate> =
                    weeks.iter().map(|week| first_friday() + Days::new(7 * week)).collect();
                let is_new =
                    |date: &NaiveDate| !team.swaps.contains_key(date) && after.swaps.contains_key(date);
                let mut is_new = dates.iter().any(is_new);
                let mut found = Vec::new();
                for date in dates {
                    let Some(index) = list.find("week", &date.to_string()) else { continue };
                    match (after.swaps.contains_key(&date), is_new) {
                        (true, _) => {
                            found.extend(list.values(index, &["primary", "secondary", "reason"]));
                            found.extend(list.optional(index));
                        }
                        (false, true) => {
                            found.extend(list.rewritten(index));
                            is_new = false;
                        }
                        (false, false) => found.push(list.whole(index)),
                    }
                }
                found.extend(if is_new { list.ends() } else { Vec::new() });
                Some(found)
            }
            Typed::Off(who, ..) => {
                Some(time_off(text, *who).map_or_else(|first| vec![first], |list| list.ends()))
            }
        }
    }

    /// Where confirmed shifts may move. Covers, holidays and leave are computed again for whole weeks.
    fn may_move(&self, team: &Team, period: Period) -> bool {
        let weeks = |days: u64| {
            let start = team.zone.instant((first_friday() + Days::new(days)).and_hms_opt(10, 0, 0).unwrap());
            Period::new(start, start + TimeDelta::days(7)).unwrap()
        };
        // R7: the primary of the week is secondary in an override only if they are there for all of it.
        let within = |start: Instant, end: Instant| {
            let changed = Period::new(start, end).unwrap();
            let unnamed = team.overrides.iter().filter(|by| by.secondary.is_none()).map(|by| by.period);
            unnamed
                .filter(|by| by.overlaps(changed))
                .chain([changed])
                .any(|part| part.start() <= period.start() && period.end() <= part.end())
        };
        match self {
            Typed::Cover(..) | Typed::Off(..) | Typed::Agree(..) => {
                let changed = self.period(team).unwrap();
                within(changed.start(), changed.end())
            }
            Typed::Swap(week, ..) => weeks(7 * week).overlaps(period),
            Typed::Exchange(one, other) => {
                weeks(7 * one).overlaps(period) || weeks(7 * other).overlaps(period)
            }
        }
    }
}

/// What `whole` has in one or two places and `part` lacks; `None` if anything else differs.
fn inserted<'w>(part: &str, whole: &'w str) -> Option<[&'w str; 2]> {
    let shared =
        |pairs: &mut dyn Iterator<Item = (u8, u8)>| pairs.take_while(|(one, other)| one == other).count();
    let start = shared(&mut part.bytes().zip(whole.bytes()));
    let (part, whole) = (part.get(start..)?, whole.get(start..)?);
    let end = shared(&mut part.bytes().rev().zip(whole.bytes().rev()));
    let (part, whole) = (part.get(..part.len() - end)?, whole.get(..whole.len() - end)?);
    let place = whole.find(part)?;
    Some([&whole[..place], &whole[place + part.len()..]])
}

/// Gives `by` its period, and leaves what is before and after it to those who had it.
fn give(team: &mut Team, by: Override) {
    let old = std::mem::take(&mut team.overrides);
    for one in old {
        let before = Period::new(one.period.start(), one.period.end().min(by.period.start()));
        let after = Period::new(one.period.start().max(by.period.end()), one.period.end());
        let parts = before.into_iter().chain(after);
        team.overrides.extend(parts.map(|period| Override { period, ..one.clone() }));
    }
    team.overrides.push(by);
    team.overrides.sort_by_key(|by| by.period);
}

/// What `oncal diff` prints of two versions of a team's file.
fn diff(folder: &Path, before: &str, after: &str) -> String {
    let [old, new] = [("old", before), ("new", after)].map(|(name, plan)| {
        let config = folder.join(name);
        fs::create_dir_all(config.join("teams")).unwrap();
        fs::write(file(&config), plan).unwrap();
        config
    });
    let output = run(&new, &["diff", old.to_str().unwrap(), new.to_str().unwrap()]);
    text(&output.stdout)
}

fn held(team: &Team, window: Period) -> Vec<Holding> {
    holdings(team, &expand(team, window))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_command_changes_what_it_announces_and_no_other_byte((layout, typed, has_reason) in cases()) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        fs::create_dir_all(config.join("teams")).unwrap();
        let before_text = layout.text();
        fs::write(file(&config), &before_text).unwrap();
        let before = team(&config);
        let args = typed.args(has_reason);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(&config, &args);
        let after_text = fs::read_to_string(file(&config)).unwrap();
        let (printed, errors) = (text(&output.stdout), text(&output.stderr));
        if output.status.code() != Some(0) {
            prop_assert_eq!(&after_text, &before_text, "{}", errors);
            prop_assert!(!errors.contains("laid out in a way"), "{}\n{}", errors, before_text);
            prop_assert!(!matches!(typed, Typed::Agree(..)) || layout.leave != Leave::OpenConflict, "{}", errors);
            let reasons = ["nothing was written", "both dates name the same week", "there are several conflicts"];
            prop_assert!(reasons.iter().any(|reason| errors.contains(reason)), "{}", errors);
            return Ok(());
        }
        // Bytes: only those of entries that change, and those are lines of entries.
        let is_kept = match typed.places(&before, &before_text) {
            Some(places) => differs_only_at(&before_text, &after_text, places),
            None => inserted(&before_text, &after_text).is_some(),
        };
        prop_assert!(is_kept, "{typed:?}: other bytes changed\n{before_text}\n{after_text}");
        let keys = [
            "[[", "week", "from", "to", "through", "primary", "secondary", "agreed_on", "reason", "time_off", "{", "override", "swap",
        ];
        let lines = TextDiff::from_lines(&before_text, &after_text);
        for change in lines.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal) {
            let line = change.value().trim();
            let is_entry = line.is_empty() || keys.iter().any(|key| line.starts_with(key));
            prop_assert!(is_entry || line == "day = \"friday\"" || line.starts_with("},") || line.starts_with('}'), "{}", line);
            let expected = if layout.crlf { "\r\n" } else { "\n" };
            prop_assert!(change.value().ends_with(expected) || !change.value().contains('\n'), "{:?}", change.value());
        }
        // Meaning: the team is the one that was asked for, and confirmed shifts move nowhere else.
        let after = team(&config);
        typed.check([&before, &after], has_reason);
        let start = before.zone.first_instant(first_friday());
        let window = Period::new(start, start + TimeDelta::weeks(30)).unwrap();
        for moved in changes(&held(&before, window), &held(&after, window), window) {
            let is_tentative = [&moved.before, &moved.after].into_iter().flatten().any(|side| side.tentative);
            prop_assert!(typed.may_move(&before, moved.period) || is_tentative, "{:?} {:?}", typed, moved);
        }
        // Words: what it prints is what moved.
        let moved = diff(folder.path(), &before_text, &after_text);
        prop_assert!(printed.contains(moved.trim_end()) || moved.starts_with("no shift moves"), "{printed}\n{moved}");
        prop_assert_eq!(printed.contains("no shift moves"), moved.starts_with("no shift moves"));
        // A second time it changes nothing, except that an exchange is reversed.
        if !matches!(typed, Typed::Exchange(..)) {
            let again = run(&config, &args);
            prop_assert_eq!(again.status.code(), Some(1), "{}", text(&again.stderr));
            let reason = if matches!(typed, Typed::Agree(..)) { "agreed already" } else { "this is already in the plan" };
            prop_assert!(text(&again.stderr).contains(reason), "{}", text(&again.stderr));
            prop_assert_eq!(fs::read_to_string(file(&config)).unwrap(), after_text);
        }
    }
}
