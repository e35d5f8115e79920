//! Which feeds a team has: paths, file names and titles.

use crate::rota::{EngineerId, Role, Team};

use crate::text::clean;

/// One of a team's feeds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// Every shift, handover meeting and redistribution deadline.
    Team,
    /// One person's shifts, their handover meetings and the deadlines that concern them.
    Engineer(EngineerId),
    /// Holidays of the members with who covers, conflicts and their deadlines.
    Coverage,
    /// The shifts of one role.
    Role(Role),
}

impl Feed {
    /// The paths of all feeds below `/{team}/`, with `{id}` for an engineer's id.
    pub const TEMPLATES: [&'static str; 5] =
        ["team.ics", "engineers/{id}.ics", "coverage.ics", "primary.ics", "secondary.ics"];

    /// The index of its path in [`TEMPLATES`](Feed::TEMPLATES).
    pub fn template(&self) -> usize {
        match self {
            Feed::Team => 0,
            Feed::Engineer(_) => 1,
            Feed::Coverage => 2,
            Feed::Role(Role::Primary) => 3,
            Feed::Role(Role::Secondary) => 4,
        }
    }

    /// All feeds of `team`: the whole, each person in file order, coverage, each role.
    pub fn all(team: &Team) -> Vec<Feed> {
        let people = team.engineers.iter().map(|engineer| Feed::Engineer(engineer.id.clone()));
        let roles = [Feed::Role(Role::Primary), Feed::Role(Role::Secondary)];
        std::iter::once(Feed::Team).chain(people).chain([Feed::Coverage]).chain(roles).collect()
    }

    /// Its path below `/{team}/`.
    pub fn path(&self) -> String {
        Feed::TEMPLATES[self.template()].replace("{id}", self.what())
    }

    /// The name of a downloaded file: `<team>-<what>.ics`.
    pub fn file_name(&self, team: &Team) -> String {
        format!("{}-{}.ics", team.id, self.what())
    }

    /// Its title in people's list of calendars. One clean line.
    pub fn title(&self, team: &Team) -> String {
        let name = clean(&team.name);
        match self {
            Feed::Team => format!("{name} on-call"),
            Feed::Engineer(id) => {
                let engineer = team.engineers.iter().find(|engineer| engineer.id == *id);
                let engineer = engineer.map_or_else(|| id.to_string(), |engineer| clean(&engineer.name));
                format!("{engineer}: {name} on-call")
            }
            Feed::Coverage => format!("{name} holiday coverage"),
            Feed::Role(role) => format!("{name} {} on-call", role.as_str()),
        }
    }

    fn what(&self) -> &str {
        match self {
            Feed::Team => "team",
            Feed::Engineer(id) => id.as_str(),
            Feed::Coverage => "coverage",
            Feed::Role(role) => role.as_str(),
        }
    }
}
