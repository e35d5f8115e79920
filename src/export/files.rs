//! Which files a snapshot is exported as, and what is in each.
//!
//! The API has paths that are a file and a folder at once (`teams` and `teams/…`), so its files end in `.json`.

use super::error::ExportError;
use super::page::{self, TeamPage, download_path};
use super::places::{Place, places};
use crate::access::SEGMENT;
use crate::json::{self, Changes, Dates, Schedule, TeamEntry, TeamSummary, Teams};
use crate::live::{FeedSlot, Snapshot, TeamSnapshot};
use crate::rota::{Instant, Period, TeamId, expand};

/// The name of a page.
pub(super) const PAGE: &str = "index.html";

/// The path of the API below a place.
const API: &str = "api/v1/teams";

/// What is in a file, and where it is.
#[derive(Debug)]
pub(super) struct File<'s> {
    content: Content<'s>,
    /// Below the folder. One content may be in several places.
    pub(super) paths: Vec<String>,
}

#[derive(Debug)]
enum Content<'s> {
    /// All teams, as a page.
    Index,
    /// A team, as a page. Its links have the key of the place.
    Team(&'s TeamSnapshot, TeamPage<'s>),
    Feed(&'s TeamSnapshot, &'s FeedSlot),
    /// The same with the cancelled events.
    Download(&'s TeamSnapshot, &'s FeedSlot),
    Teams,
    Schedule(&'s TeamSnapshot),
    Changes(&'s TeamSnapshot),
}

/// Every file of `snapshot` at `now`.
pub(super) fn files(snapshot: &Snapshot, has_downloads: bool, now: Instant) -> Vec<File<'_>> {
    let places = places(snapshot, now);
    let of_all = |name: &str| -> Vec<String> {
        places.iter().filter(|place| place.has_all()).map(|place| format!("{}{name}", place.prefix)).collect()
    };
    let mut files = vec![
        File { content: Content::Index, paths: of_all(PAGE) },
        File { content: Content::Teams, paths: of_all(&format!("{API}.json")) },
    ];
    for team in snapshot.teams() {
        files.extend(feeds(team, &places, has_downloads));
        files.extend(pages(team, &places, has_downloads));
        files.extend(api(team, &places));
    }
    files
}

fn feeds<'s>(
    team: &'s TeamSnapshot,
    places: &[Place],
    has_downloads: bool,
) -> impl Iterator<Item = File<'s>> {
    let id = &team.team().id;
    team.feeds().iter().flat_map(move |slot| {
        let places = places.iter().filter(|place| place.has_feed(id, &slot.feed));
        let paths = |name: &str| places.clone().map(|place| format!("{}{id}/{name}", place.prefix)).collect();
        let feed = File { content: Content::Feed(team, slot), paths: paths(&slot.path) };
        let download = has_downloads.then(|| File {
            content: Content::Download(team, slot),
            paths: paths(&download_path(&slot.path)),
        });
        std::iter::once(feed).chain(download)
    })
}

fn pages<'s>(
    team: &'s TeamSnapshot,
    places: &[Place],
    has_downloads: bool,
) -> impl Iterator<Item = File<'s>> {
    let id = &team.team().id;
    places.iter().filter(|place| place.has_team(id)).map(move |place| {
        let feeds = team.feeds().iter().filter(|slot| place.has_feed(id, &slot.feed)).collect();
        let page = TeamPage { base: place.base.clone(), feeds, has_downloads };
        File { content: Content::Team(team, page), paths: vec![format!("{}{id}/{PAGE}", place.prefix)] }
    })
}

fn api<'s>(team: &'s TeamSnapshot, places: &[Place]) -> [File<'s>; 2] {
    let id = &team.team().id;
    [("schedule", Content::Schedule(team)), ("changes", Content::Changes(team))].map(|(name, content)| {
        let places = places.iter().filter(|place| place.has_api(id));
        let paths = places.map(|place| format!("{}{API}/{id}/{name}.json", place.prefix)).collect();
        File { content, paths }
    })
}

/// Whether the file at `path` is one of `team`, whatever key is in it.
pub(super) fn is_of_team(path: &str, team: &TeamId) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let below = match parts.as_slice() {
        [segment, _, rest @ ..] if *segment == SEGMENT => rest,
        all => all,
    };
    let id = match below {
        ["api", "v1", "teams", id, _] | [id, _, ..] => *id,
        _ => return false,
    };
    id == team.as_str()
}

impl File<'_> {
    /// What is in it.
    pub(super) fn bytes(&self, snapshot: &Snapshot, now: Instant) -> Result<Vec<u8>, ExportError> {
        Ok(match &self.content {
            Content::Index => page::index(snapshot, now).into_bytes(),
            Content::Team(team, page) => page.html(team, now).into_bytes(),
            Content::Feed(team, slot) => team.source(slot).calendar(None, false),
            Content::Download(team, slot) => team.source(slot).calendar(None, true),
            Content::Teams => json::text(&Teams { teams: teams(snapshot) })?.into_bytes(),
            Content::Schedule(team) => json::text(&schedule(team))?.into_bytes(),
            Content::Changes(team) => {
                let moves = team.changes().iter().map(|change| (change.at, &change.moved));
                json::text(&Changes::new(team.team(), moves))?.into_bytes()
            }
        })
    }
}

fn teams(snapshot: &Snapshot) -> Vec<TeamSummary> {
    let served = snapshot.teams().map(|team| {
        let entry = TeamEntry::served(team.team(), None, [0, 0]);
        match snapshot.is_outdated(&team.team().id) {
            true => entry.outdated(Vec::new()),
            false => entry,
        }
    });
    let broken = snapshot.broken_teams().map(|id| TeamEntry::broken(id.to_string(), Vec::new()));
    let mut teams: Vec<TeamSummary> = served.chain(broken).map(TeamSummary::from).collect();
    teams.sort_by(|one, other| one.team.cmp(&other.team));
    teams
}

/// The rota of the same window as feeds have.
fn schedule(team: &TeamSnapshot) -> Schedule {
    let (rota, window) = (team.team(), team.frame().window);
    let [from, to] = [window.start(), window.end()].map(|instant| rota.zone.date(instant));
    let dates = Dates { from, to };
    let period: Period = dates.period(&rota.zone).unwrap_or(window);
    Schedule::new(rota, dates, &expand(rota, period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_team_in_it_with_and_without_a_key() {
        let data = TeamId::new("data").unwrap();
        for (path, is_of_it) in [
            ("data/team.ics", true),
            ("data/engineers/a.ics", true),
            ("data/index.html", true),
            ("k/abc/data/engineers/a.download.ics", true),
            ("k/abc/api/v1/teams/data/schedule.json", true),
            ("api/v1/teams/data/changes.json", true),
            ("api/v1/teams.json", false),
            ("index.html", false),
            ("k/abc/index.html", false),
            ("k/data/index.html", false),
            ("k/data/other/team.ics", false),
            ("data2/team.ics", false),
            ("api/v1/teams/data2/changes.json", false),
        ] {
            assert_eq!(is_of_team(path, &data), is_of_it, "{path}");
        }
    }
}
