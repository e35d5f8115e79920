//! The content of the lanes of a week: who holds a role, and when the primary has no backup.
//!
//! Not here: how it looks (`bars`).

use std::sync::Arc;

use crate::rota::{
    Absences, EngineerIdx, Period, Periods, PlannedWeek, Role, Schedule, Shift, TIME_OFF, Team,
};

/// A piece of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Piece<'s> {
    pub(in crate::web) period: Period,
    pub(in crate::web) what: What<'s>,
}

/// What a piece has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) enum What<'s> {
    /// Somebody holds the role.
    Held(&'s Shift),
    /// Nobody holds the secondary role while the secondary covers, as planned.
    Alone,
    /// The holder of the secondary role is away, so there is no backup.
    NoBackup { away: EngineerIdx, reasons: Vec<String> },
}

/// The primary's lane of a week: who holds the role, without gaps.
pub(in crate::web) fn primary(planned: &PlannedWeek) -> Vec<Piece<'_>> {
    let shifts = planned.shifts.iter().filter(|shift| shift.role == Role::Primary);
    shifts.map(|shift| Piece { period: shift.period, what: What::Held(shift) }).collect()
}

/// The secondary's lane of a week, without gap.
pub(in crate::web) fn secondary<'s>(
    team: &Team,
    schedule: &Schedule,
    planned: &'s PlannedWeek,
) -> Vec<Piece<'s>> {
    let week = planned.week.period;
    let unavailable = schedule.unavailable(team, Role::Secondary, week);
    let unavailable = unavailable.into_iter().filter(|part| !part.is_agreed);
    let mut pieces: Vec<Piece<'s>> = unavailable
        .map(|part| {
            let reasons = part.reasons.iter().map(ToString::to_string).collect();
            Piece { period: part.period, what: What::NoBackup { away: part.engineer, reasons } }
        })
        .collect();
    let away: Periods = pieces.iter().map(|piece| piece.period).collect();
    for shift in planned.shifts.iter().filter(|shift| shift.role == Role::Secondary) {
        let there = Periods::from_iter([shift.period]).minus(&away);
        pieces.extend(there.iter().map(|period| Piece { period, what: What::Held(shift) }));
    }
    let alone = planned.duties.iter().filter(|duty| duty.secondary.is_none()).map(|duty| duty.period);
    let alone: Periods = alone.collect();
    pieces.extend(alone.iter().map(|period| Piece { period, what: What::Alone }));
    pieces.sort_by_key(|piece| piece.period.start());
    pieces
}

/// An absence of one person or, for the same reason at the same time, of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Away {
    pub(in crate::web) period: Period,
    /// The names of the holidays, or that it is time off.
    pub(in crate::web) reasons: Vec<Arc<str>>,
    pub(in crate::web) indices: Vec<EngineerIdx>,
}

impl Away {
    /// Whether it is time off rather than a holiday.
    pub(in crate::web) fn is_time_off(&self) -> bool {
        self.reasons.iter().any(|reason| &**reason == TIME_OFF)
    }
}

/// Who is away in a week, by start: those of its pair and others who hold a role in it, then everybody else.
pub(in crate::web) fn away(
    team: &Team,
    planned: &PlannedWeek,
    absences: &[Absences],
) -> (Vec<Away>, Vec<Away>) {
    let week = planned.week.period;
    let pair = planned.week.pair;
    let is_on_duty = |idx: EngineerIdx| {
        idx == pair.primary
            || idx == pair.secondary
            || planned.shifts.iter().any(|shift| shift.holder.engineer == idx)
    };
    let (mut on_duty, mut others): (Vec<Away>, Vec<Away>) = (Vec::new(), Vec::new());
    for (idx, own) in team.indices().zip(absences) {
        let all = if is_on_duty(idx) { &mut on_duty } else { &mut others };
        let Some(member) = team.engineer(idx).member_within(week) else { continue };
        let (holidays, time_off) = (own.holidays(member), own.time_off(member));
        let holidays = holidays.iter().map(|period| (period, own.holiday_names(period)));
        let time_off = time_off.iter().map(|period| (period, vec![Arc::from(TIME_OFF)]));
        for (period, reasons) in holidays.chain(time_off) {
            match all.iter_mut().find(|away| away.period == period && away.reasons == reasons) {
                Some(away) => away.indices.push(idx),
                None => all.push(Away { period, reasons, indices: vec![idx] }),
            }
        }
    }
    for all in [&mut on_duty, &mut others] {
        all.sort_by_key(|away| (away.period.start(), away.indices[0]));
    }
    (on_duty, others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};
    use crate::rota::expand;

    fn team(text: &str) -> Team {
        let configuration = configuration("", &[("sample", text)], at("2026-01-01T00:00:00Z"));
        configuration.teams.values().next().unwrap().team.clone()
    }

    fn first_week(team: &Team) -> (Schedule, Vec<Absences>) {
        let week = Period::new(at("2026-01-02T15:00:00Z"), at("2026-01-09T15:00:00Z")).unwrap();
        let absences = team.engineers.iter().map(|engineer| Absences::of(engineer, week)).collect();
        (expand(team, week), absences)
    }

    /// `1`, `-` for alone and `!1` for somebody away, of each piece, which must leave no gap.
    fn shown(pieces: &[Piece<'_>]) -> Vec<String> {
        assert!(pieces.windows(2).all(|pair| pair[0].period.end() == pair[1].period.start()));
        let text = |piece: &Piece<'_>| match &piece.what {
            What::Held(shift) => shift.holder.engineer.0.to_string(),
            What::Alone => "-".to_owned(),
            What::NoBackup { away, .. } => format!("!{}", away.0),
        };
        pieces.iter().map(text).collect()
    }

    #[test]
    fn during_a_cover_the_secondary_lane_says_that_nobody_is_there() {
        let team = team(TEAM);
        let (schedule, _) = first_week(&team);
        assert_eq!(shown(&primary(&schedule.weeks[0])), ["0", "1", "0"]);
        assert_eq!(shown(&secondary(&team, &schedule, &schedule.weeks[0])), ["1", "-", "1"]);
    }

    #[test]
    fn a_secondary_who_is_away_is_no_backup() {
        let text = TEAM.replace(
            "name = \"Bob\"",
            "name = \"Bob\", time_off = [{ from = 2026-01-04, to = 2026-01-05, reason = \"private\" }]",
        );
        let team = team(&text);
        let (schedule, absences) = first_week(&team);
        assert_eq!(shown(&secondary(&team, &schedule, &schedule.weeks[0]))[..3], ["1", "!1", "1"]);
        let (on_duty, others) = away(&team, &schedule.weeks[0], &absences);
        let text = |away: &Away| {
            format!(
                "{} {:?}",
                away.reasons.join(", "),
                away.indices.iter().map(|idx| idx.0).collect::<Vec<_>>()
            )
        };
        assert_eq!(on_duty.iter().map(text).collect::<Vec<_>>(), ["Time off [1]", "Founders [0, 1]"]);
        assert_eq!(others.iter().map(text).collect::<Vec<_>>(), ["Founders [2, 3]"]);
    }
}
