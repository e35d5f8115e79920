//! The current week of a team and the window that its feeds carry.

use std::collections::VecDeque;

use crate::rota::{Instant, Period, Team, weeks};

/// A team's current week, and the window of its feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The current week; before the first duty change, the first week.
    pub week: Period,
    /// What feeds carry: whole weeks, the current one among them.
    pub window: Period,
}

/// The frame of `team` at `now`: from `past` weeks before the current one to `future` weeks after it, fewer if the rota
/// has fewer. `None` only if no week has a representable date.
pub fn frame(team: &Team, past: usize, future: usize, now: Instant) -> Option<Frame> {
    let reference = now.max(team.starts());
    let mut ahead = weeks(team).map(|week| week.period).peekable();
    let mut behind = VecDeque::with_capacity(past + 1);
    let mut current = None;
    while let Some(week) = ahead.next_if(|week| week.start() <= reference) {
        behind.push_back(week.start());
        if behind.len() > past + 1 {
            behind.pop_front();
        }
        current = Some(week);
    }
    let week = current?;
    let end = ahead.take(future).last().map_or(week.end(), Period::end);
    let start = behind.front().copied().unwrap_or(week.start());
    Some(Frame { week, window: Period::new(start, end)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

    fn framed(text: &str, past: usize, future: usize, now: &str) -> [String; 4] {
        let now = at(now);
        let configuration = configuration("", &[("sample", text)], now);
        let team = &configuration.teams.values().next().unwrap().team;
        let Frame { week, window } = frame(team, past, future, now).unwrap();
        [week.start(), week.end(), window.start(), window.end()]
            .map(|instant| team.zone.local(instant).format("%m-%d %H:%M").to_string())
    }

    #[test]
    fn the_window_holds_whole_weeks_around_the_current_one() {
        let expected = ["02-06 10:00", "02-13 10:00", "01-23 10:00", "03-06 10:00"];
        for now in ["2026-02-06T15:00:00Z", "2026-02-10T00:00:00Z", "2026-02-13T14:59:59Z"] {
            assert_eq!(framed(TEAM, 2, 3, now), expected, "{now}");
        }
        assert_eq!(framed(TEAM, 2, 3, "2026-02-13T15:00:00Z")[2..], ["01-30 10:00", "03-13 10:00"]);
        assert_eq!(framed(TEAM, 0, 0, "2026-02-10T00:00:00Z")[2..], ["02-06 10:00", "02-13 10:00"]);
    }

    #[test]
    fn the_window_starts_no_earlier_than_the_first_duty_change() {
        assert_eq!(framed(TEAM, 8, 1, "2026-01-10T00:00:00Z")[2..], ["01-02 10:00", "01-23 10:00"]);
    }

    #[test]
    fn before_the_first_duty_change_the_first_week_is_the_current_one() {
        let expected = ["01-02 10:00", "01-09 10:00", "01-02 10:00", "01-23 10:00"];
        assert_eq!(framed(TEAM, 8, 2, "2025-06-01T00:00:00Z"), expected);
        assert_eq!(framed(TEAM, 8, 2, "2026-01-02T15:00:00Z"), expected, "the change itself changes nothing");
    }

    #[test]
    fn a_week_cut_short_by_a_later_rotation_is_one_week() {
        let text = format!(
            "{TEAM}\n[[rotation]]\nstarts = 2026-01-12T09:00:00\nweeks = [{{ primary = \"d\", secondary = \"b\" }}]"
        );
        let expected = ["01-09 10:00", "01-12 09:00", "01-02 10:00", "01-26 09:00"];
        assert_eq!(framed(&text, 1, 2, "2026-01-10T00:00:00Z"), expected);
    }
}
