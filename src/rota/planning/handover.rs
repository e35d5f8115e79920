//! R9: the meeting before or at each duty change.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};

use crate::rota::absence::Absences;
use crate::rota::period::{Instant, Period};
use crate::rota::team::{HandoverRule, IfAway, Pair, Team};
use crate::rota::week::{Week, WeekId};

/// How many days back a meeting may move.
const MAX_DAYS_BACK: u64 = 4;

/// One handover meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The week that it hands over to.
    pub week: WeekId,
    /// The pair that takes over.
    pub incoming: Pair,
    /// The pair that hands over.
    pub outgoing: Pair,
    /// When duty changes, meeting or not.
    pub change: Instant,
    /// When the meeting is held.
    pub period: Period,
    /// The date on which it would be held if nobody were away.
    pub nominal_date: NaiveDate,
    /// Whether it was moved to an earlier date.
    pub moved: bool,
    /// Whether a primary is away during it.
    pub flagged: bool,
}

/// The meeting for the duty change between two weeks that follow each other.
pub(super) fn handover(
    team: &Team,
    rule: HandoverRule,
    before: &Week,
    after: &Week,
    absences: &[Absences],
) -> Option<Handover> {
    let change = after.period.start();
    let nominal_date = latest_on_or_before(rule.day, team.zone.date(change))?;
    let nominal = meeting(team, rule, nominal_date)?;
    let primaries = [before.pair.primary, after.pair.primary];
    let is_missed = |period: Period| primaries.iter().any(|idx| !absences[idx.0].away(period).is_empty());

    let missed = is_missed(nominal);
    let earlier = (missed && rule.if_away == IfAway::Earlier).then(|| {
        let dates = (1..=MAX_DAYS_BACK).filter_map(|back| nominal_date.checked_sub_days(Days::new(back)));
        dates
            .filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
            .filter_map(|date| meeting(team, rule, date))
            .find(|period| !is_missed(*period))
    });
    let earlier = earlier.flatten();
    Some(Handover {
        week: after.id,
        incoming: after.pair,
        outgoing: before.pair,
        change,
        period: earlier.unwrap_or(nominal),
        nominal_date,
        moved: earlier.is_some(),
        flagged: missed && earlier.is_none(),
    })
}

fn latest_on_or_before(day: Weekday, date: NaiveDate) -> Option<NaiveDate> {
    let back = date.weekday().days_since(day);
    date.checked_sub_days(Days::new(u64::from(back)))
}

fn meeting(team: &Team, rule: HandoverRule, date: NaiveDate) -> Option<Period> {
    let start = team.zone.instant(date.and_time(rule.time));
    Period::new(start, start + TimeDelta::minutes(i64::from(rule.minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::expand;
    use crate::rota::sample::{A, B, C, D, at, date, first_weeks, pair, period, team};

    fn off(team: &mut Team, idx: usize, dates: &[&str]) {
        team.engineers[idx].also_off.extend(dates.iter().map(|day| (date(day), "Holiday".into())));
    }

    /// The meeting at which A hands over to B, on 2026-01-09.
    fn first(team: &Team) -> Handover {
        expand(team, period("2025-12-20T00:00:00Z", "2026-02-01T00:00:00Z")).handovers.remove(0)
    }

    #[test]
    fn there_is_one_for_each_duty_change_but_the_first() {
        let meetings = first_weeks(&team()).handovers;
        let weeks: Vec<_> = meetings.iter().map(|meeting| meeting.week.to_string()).collect();
        assert_eq!(weeks[..2], ["2026-01-09", "2026-01-16"]);
        assert_eq!((meetings[0].outgoing, meetings[0].incoming), (pair(A, B), pair(B, C)));
        assert_eq!(meetings[0].period, period("2026-01-09T15:00:00Z", "2026-01-09T15:30:00Z"));
        assert!(!meetings[0].moved && !meetings[0].flagged);
    }

    #[test]
    fn it_is_on_the_latest_such_weekday_on_or_before_the_change() {
        let mut team = team();
        team.handover = team.handover.map(|rule| HandoverRule { day: Weekday::Sat, ..rule });
        assert_eq!(first(&team).nominal_date, date("2026-01-03"));
    }

    #[test]
    fn it_moves_to_the_latest_earlier_weekday_at_which_both_primaries_are_there() {
        let mut team = team();
        off(&mut team, 1, &["2026-01-09"]);
        off(&mut team, 0, &["2026-01-08"]);
        let meeting = first(&team);
        assert!(meeting.moved && !meeting.flagged);
        assert_eq!(meeting.period.start(), at("2026-01-07T15:00:00Z"));
        assert_eq!(meeting.nominal_date, date("2026-01-09"));
        assert_eq!(meeting.change, at("2026-01-09T15:00:00Z"), "on time");
    }

    #[test]
    fn it_skips_weekends_and_goes_no_more_than_four_days_back() {
        let mut team = team();
        team.handover = team.handover.map(|rule| HandoverRule { day: Weekday::Mon, ..rule });
        off(&mut team, 0, &["2026-01-05"]);
        assert_eq!(first(&team).period.start(), at("2026-01-02T15:00:00Z"));
        off(&mut team, 1, &["2026-01-02"]);
        let start = first(&team).period.start();
        assert_eq!(start, at("2026-01-01T15:00:00Z"), "four days back");
        off(&mut team, 1, &["2026-01-01"]);
        let meeting = first(&team);
        assert!(meeting.flagged && !meeting.moved);
    }

    #[test]
    fn it_stays_and_is_flagged_where_nobody_moves_it() {
        let mut team = team();
        off(&mut team, 1, &["2026-01-09"]);
        team.handover = team.handover.map(|rule| HandoverRule { if_away: IfAway::Keep, ..rule });
        let meeting = first(&team);
        assert!(meeting.flagged && !meeting.moved);
    }

    #[test]
    fn secondaries_do_not_move_it() {
        let mut team = team();
        off(&mut team, 2, &["2026-01-09"]);
        assert!(!first(&team).moved, "C is only the incoming secondary");
        assert_eq!(first(&team).incoming, pair(B, C));
        assert_eq!(first_weeks(&team).handovers[2].incoming, pair(D, A));
    }

    #[test]
    fn a_team_without_the_rule_has_no_meetings() {
        let mut team = team();
        team.handover = None;
        assert!(first_weeks(&team).handovers.is_empty());
    }
}
