//! What changed between two rotas of a team: who gained and who lost which part of which role.

use super::period::{Instant, Period, merge_adjacent};
use super::planning::schedule::Schedule;
use super::team::{EngineerId, Role, Team};

/// Somebody holds a role: a shift without the team that it is of, so that those of two configurations compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Which role.
    pub role: Role,
    /// The period.
    pub period: Period,
    /// The holder, and whether they are confirmed.
    pub side: Side,
}

/// One side of a [`RoleChange`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Who holds the role.
    pub engineer: EngineerId,
    /// Whether the team still has to agree.
    pub tentative: bool,
    /// The reason, if it differs from the rotation.
    pub reason: Option<String>,
}

impl Side {
    /// A reason that reads differently moves nobody.
    fn agrees(&self, other: &Side) -> bool {
        self.engineer == other.engineer && self.tentative == other.tentative
    }
}

/// A part of a role that changes its holder, or whose holder becomes confirmed or only proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChange {
    /// Which role.
    pub role: Role,
    /// As long as both sides stay the same.
    pub period: Period,
    /// Who held it; `None` for nobody.
    pub before: Option<Side>,
    /// Who holds it now.
    pub after: Option<Side>,
}

/// The shifts of `schedule` as holdings, for [`changes`].
pub fn holdings(team: &Team, schedule: &Schedule) -> Vec<Holding> {
    let shifts = schedule.weeks.iter().flat_map(|planned| &planned.shifts);
    shifts
        .map(|shift| Holding {
            role: shift.role,
            period: shift.period,
            side: Side {
                engineer: team.engineer(shift.holder.engineer).id.clone(),
                tentative: shift.holder.kind.is_tentative(),
                reason: shift.holder.why().map(str::to_owned),
            },
        })
        .collect()
}

/// What differs between `before` and `after` within `window`, by start, then primary first. On each side the holdings
/// of a role do not overlap.
pub fn changes(before: &[Holding], after: &[Holding], window: Period) -> Vec<RoleChange> {
    let mut found = Vec::new();
    for role in Role::ALL {
        let (old, new) = (of_role(before, role), of_role(after, role));
        let mut ends: Vec<Instant> = [&old, &new]
            .into_iter()
            .flatten()
            .flat_map(|holding| [holding.period.start(), holding.period.end()])
            .filter(|end| window.start() < *end && *end < window.end())
            .chain([window.start(), window.end()])
            .collect();
        ends.sort();
        ends.dedup();
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        let parts = ends.windows(2).filter_map(|ends| {
            let period = Period::new(*ends.first()?, *ends.last()?)?;
            Some((period, (holder_at(&mut old, period.start()), holder_at(&mut new, period.start()))))
        });
        let changed = merge_adjacent(parts).into_iter().filter(|(_, (old, new))| match (old, new) {
            (Some(old), Some(new)) => !old.agrees(new),
            (old, new) => old.is_some() || new.is_some(),
        });
        found.extend(changed.map(|(period, (before, after))| RoleChange { role, period, before, after }));
    }
    found.sort_by_key(|moved| (moved.period.start(), moved.role));
    found
}

fn of_role(holdings: &[Holding], role: Role) -> Vec<&Holding> {
    let mut own: Vec<&Holding> = holdings.iter().filter(|holding| holding.role == role).collect();
    own.sort_by_key(|holding| holding.period.start());
    own
}

/// Who holds at `instant`; it must not go back from call to call.
fn holder_at<'h>(
    holdings: &mut std::iter::Peekable<impl Iterator<Item = &'h Holding>>,
    instant: Instant,
) -> Option<Side> {
    while holdings.next_if(|holding| holding.period.end() <= instant).is_some() {}
    holdings.peek().filter(|holding| holding.period.contains(instant)).map(|holding| holding.side.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u32, hour: u32) -> Instant {
        format!("2026-11-{day:02}T{hour:02}:00:00Z").parse().unwrap()
    }

    fn held(role: Role, from: u32, to: u32, engineer: &str) -> Holding {
        let period = Period::new(at(from, 0), at(to, 0)).unwrap();
        let (engineer, tentative) = match engineer.strip_suffix('?') {
            Some(engineer) => (engineer, true),
            None => (engineer, false),
        };
        let engineer = EngineerId::new(engineer).unwrap();
        Holding { role, period, side: Side { engineer, tentative, reason: None } }
    }

    fn changes_of(before: &[Holding], after: &[Holding]) -> Vec<String> {
        let side = |side: &Option<Side>| {
            side.as_ref().map_or_else(
                || "-".to_owned(),
                |side| format!("{}{}", side.engineer, if side.tentative { "?" } else { "" }),
            )
        };
        let window = Period::new(at(1, 0), at(20, 0)).unwrap();
        changes(before, after, window)
            .iter()
            .map(|moved| {
                let [start, end] = [moved.period.start(), moved.period.end()].map(|end| end.format("%-d"));
                format!(
                    "{} {start}-{end}: {} to {}",
                    moved.role.as_str(),
                    side(&moved.before),
                    side(&moved.after)
                )
            })
            .collect()
    }

    #[test]
    fn a_cover_moves_its_own_days_and_nothing_around_them() {
        use Role::{Primary, Secondary};
        let before = [held(Primary, 6, 13, "a"), held(Secondary, 6, 13, "b")];
        let after = [
            held(Primary, 6, 9, "a"),
            held(Primary, 9, 10, "b"),
            held(Primary, 10, 13, "a"),
            held(Secondary, 6, 9, "b"),
            held(Secondary, 10, 13, "b"),
        ];
        assert_eq!(changes_of(&before, &after), ["primary 9-10: a to b", "secondary 9-10: b to -"]);
        assert_eq!(changes_of(&after, &before), ["primary 9-10: b to a", "secondary 9-10: - to b"]);
        assert_eq!(changes_of(&before, &before), [""; 0]);
    }

    #[test]
    fn what_is_agreed_moves_and_neighbours_that_move_alike_are_one() {
        use Role::Primary;
        let before = [held(Primary, 1, 5, "a"), held(Primary, 5, 9, "a"), held(Primary, 9, 12, "c?")];
        let after = [held(Primary, 2, 9, "b"), held(Primary, 9, 12, "c")];
        assert_eq!(
            changes_of(&before, &after),
            ["primary 1-2: a to -", "primary 2-9: a to b", "primary 9-12: c? to c"]
        );
    }

    #[test]
    fn nothing_outside_the_window_counts() {
        let before = [held(Role::Primary, 18, 25, "a")];
        let after = [held(Role::Primary, 18, 25, "b")];
        assert_eq!(changes_of(&before, &after), ["primary 18-20: a to b"]);
        assert_eq!(changes_of(&[], &[held(Role::Primary, 20, 25, "b")]), [""; 0]);
    }
}
