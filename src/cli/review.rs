//! Warnings and notes of `oncal check` about a team as a whole: entries that are valid by themselves and do nothing, or
//! not what was meant.
//!
//! Past entries are not checked: nobody would ever remove their warnings.

use chrono::TimeDelta;

use super::when;
use crate::config::{Configuration, Diagnostic, Severity, TeamConfig, TeamPlaces};
use crate::rota::{Instant, Override, Period, Team, changes, expand, holdings, weeks};

/// For how long there is a warning about a swap that was written after its week had begun.
const RECENT: TimeDelta = TimeDelta::weeks(4);

/// A swap that starts later than this probably has a wrong year.
const FAR: TimeDelta = TimeDelta::weeks(104);

/// The warnings about the team of `config`, as of `now`.
pub(super) fn warnings(configuration: &Configuration, config: &TeamConfig, now: Instant) -> Vec<Diagnostic> {
    let review = Review { config, team: &config.team, places: configuration.places(config), now };
    let mut found = review.in_no_week();
    found.extend(review.swaps());
    found.extend(review.idle_overrides());
    found.extend(review.ends_at_dates());
    found
}

/// How many time-off entries, swaps and overrides of the team are past at `now`.
pub(super) fn past(team: &Team, now: Instant) -> [usize; 3] {
    let leave = team.engineers.iter().flat_map(|engineer| &engineer.time_off);
    let swapped = weeks(team).take_while(|week| week.period.end() <= now).filter(|week| week.swap.is_some());
    let overrides = team.overrides.iter().filter(|by| by.period.end() <= now);
    [leave.filter(|period| period.end() <= now).count(), swapped.count(), overrides.count()]
}

struct Review<'c> {
    config: &'c TeamConfig,
    team: &'c Team,
    places: TeamPlaces<'c>,
    now: Instant,
}

impl Review<'_> {
    /// Present and future members whom no rotation, swap or override names.
    fn in_no_week(&self) -> Vec<Diagnostic> {
        let team = self.team;
        let has_duty = |idx| {
            let in_rotation = team.rotations.iter().flat_map(|rotation| &rotation.weeks);
            let in_swap = team.swaps.values().map(|swap| &swap.pair);
            let named = |by: &Override| by.primary == idx || by.secondary == Some(idx);
            in_rotation.chain(in_swap).any(|pair| pair.role_of(idx).is_some())
                || team.overrides.iter().any(named)
        };
        let stays = |idx| {
            let engineer = team.engineer(idx);
            !engineer.has_left(self.now)
        };
        let idle = team.indices().filter(|idx| !has_duty(*idx) && stays(*idx));
        idle.map(|idx| {
            let id = &team.engineer(idx).id;
            let message = format!("`{id}` is in no week of the rotation, so they are never on call");
            let help = "add a later [[rotation]] whose weeks name them, or take their block out";
            self.config.warning("engineer-in-no-week", self.places.engineer(idx), message, help)
        })
        .collect()
    }

    /// Swaps that give a week to the pair that has it anyway, and swaps of weeks that have begun.
    fn swaps(&self) -> Vec<Diagnostic> {
        let recent = weeks(self.team)
            .skip_while(|week| week.period.end() + RECENT <= self.now)
            .take_while(|week| self.team.swaps.range(week.id.0..).next().is_some());
        let mut found = Vec::new();
        for week in recent.filter(|week| week.swap.is_some()) {
            let (place, date) = (self.places.swap(week.id.0), when::date(week.id.0));
            let (is_over, is_idle) = (week.period.end() <= self.now, week.pair == week.rotation_pair);
            if is_over && is_idle {
                continue;
            }
            if is_idle {
                let message = format!(
                    "this swap changes nothing: the rotation gives the week of {date} to the same pair"
                );
                let help = "correct `week` or the names, or take the swap out";
                found.push(self.config.warning("swap-changes-nothing", place, message, help));
            } else if week.period.start() <= self.now {
                let what = if is_over { "is over" } else { "has begun" };
                let message = format!("the week of {date} {what}, and a swap changes the whole of it");
                let help = "if it is new, write an [[override]] for what is left, or correct the year of `week`; a swap \
                            that was there before the week began is right";
                // The file does not say whether it was there before the week began.
                let of_begun = self.config.warning("swap-of-begun-week", place, message, help);
                found.push(Diagnostic { severity: Severity::Note, ..of_begun });
            } else if week.period.start() > self.now + FAR {
                let message = format!("the week of {date} is more than {} weeks ahead", FAR.num_weeks());
                found.push(self.config.warning(
                    "swap-far-ahead",
                    place,
                    message,
                    "is the year of `week` right?",
                ));
            }
        }
        found
    }

    /// Overrides that change nothing.
    fn idle_overrides(&self) -> Vec<Diagnostic> {
        let ahead = self.team.overrides.iter().enumerate().filter(|(_, by)| by.period.end() > self.now);
        let idle = ahead
            .filter(|(place, by)| by.period.end() > self.team.starts() && !self.moves(*place, by.period));
        idle.map(|(_, by)| {
            let place = self.places.override_at(by.period.start());
            let period = when::period_inline(&self.team.zone, by.period);
            let message =
                format!("this override changes nothing: the same people are on call {period} without it");
            let help = "correct its dates or names, or take it out";
            self.config.warning("override-changes-nothing", place, message, help)
        })
        .collect()
    }

    /// Notes on overrides that end at the beginning of a date, which may be meant as their last day.
    fn ends_at_dates(&self) -> Vec<Diagnostic> {
        let ahead = self.team.overrides.iter().filter(|by| by.period.end() > self.now);
        let ends = ahead.filter_map(|by| Some((by, self.places.override_to_date(by.period.start())?)));
        ends.map(|(by, (date, place))| {
            let message = format!("this override is {}", when::period_in_words(&self.team.zone, by.period));
            let help = format!("for {} too write `through = {date}`", when::date(date));
            let found = self.config.warning("override-ends-before-date", Some(place), message, &help);
            Diagnostic { severity: Severity::Note, ..found }
        })
        .collect()
    }

    fn moves(&self, place: usize, period: Period) -> bool {
        let mut without = self.team.clone();
        without.overrides.remove(place);
        let [with, without] = [self.team, &without].map(|team| holdings(team, &expand(team, period)));
        !changes(&without, &with, period).is_empty()
    }
}
