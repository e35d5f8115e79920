//! `teams`: which teams there are, who is in them, and their status.

use serde::Serialize;
use utoipa::ToSchema;

use super::id;
use crate::feed::Feed;
use crate::rota::{Duty, Role, Team};

/// Every team that is configured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamList {
    /// By id.
    pub teams: Vec<TeamEntry>,
}

/// One team.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamEntry {
    /// The team's id.
    pub team: String,
    /// Its status.
    pub status: TeamStatus,
    /// The display name; null for a broken team, as are all fields below except `problems`.
    pub name: Option<String>,
    /// The team's IANA zone.
    pub time_zone: Option<String>,
    /// Who holds the primary role now; null before the first duty change.
    pub primary: Option<String>,
    /// Who holds the secondary role now, if anybody.
    pub secondary: Option<String>,
    /// How many coverage rows of this week and the next ten are to be agreed.
    pub to_agree: Option<usize>,
    /// How many of them are past their deadline.
    pub overdue: Option<usize>,
    /// In file order.
    pub engineers: Vec<Member>,
    /// Every feed, in display order.
    pub feeds: Vec<FeedEntry>,
    /// What is wrong with the latest configuration of the team.
    pub problems: Vec<ConfigurationProblem>,
}

/// What does not depend on the time: its [`TeamEntry`] without who is on call and what is to be agreed.
#[derive(Debug, Clone, Serialize)]
pub struct TeamSummary {
    /// The team's id.
    pub team: String,
    /// Its status.
    pub status: TeamStatus,
    /// The display name.
    pub name: Option<String>,
    /// The team's IANA zone.
    pub time_zone: Option<String>,
    /// In file order.
    pub engineers: Vec<Member>,
    /// Every feed, in display order.
    pub feeds: Vec<FeedEntry>,
}

impl From<TeamEntry> for TeamSummary {
    fn from(entry: TeamEntry) -> TeamSummary {
        let TeamEntry { team, status, name, time_zone, engineers, feeds, .. } = entry;
        TeamSummary { team, status, name, time_zone, engineers, feeds }
    }
}

/// Whether a team is served as its latest configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TeamStatus {
    /// Its rota is as configured.
    Current,
    /// The latest change has errors, and the rota is as it was before.
    Outdated,
    /// There is no rota at all.
    Broken,
}

/// An engineer of a team.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Member {
    /// The id that all other responses use for them.
    pub engineer: String,
    /// Their display name.
    pub name: String,
    /// The IANA zone of their holidays and time off.
    pub time_zone: String,
}

/// A calendar feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedEntry {
    /// Its path below `/{team}/`.
    pub path: String,
    /// Its title in a list of calendars.
    pub title: String,
}

/// An error in a file of the configuration.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConfigurationProblem {
    /// What kind of error it is, as `oncal check` names it: `unknown-key`, …
    pub code: &'static str,
    /// The file, below the configuration folder.
    pub file: String,
    /// The line, from 1; null where it is about the file as a whole.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl TeamEntry {
    /// A team of which there is no rota.
    pub fn broken(team: String, problems: Vec<ConfigurationProblem>) -> TeamEntry {
        TeamEntry {
            team,
            status: TeamStatus::Broken,
            name: None,
            time_zone: None,
            primary: None,
            secondary: None,
            to_agree: None,
            overdue: None,
            engineers: Vec::new(),
            feeds: Vec::new(),
            problems,
        }
    }

    /// A team in service: with who is on call, and how many rows are to be agreed and how many of these overdue.
    pub fn served(team: &Team, duty: Option<&Duty>, [to_agree, overdue]: [usize; 2]) -> TeamEntry {
        let holder = |role| Some(id(team, duty?.holder(role)?.engineer));
        let members = team.engineers.iter().map(|engineer| Member {
            engineer: engineer.id.to_string(),
            name: engineer.name.clone(),
            time_zone: engineer.zone.name().to_owned(),
        });
        let feeds = Feed::all(team).into_iter();
        TeamEntry {
            team: team.id.to_string(),
            status: TeamStatus::Current,
            name: Some(team.name.clone()),
            time_zone: Some(team.zone.name().to_owned()),
            primary: holder(Role::Primary),
            secondary: holder(Role::Secondary),
            to_agree: Some(to_agree),
            overdue: Some(overdue),
            engineers: members.collect(),
            feeds: feeds.map(|feed| FeedEntry { path: feed.path(), title: feed.title(team) }).collect(),
            problems: Vec::new(),
        }
    }

    /// The same, served as it was before a change with `problems`.
    #[must_use]
    pub fn outdated(self, problems: Vec<ConfigurationProblem>) -> TeamEntry {
        TeamEntry { status: TeamStatus::Outdated, problems, ..self }
    }
}
