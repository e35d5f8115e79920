//! Half-open ranges of time and operations on them.

use chrono::{DateTime, Utc};

/// A point in time. Wall clocks appear only where a [`Zone`](super::Zone) resolves them.
pub type Instant = DateTime<Utc>;

/// `[start, end)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    start: Instant,
    end: Instant,
}

impl Period {
    /// The period from `start` up to `end`; `None` unless `start` is before `end`.
    pub fn new(start: Instant, end: Instant) -> Option<Period> {
        (start < end).then_some(Period { start, end })
    }

    /// The first instant of the period.
    pub fn start(self) -> Instant {
        self.start
    }

    /// The first instant after the period.
    pub fn end(self) -> Instant {
        self.end
    }

    /// The same period, started this much earlier.
    #[must_use]
    pub fn starting_earlier(self, by: chrono::TimeDelta) -> Period {
        let start = (self.start - by).min(self.start);
        Period { start, end: self.end }
    }

    /// Whole seconds from start to end.
    pub fn seconds(self) -> i64 {
        (self.end - self.start).num_seconds()
    }

    /// Whether `instant` lies within.
    pub fn contains(self, instant: Instant) -> bool {
        self.start <= instant && instant < self.end
    }

    /// Whether the two share an instant. Periods that only touch do not.
    pub fn overlaps(self, other: Period) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The instants the two share.
    pub fn intersection(self, other: Period) -> Option<Period> {
        Period::new(self.start.max(other.start), self.end.min(other.end))
    }
}

/// Values that each hold for a period, in order of time: neighbours that touch and have equal values become one.
pub fn merge_adjacent<T: PartialEq>(pieces: impl IntoIterator<Item = (Period, T)>) -> Vec<(Period, T)> {
    let mut merged: Vec<(Period, T)> = Vec::new();
    for (period, value) in pieces {
        match merged.last_mut() {
            Some((last, same)) if last.end == period.start && *same == value => last.end = period.end,
            _ => merged.push((period, value)),
        }
    }
    merged
}

/// A set of instants: disjoint periods in order of time that do not even touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Periods(Vec<Period>);

impl Periods {
    /// The periods in order of time.
    pub fn iter(&self) -> impl Iterator<Item = Period> + '_ {
        self.0.iter().copied()
    }

    /// Whether no instant is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set shares an instant with `period`.
    pub fn overlaps(&self, period: Period) -> bool {
        self.0.iter().any(|own| own.overlaps(period))
    }

    /// The part of the set within `period`.
    pub fn clip(&self, period: Period) -> Periods {
        Periods(self.0.iter().filter_map(|own| own.intersection(period)).collect())
    }

    /// The instants that both sets hold.
    pub fn intersect(&self, other: &Periods) -> Periods {
        other.0.iter().flat_map(|period| self.clip(*period).0).collect()
    }

    /// The instants of this set that `other` does not hold.
    pub fn minus(&self, other: &Periods) -> Periods {
        let mut left = Vec::new();
        for own in &self.0 {
            let mut start = own.start;
            for cut in other.0.iter().filter(|cut| cut.overlaps(*own)) {
                left.extend(Period::new(start, cut.start));
                start = cut.end;
            }
            left.extend(Period::new(start, own.end));
        }
        Periods(left)
    }

    /// Whole seconds in all periods together.
    pub fn seconds(&self) -> i64 {
        self.0.iter().map(|period| period.seconds()).sum()
    }
}

/// Touching and overlapping periods merge.
impl FromIterator<Period> for Periods {
    fn from_iter<I: IntoIterator<Item = Period>>(periods: I) -> Self {
        let mut all: Vec<Period> = periods.into_iter().collect();
        all.sort_unstable();
        let mut merged: Vec<Period> = Vec::with_capacity(all.len());
        for period in all {
            match merged.last_mut() {
                Some(last) if period.start <= last.end => last.end = last.end.max(period.end),
                _ => merged.push(period),
            }
        }
        Periods(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Instant {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn period(start: i64, end: i64) -> Period {
        Period::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn an_empty_or_inverted_period_is_not_a_period() {
        assert_eq!(Period::new(at(1), at(1)), None);
        assert_eq!(Period::new(at(2), at(1)), None);
    }

    #[test]
    fn the_start_is_in_and_the_end_is_out() {
        let day = period(10, 20);
        assert!(day.contains(at(10)) && day.contains(at(19)));
        assert!(!day.contains(at(9)) && !day.contains(at(20)));
        assert!(!day.overlaps(period(20, 30)), "touching is not overlapping");
    }

    #[test]
    fn touching_periods_merge_and_a_gap_keeps_them_apart() {
        let set: Periods = [period(20, 30), period(0, 10), period(10, 15)].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [period(0, 15), period(20, 30)]);
    }

    #[test]
    fn neighbours_merge_only_where_they_touch_and_have_equal_values() {
        let pieces = [(0, 10, 'a'), (10, 20, 'a'), (20, 30, 'b'), (31, 40, 'b'), (40, 50, 'a')];
        let merged = merge_adjacent(pieces.map(|(start, end, value)| (period(start, end), value)));
        let expected = [(0, 20, 'a'), (20, 30, 'b'), (31, 40, 'b'), (40, 50, 'a')];
        assert_eq!(merged, expected.map(|(start, end, value)| (period(start, end), value)));
    }

    fn sets() -> impl Strategy<Value = Periods> {
        prop::collection::vec((0i64..60, 1i64..20), 0..8)
            .prop_map(|list| list.into_iter().map(|(start, length)| period(start, start + length)).collect())
    }

    fn holds(set: &Periods, second: i64) -> bool {
        set.iter().any(|p| p.contains(at(second)))
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets_of_seconds(a in sets(), b in sets()) {
            let (both, less) = (a.intersect(&b), a.minus(&b));
            for second in 0..90 {
                let (in_a, in_b) = (holds(&a, second), holds(&b, second));
                prop_assert_eq!(holds(&both, second), in_a && in_b);
                prop_assert_eq!(holds(&less, second), in_a && !in_b);
            }
            for set in [&a, &both, &less] {
                let list: Vec<_> = set.iter().collect();
                prop_assert!(list.windows(2).all(|w| w[0].end() < w[1].start()), "normal form: {:?}", set);
            }
        }
    }
}
