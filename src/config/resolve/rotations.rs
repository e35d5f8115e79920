//! R1 while a file is checked: the weeks of its rotations, by date.
//!
//! Not here: the weeks of a valid team (`rota::week`).

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};

use super::engineers::Roster;
use crate::config::schema::{HandoverTable, RotationTable};
use crate::rota::{Instant, Pair, Period, Rotation, Zone};
use crate::toml_reader::{At, Problems};

/// The rotations in order of time. They exist only if their order is right, so that weeks can be named.
pub(super) struct Eras<'t> {
    zone: &'t Zone,
    pub(super) list: Vec<Era<'t>>,
}

/// One rotation, from its start to the next one's.
pub(super) struct Era<'t> {
    pub(super) table: &'t RotationTable,
    starts: &'t At<NaiveDateTime>,
    /// `None` for the last.
    end: Option<Instant>,
    /// One for each entry of `weeks`; `None` for an entry with an unknown engineer or the same person twice.
    pub(super) pairs: Vec<Option<Pair>>,
}

/// A week of the rotations.
pub(super) struct NamedWeek {
    pub(super) date: NaiveDate,
    pub(super) period: Period,
    pub(super) pair: Option<Pair>,
    /// Which entry of `weeks` it is.
    pub(super) entry: usize,
}

impl<'t> Eras<'t> {
    /// All rotations of the file; `None` if they are not in order.
    pub(super) fn resolve(
        tables: &'t [RotationTable],
        roster: &Roster,
        zone: &'t Zone,
        problems: &Problems,
    ) -> Option<Eras<'t>> {
        if tables.is_empty() {
            let help = "it needs a block `[[rotation]]` with `starts` and `weeks`".to_owned();
            problems.error_with_help("no-rotation", 0..0, "the team has no rotation", help);
            return None;
        }
        let list: Vec<_> = tables
            .iter()
            .map(|table| {
                let entries = table.weeks.as_deref().unwrap_or_default();
                if table.weeks.as_ref().is_some_and(Vec::is_empty) {
                    let help = "at least one `{ primary = \"…\", secondary = \"…\" }`".to_owned();
                    let message = "a rotation needs weeks";
                    problems.error_with_help("empty-weeks", table.weeks_span.clone(), message, help);
                }
                let pairs = entries.iter().map(|entry| roster.pair(entry, problems)).collect();
                Some(Era { table, starts: table.starts.as_ref()?, end: None, pairs })
            })
            .collect();
        let mut list: Vec<Era<'_>> = list.into_iter().collect::<Option<_>>()?;
        if !in_order(&list, problems) {
            return None;
        }
        let starts: Vec<_> = list.iter().skip(1).map(|era| zone.instant(era.starts.value)).collect();
        for (era, next) in list.iter_mut().zip(starts) {
            era.end = Some(next);
        }
        let eras = Eras { zone, list };
        eras.check_dates(problems);
        Some(eras)
    }

    /// Week `k` of `era`; `None` if the next rotation has taken over by then.
    pub(super) fn week(&self, era: &Era<'_>, k: u64) -> Option<NamedWeek> {
        let start = self.zone.instant(era.change(k)?);
        let end = self.zone.instant(era.change(k + 1)?);
        let period = Period::new(start, era.end.map_or(end, |cut| end.min(cut)))?;
        let entry = usize::try_from(k).ok()?.checked_rem(era.pairs.len())?;
        let pair = era.pairs.get(entry).copied().flatten();
        Some(NamedWeek { date: self.zone.date(start), period, pair, entry })
    }

    /// The week named `date`.
    pub(super) fn named(&self, date: NaiveDate) -> Option<NamedWeek> {
        let near = |era: &Era<'_>| era.number_near(date).saturating_sub(1)..=era.number_near(date) + 1;
        let mut weeks = self.list.iter().flat_map(|era| near(era).filter_map(|k| self.week(era, k)));
        weeks.find(|week| week.date == date)
    }

    /// The weeks that overlap `period`, in order of time.
    pub(super) fn within(&self, period: Period) -> impl Iterator<Item = NamedWeek> + '_ {
        self.list.iter().flat_map(move |era| {
            let first = era.number_near(self.zone.date(period.start())).saturating_sub(1);
            let weeks = (first..).map_while(move |k| self.week(era, k));
            let weeks = weeks.take_while(move |week| week.period.start() < period.end());
            weeks.filter(move |week| week.period.overlaps(period))
        })
    }

    /// The dates of the last week up to `date` and of the first after it.
    pub(super) fn around(&self, date: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let near = |era: &Era<'_>| era.number_near(date).saturating_sub(1)..=era.number_near(date) + 2;
        let weeks = self.list.iter().flat_map(|era| near(era).filter_map(|k| self.week(era, k)));
        let dates: Vec<_> = weeks.map(|week| week.date).collect();
        let before = dates.iter().filter(|found| **found <= date).max();
        let after = dates.iter().filter(|found| **found > date).min();
        (before.copied(), after.copied())
    }

    /// The very first duty change.
    pub(super) fn start(&self) -> Option<Instant> {
        self.list.first().map(|era| self.zone.instant(era.starts.value))
    }

    /// R9: a meeting on the day of the change, but after it, is too late.
    pub(super) fn check_meeting(&self, handover: &HandoverTable, problems: &Problems) {
        let late = self.list.iter().find(|era| {
            let change = era.starts.value;
            change.weekday() == handover.rule.day && handover.rule.time > change.time()
        });
        if let Some(era) = late {
            let message = format!(
                "the handover meeting is after the duty change at {}",
                era.starts.value.format("%H:%M")
            );
            let help = "meet at that time or before it";
            problems.warning_with_help("handover-after-change", &handover.time_span, message, help);
        }
    }

    /// The rotations of the team; `None` if a pair has an error.
    pub(super) fn into_rotations(self) -> Option<Vec<Rotation>> {
        let rotation = |era: Era<'_>| {
            let weeks = era.pairs.into_iter().collect::<Option<Vec<_>>>()?;
            Some(Rotation { starts: era.starts.value, weeks })
        };
        self.list.into_iter().map(rotation).collect()
    }

    /// A later rotation on another weekday or at another time moves the duty change, which is rarely intended. Once it
    /// has begun, nobody would ever remove the warning.
    pub(super) fn warn_of_moved_changes(&self, now: Instant, problems: &Problems) {
        for (earlier, later) in self.list.iter().zip(self.list.iter().skip(1)) {
            let (old, new) = (earlier.starts.value, later.starts.value);
            let is_same = old.weekday() == new.weekday() && old.time() == new.time();
            if is_same || self.zone.instant(new) <= now {
                continue;
            }
            let last = self.within_era(earlier, self.zone.instant(new));
            let shown = |change: NaiveDateTime| change.format("%A %H:%M").to_string();
            let length = last.map(|week| week.period.seconds() / 3600).unwrap_or_default();
            let length = match (length / 24, length % 24) {
                (0, hours) => format!("{hours} hours"),
                (days, 0) => format!("{days} days"),
                (days, hours) => format!("{days} days and {hours} hours"),
            };
            let message = format!(
                "from here on duty changes on {}, until then on {}; the last week before it lasts {length}",
                shown(new),
                shown(old)
            );
            let near = earlier.number_near(new.date());
            let nearest = [near, near + 1].into_iter().filter_map(|k| earlier.change(k));
            let nearest = nearest.min_by_key(|change| (*change - new).num_seconds().abs()).unwrap_or(new);
            let help =
                format!("to keep the duty change, write `starts = {}`", nearest.format("%Y-%m-%dT%H:%M:%S"));
            problems.warning_with_help("duty-change-moves", &later.starts.span, message, help);
        }
    }

    /// The week of `era` that ends at `end`.
    fn within_era(&self, era: &Era<'_>, end: Instant) -> Option<NamedWeek> {
        let near = era.number_near(self.zone.date(end));
        (near.saturating_sub(1)..=near + 1)
            .filter_map(|k| self.week(era, k))
            .find(|week| week.period.end() == end)
    }

    /// A week is named by the date on which it starts, so no date may start two.
    fn check_dates(&self, problems: &Problems) {
        for (earlier, later) in self.list.iter().zip(self.list.iter().skip(1)) {
            let date = self.zone.date(self.zone.instant(later.starts.value));
            let near = earlier.number_near(date);
            let weeks = (near.saturating_sub(1)..=near + 1).filter_map(|k| Some((k, self.week(earlier, k)?)));
            let Some((k, _)) = weeks.into_iter().find(|(_, week)| week.date == date) else { continue };
            let time = earlier.change(k).map(|change| change.format("%H:%M").to_string()).unwrap_or_default();
            let message = format!(
                "two weeks would start on {date}: one of the rotation before at {time}, and this one"
            );
            let help = format!("start it at {time}, when duty changes anyway, or on another date");
            problems.error_with_help("week-date-twice", later.starts.span.clone(), message, help);
        }
    }
}

impl Era<'_> {
    /// The duty change that starts week `k`, on the team's clock.
    fn change(&self, k: u64) -> Option<NaiveDateTime> {
        self.starts.value.checked_add_days(Days::new(k.checked_mul(7)?))
    }

    /// The number of the week that holds `date`, give or take one; 0 before the first.
    pub(super) fn number_near(&self, date: NaiveDate) -> u64 {
        let days = date.signed_duration_since(self.starts.value.date()).num_days();
        u64::try_from(days.div_euclid(7)).unwrap_or(0)
    }
}

fn in_order(list: &[Era<'_>], problems: &Problems) -> bool {
    let mut is_in_order = true;
    for (earlier, later) in list.iter().zip(list.iter().skip(1)) {
        let (before, this) = (earlier.starts.value, later.starts.value);
        if this > before {
            continue;
        }
        is_in_order = false;
        let before = before.format("%Y-%m-%dT%H:%M:%S");
        let (code, message, help) = if this == earlier.starts.value {
            (
                "duplicate-rotation",
                format!("the rotation above starts at {before} as well"),
                "give each rotation another start",
            )
        } else {
            (
                "rotation-order",
                format!("this starts before the rotation above, which starts at {before}"),
                "put rotations in the order in which they start",
            )
        };
        problems.error_with_help(code, later.starts.span.clone(), message, help.to_owned());
    }
    is_in_order
}

#[cfg(test)]
mod tests {
    use crate::config::resolve::sample::Sample;

    #[track_caller]
    fn codes(rest: &'static str, expected: &[&str]) {
        assert_eq!(Sample::new(&[], rest).codes(), expected, "{rest}");
    }

    #[track_caller]
    fn swap(rotation: &str, week: &str, expected: &[&str]) {
        let rest = format!("{rotation}\n[[swap]]\nweek = {week}\nprimary = \"a\"\nsecondary = \"d\"");
        codes(Box::leak(rest.into_boxed_str()), expected);
    }

    const MONDAYS: &str =
        "[[rotation]]\nstarts = 2026-02-02T09:00:00\nweeks = [{ primary = \"d\", secondary = \"b\" }]";

    #[test]
    fn a_week_is_named_by_the_date_on_which_it_starts() {
        swap("", "2026-01-02", &[]);
        swap("", "2199-12-27", &[]);
        for none in ["2025-12-26", "2026-01-01", "2026-01-03", "2026-01-08"] {
            swap("", none, &["no-such-week"]);
        }
    }

    #[test]
    fn a_later_rotation_names_the_weeks_from_its_start() {
        swap(MONDAYS, "2026-01-30", &[]);
        swap(MONDAYS, "2026-02-02", &[]);
        swap(MONDAYS, "2026-02-09", &[]);
        swap(MONDAYS, "2026-02-06", &["no-such-week"]);
    }

    #[test]
    fn rotations_follow_one_another_and_no_date_starts_two_weeks() {
        let rotation = |starts: &str| {
            let rest = format!(
                "[[rotation]]\nstarts = {starts}\nweeks = [{{ primary = \"d\", secondary = \"b\" }}]"
            );
            &*Box::leak(rest.into_boxed_str())
        };
        for moved_in_the_past in ["2026-01-08T23:00:00", "2026-01-10T00:00:00", "2026-06-01T08:00:00"] {
            codes(rotation(moved_in_the_past), &[]);
        }
        for same in ["2026-01-09T10:00:00", "2026-06-05T10:00:00"] {
            codes(rotation(same), &[]);
        }
        for moves in ["2026-06-01T08:00:01", "2026-06-05T09:59:59", "2200-12-31T00:00:00"] {
            codes(rotation(moves), &["duty-change-moves"]);
        }
        codes(rotation("2026-01-09T10:00:01"), &["week-date-twice"]);
        codes(rotation("2026-01-02T10:00:01"), &["week-date-twice"]);
        codes(rotation("2026-01-09T09:59:59"), &[]);
        codes(rotation("2026-01-02T10:00:00"), &["duplicate-rotation"]);
        codes(rotation("2026-01-02T09:59:59"), &["rotation-order"]);
    }

    #[test]
    fn a_meeting_after_the_change_on_its_day_is_late() {
        codes("[handover]\ntime = 10:00:00", &[]);
        codes("[handover]\ntime = 10:00:01", &["handover-after-change"]);
        codes("[handover]\nday = \"thursday\"\ntime = 18:00:00", &[]);
    }
}
