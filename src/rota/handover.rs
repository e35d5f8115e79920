//! R9: the meeting before or at each duty change.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};

use super::absence::Absences;
use super::period::Period;
use super::team::{HandoverRule, IfAway, Pair, Team};
use super::week::{Week, WeekId};

/// How many days back a meeting may move.
const MOST_DAYS_BACK: u64 = 4;

/// One handover meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The week that it hands over to.
    pub week: WeekId,
    /// The duty change it belongs to and the pair that takes over.
    pub incoming: Pair,
    /// The pair that hands over.
    pub outgoing: Pair,
    /// When duty changes, meeting or not.
    pub change: super::Instant,
    /// When the meeting is held.
    pub period: Period,
    /// The date on which it would be held if nobody were away.
    pub nominal_date: NaiveDate,
    /// Whether it was moved to an earlier date.
    pub moved: bool,
    /// Whether a primary is away during it all the same.
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
    let is_missed = |period: Period| primaries.iter().any(|seat| !absences[seat.0].away(period).is_empty());

    let missed = is_missed(nominal);
    let earlier = (missed && rule.if_away == IfAway::Earlier).then(|| {
        let dates = (1..=MOST_DAYS_BACK).filter_map(|back| nominal_date.checked_sub_days(Days::new(back)));
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
