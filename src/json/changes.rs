//! `changes` and `diff`: who gained and lost what.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Agreement, Dates, Row, instant, words};
use crate::rota::{self, Instant, Side, Team};

/// What moved in one team since its rota was first published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Changes {
    /// The team's id.
    pub team: String,
    /// The latest first; at most the last 500.
    pub changes: Vec<Change>,
}

/// A move, and when it was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Change {
    /// When feeds first showed it.
    #[schema(format = DateTime)]
    pub published: String,
    /// Whole days from then to its start, rounded down; negative if it had started.
    pub days_ahead: i64,
    /// What moved.
    #[serde(flatten)]
    pub moved: Move,
}

/// A part of a role that changes its holder, or whose holder becomes confirmed or only proposed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Move {
    /// `primary` or `secondary`.
    #[schema(value_type = words::Role)]
    pub role: &'static str,
    /// The first instant.
    #[schema(format = DateTime)]
    pub start: String,
    /// The first instant after it.
    #[schema(format = DateTime)]
    pub end: String,
    /// Who held it; null for nobody.
    pub before: Option<Held>,
    /// Who holds it now; null for nobody.
    pub after: Option<Held>,
}

/// One side of a move.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Held {
    /// The engineer.
    pub engineer: String,
    /// Whether the team has agreed on it.
    pub status: Agreement,
    /// The reason, if it differs from the rotation.
    pub reason: Option<String>,
}

/// What a change of configuration moves in one team.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// The team's id.
    pub team: String,
    /// `changed`, `added` or `removed`.
    pub status: &'static str,
    /// The first date of the range, in the team's zone.
    pub from: NaiveDate,
    /// The first date after the range.
    pub to: NaiveDate,
    /// By start, then primary first.
    pub moves: Vec<Move>,
    /// Those who gain or lose anything, by id.
    pub engineers: Vec<Balance>,
    /// Coverage rows that are to be agreed and were not before.
    pub opened: Vec<Row>,
    /// Coverage rows that were to be agreed and are not any more.
    pub closed: Vec<Row>,
}

/// What a change of configuration means for one engineer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The engineer.
    pub engineer: String,
    /// How many parts of a role they gain.
    pub gained: u32,
    /// How many they lose.
    pub lost: u32,
    /// How much longer they are primary; negative if less long.
    pub primary_seconds: i64,
    /// The same as secondary.
    pub secondary_seconds: i64,
}

impl Changes {
    /// The shape of what moved in `team`, given as published.
    pub fn new<'m>(
        team: &Team,
        moves: impl DoubleEndedIterator<Item = (Instant, &'m rota::RoleChange)>,
    ) -> Changes {
        let changes = moves.rev().map(|(at, moved)| Change {
            published: instant(at),
            days_ahead: days_ahead(at, moved),
            moved: Move::new(moved),
        });
        Changes { team: team.id.to_string(), changes: changes.collect() }
    }
}

/// Whole days from `at` to the start of `moved`, rounded down.
pub fn days_ahead(at: Instant, moved: &rota::RoleChange) -> i64 {
    (moved.period.start() - at).num_seconds().div_euclid(24 * 60 * 60)
}

impl Move {
    /// The shape of `moved`.
    pub fn new(moved: &rota::RoleChange) -> Move {
        Move {
            role: moved.role.as_str(),
            start: instant(moved.period.start()),
            end: instant(moved.period.end()),
            before: moved.before.as_ref().map(Held::new),
            after: moved.after.as_ref().map(Held::new),
        }
    }
}

impl Held {
    fn new(side: &Side) -> Held {
        Held {
            engineer: side.engineer.to_string(),
            status: Agreement::new(side.tentative),
            reason: side.reason.clone(),
        }
    }
}

impl Diff {
    /// The shape of what moves in a team over `dates`.
    pub fn new(
        team: &Team,
        status: &'static str,
        dates: Dates,
        moves: &[rota::RoleChange],
        [opened, closed]: [Vec<Row>; 2],
    ) -> Diff {
        let team = team.id.to_string();
        let engineers = balances(moves);
        let moves = moves.iter().map(Move::new).collect();
        Diff { team, status, from: dates.from, to: dates.to, moves, engineers, opened, closed }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.opened.is_empty() && self.closed.is_empty()
    }
}

fn balances(moves: &[rota::RoleChange]) -> Vec<Balance> {
    let mut all = std::collections::BTreeMap::<&str, Balance>::new();
    for moved in moves {
        let (before, after) = (moved.before.as_ref(), moved.after.as_ref());
        if before.map(|side| &side.engineer) == after.map(|side| &side.engineer) {
            continue;
        }
        let seconds = (moved.period.end() - moved.period.start()).num_seconds();
        for (side, sign) in [(before, -1), (after, 1)] {
            let Some(id) = side.map(|side| side.engineer.as_str()) else { continue };
            let balance =
                all.entry(id).or_insert_with(|| Balance { engineer: id.to_owned(), ..Balance::default() });
            *(if sign > 0 { &mut balance.gained } else { &mut balance.lost }) += 1;
            let sum = match moved.role {
                rota::Role::Primary => &mut balance.primary_seconds,
                rota::Role::Secondary => &mut balance.secondary_seconds,
            };
            *sum += sign * seconds;
        }
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rota::{EngineerId, Period, Role};

    fn moved(role: Role, hours: i64, before: &str, after: &str) -> rota::RoleChange {
        let start: Instant = "2026-12-24T00:00:00Z".parse().unwrap();
        let side = |id: &str| Some(Side { engineer: EngineerId::new(id)?, tentative: false, reason: None });
        let period = Period::new(start, start + chrono::TimeDelta::hours(hours)).unwrap();
        rota::RoleChange { role, period, before: side(before), after: side(after) }
    }

    #[test]
    fn gains_and_losses_are_added_up_and_a_confirmed_proposal_is_neither() {
        let moves = [
            moved(Role::Primary, 24, "a", "b"),
            moved(Role::Secondary, 24, "b", ""),
            moved(Role::Primary, 8, "b", "a"),
            moved(Role::Primary, 99, "c", "c"),
        ];
        let balance = |engineer: &str, gained, lost, primary: i64, secondary: i64| Balance {
            engineer: engineer.to_owned(),
            gained,
            lost,
            primary_seconds: primary * 3600,
            secondary_seconds: secondary * 3600,
        };
        assert_eq!(balances(&moves), [balance("a", 1, 1, -16, 0), balance("b", 1, 2, 16, -24)]);
    }

    #[test]
    fn days_ahead_are_whole_and_negative_once_it_has_started() {
        let moved = moved(Role::Primary, 24, "a", "b");
        for (at, days) in [
            ("2026-12-22T00:00:00Z", 2),
            ("2026-12-22T00:00:01Z", 1),
            ("2026-12-24T00:00:00Z", 0),
            ("2026-12-24T00:00:01Z", -1),
        ] {
            assert_eq!(days_ahead(at.parse().unwrap(), &moved), days, "{at}");
        }
    }
}
