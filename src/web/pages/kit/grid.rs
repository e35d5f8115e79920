//! Places along a drawn week. A place is a step of the style sheet's grid, so that no element needs a style of its own.

use crate::rota::{Instant, Period};

/// The steps of a week: half an hour each, in a week without a change of clocks.
pub(in crate::web) const STEPS: i64 = 336;

/// From one step to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Span {
    /// The first step.
    pub(in crate::web) start: i64,
    /// The first step that is no longer part of it; after `start`.
    pub(in crate::web) end: i64,
}

impl Span {
    /// From `start` to `end`, at least one step long and within the grid.
    pub(in crate::web) fn new(start: i64, end: i64) -> Span {
        let start = start.clamp(0, STEPS - 1);
        Span { start, end: end.clamp(start + 1, STEPS) }
    }

    /// Where `part` lies in `whole`.
    pub(in crate::web) fn within(whole: Period, part: Period) -> Span {
        Span::new(step(whole, part.start()), step(whole, part.end()))
    }

    /// The classes that the style sheet has for it.
    pub(in crate::web) fn class(self) -> String {
        format!("a{} z{}", self.start, self.end)
    }

    /// How many steps it has.
    pub(in crate::web) fn steps(self) -> i64 {
        self.end - self.start
    }
}

/// The step of `whole` at `instant`, rounded.
pub(in crate::web) fn step(whole: Period, instant: Instant) -> i64 {
    let seconds = (instant - whole.start()).num_seconds().clamp(0, whole.seconds());
    (seconds * STEPS + whole.seconds() / 2) / whole.seconds()
}

/// The rules that put an element at its steps.
pub(in crate::web) fn style() -> String {
    let start = |step: i64| format!(".a{step}{{grid-column-start:{}}}", step + 1);
    let end = |step: i64| format!(".z{step}{{grid-column-end:{}}}\n", step + 1);
    (0..STEPS).map(start).chain((1..=STEPS).map(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_part_is_placed_in_proportion_and_is_never_empty() {
        let week = Period::new(at("2026-01-02T15:00:00Z"), at("2026-01-09T15:00:00Z")).unwrap();
        let span = |start: &str, end: &str| Span::within(week, Period::new(at(start), at(end)).unwrap());
        assert_eq!(span("2026-01-02T15:00:00Z", "2026-01-03T15:00:00Z"), Span { start: 0, end: 48 });
        assert_eq!(span("2026-01-02T15:00:00Z", "2026-01-02T15:01:00Z"), Span { start: 0, end: 1 });
        assert_eq!(span("2026-01-09T14:59:00Z", "2026-01-20T00:00:00Z"), Span { start: 335, end: 336 });
        assert_eq!(span("2026-01-09T14:00:00Z", "2026-01-09T15:00:00Z").class(), "a334 z336");
    }

    #[test]
    fn every_step_has_a_rule() {
        let style = style();
        for rule in [".a0{grid-column-start:1}", ".a335{grid-column-start:336}", ".z336{grid-column-end:337}"]
        {
            assert!(style.contains(rule), "{rule}");
        }
    }
}
