//! Rows of the coverage as people look for them: a holiday, or somebody's time off, with everything that it does to the
//! rota. No row is left out, and each keeps its own period.

use chrono::{Days, NaiveDate};

use crate::rota::{EngineerIdx, Instant, Period, Row, RowStatus, TIME_OFF};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// One holiday of one or several people, or the time off of one.
#[derive(Debug, Clone)]
pub(in crate::web) struct Occasion<'r> {
    /// By start; never empty.
    rows: Vec<&'r Row>,
}

/// The occasions of `rows`, which are by start, in the order in which they begin.
///
/// Rows that touch and have a holiday's name in common are of one holiday, which a duty change may cut and which other
/// zones have earlier or later. Time off is each person's own.
pub(in crate::web) fn occasions(rows: &[Row]) -> Vec<Occasion<'_>> {
    let mut all: Vec<Occasion<'_>> = Vec::new();
    for row in rows {
        match all.iter_mut().rev().find(|occasion| occasion.takes(row)) {
            Some(occasion) => occasion.rows.push(row),
            None => all.push(Occasion { rows: vec![row] }),
        }
    }
    all
}

impl<'r> Occasion<'r> {
    fn takes(&self, row: &Row) -> bool {
        self.rows.iter().rev().any(|own| {
            let touches = row.period.start() <= own.period.end();
            touches
                && match (has_time_off(own), has_time_off(row)) {
                    (true, true) => own.away == row.away,
                    (false, false) => own.reasons.iter().any(|reason| row.reasons.contains(reason)),
                    _ => false,
                }
        })
    }

    /// Its rows that have one period, for each period in order of time; of all rows those that `admits` lets through.
    pub(in crate::web) fn parts(&self, admits: impl Fn(&Row) -> bool) -> Vec<(Period, Vec<&'r Row>)> {
        let mut parts: Vec<(Period, Vec<&Row>)> = Vec::new();
        for row in self.rows.iter().filter(|row| admits(row)) {
            match parts.iter_mut().find(|(period, _)| *period == row.period) {
                Some((_, rows)) => rows.push(row),
                None => parts.push((row.period, vec![row])),
            }
        }
        parts.sort_by_key(|(period, _)| (period.start(), period.end()));
        parts
    }

    /// From the beginning of its first row to the end of its last.
    pub(in crate::web) fn span(&self) -> (Instant, Instant) {
        let end = self.rows.iter().map(|row| row.period.end()).max();
        (self.rows[0].period.start(), end.unwrap_or(self.rows[0].period.end()))
    }

    /// Whether it changes nothing for anybody on duty.
    pub(in crate::web) fn is_unaffected(&self) -> bool {
        self.rows.iter().all(|row| row.status == RowStatus::Unaffected)
    }

    /// The names of the absences, each once, in order of time.
    pub(in crate::web) fn reasons(&self) -> Vec<&'r str> {
        let mut reasons: Vec<&str> = Vec::new();
        for reason in self.rows.iter().flat_map(|row| &row.reasons) {
            if !reasons.contains(&&**reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    /// Whose it is, in file order.
    pub(in crate::web) fn seats(&self) -> Vec<EngineerIdx> {
        let mut seats: Vec<EngineerIdx> = self.rows.iter().map(|row| row.away).collect();
        seats.sort_unstable();
        seats.dedup();
        seats
    }

    /// The first and the last of its dates, where it is whole days for everybody in their own zone.
    pub(in crate::web) fn dates(&self, people: &People<'_>) -> Option<(NaiveDate, NaiveDate)> {
        let dates = |seat: EngineerIdx| {
            let own = self.rows.iter().filter(|row| row.away == seat).map(|row| row.period);
            let (start, end) = (own.clone().map(Period::start).min()?, own.map(Period::end).max()?);
            let zone = &people.team().engineer(seat).zone;
            let wall = Wall::new(zone, start);
            let last = zone.date(end).checked_sub_days(Days::new(1))?;
            (wall.is_midnight(start) && wall.is_midnight(end)).then(|| (zone.date(start), last))
        };
        let all: Option<Vec<_>> = self.seats().into_iter().map(dates).collect();
        all?.into_iter().reduce(|all, own| (all.0.min(own.0), all.1.max(own.1)))
    }
}

fn has_time_off(row: &Row) -> bool {
    row.reasons.iter().any(|reason| &**reason == TIME_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, configuration};
    use crate::rota::{Team, coverage, expand};

    const TEAM: &str = r#"
name = "Two countries"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [
  { id = "a", name = "A" },
  { id = "b", name = "B", time_off = [{ from = 2026-12-23, to = 2026-12-29 }] },
  { id = "c", name = "C", time_zone = "Europe/London", holidays = ["gb-eng"] },
]
rotation = [{ starts = 2026-01-02T10:00:00, weeks = [
  { primary = "a", secondary = "b" }, { primary = "b", secondary = "c" }, { primary = "c", secondary = "a" },
] }]
"#;

    fn rows(team: &Team, from: &str, to: &str) -> Vec<Row> {
        let window = Period::new(at(from), at(to)).unwrap();
        coverage(team, &expand(team, window)).rows
    }

    fn told(team: &Team, rows: &[Row]) -> Vec<String> {
        let people = People::of(team, "./", String::new());
        let told = |occasion: &Occasion<'_>| {
            let whose: Vec<_> = occasion.seats().into_iter().map(|seat| people.text(seat)).collect();
            let dates = occasion.dates(&people).map(|(first, last)| format!("{first}/{last}"));
            format!("{} {} {}", dates.unwrap_or_default(), whose.join(""), occasion.reasons().join(", "))
        };
        occasions(rows).iter().map(told).collect()
    }

    #[test]
    fn a_holiday_is_one_whatever_duty_change_or_zone_cuts_it_and_time_off_is_its_owners() {
        let now = at("2026-12-01T12:00:00Z");
        let configuration = configuration("", &[("sample", TEAM)], now);
        let team = &configuration.teams.values().next().unwrap().team;
        let rows = rows(team, "2026-12-18T15:00:00Z", "2027-01-03T15:00:00Z");
        assert_eq!(
            told(team, &rows),
            [
                "2026-12-25/2026-12-26 ABC Christmas Day, Boxing Day",
                "2026-12-26/2026-12-29 B Time off",
                "2026-12-28/2026-12-28 C Boxing Day (observed)",
                "2027-01-01/2027-01-01 ABC New Year's Day",
            ]
        );
    }

    #[test]
    fn every_row_is_in_a_part_of_its_own_period() {
        let now = at("2026-12-01T12:00:00Z");
        let configuration = configuration("", &[("sample", TEAM)], now);
        let team = &configuration.teams.values().next().unwrap().team;
        let rows = rows(team, "2026-01-02T15:00:00Z", "2027-12-31T15:00:00Z");
        let all = occasions(&rows);
        let mut parts = 0;
        for occasion in &all {
            for (period, rows) in occasion.parts(|_| true) {
                assert!(rows.iter().all(|row| row.period == period));
                let (start, end) = occasion.span();
                assert!(start <= period.start() && period.end() <= end);
                parts += rows.len();
            }
        }
        assert_eq!(parts, rows.len());
        assert!(all.len() * 3 < rows.len() * 2, "{} of {}", all.len(), rows.len());
    }
}
