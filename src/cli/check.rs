//! `oncal check`: everything that is wrong or suspicious in the configuration, at once.

use std::path::{self, Path, PathBuf};

use serde::Serialize;

use super::args;
use super::output::{Exit, Output, Usage};
use super::{calendars, plan, review, when};
use crate::access::{Key, SEGMENT};
use crate::config::{
    Access, BaseUrl, Configuration, Diagnostic, Settings, Severity, TeamConfig, TeamPlaces, render,
};
use crate::feed::{Feed, Head, Links, Plan, Rendered, calendar, events};
use crate::journal::Revision;
use crate::publish::frame;
use crate::rota::{EngineerIdx, Instant, Team, coverage, expand, unknown_absences};
use crate::text::by_calendar;

pub(super) fn run(common: &args::Common, args: &args::Check, output: &mut Output) -> anyhow::Result<Exit> {
    let now = plan::clock(common).now();
    let selection = Selection::new(&common.config, &args.files)?;
    let mut configuration = calendars::load_to_check(&selection.folder, common)?;
    selection.keep(&mut configuration);
    let found: Vec<Diagnostic> = configuration
        .teams
        .values()
        .flat_map(|config| TeamReview::at(&configuration, config, now).diagnostics())
        .collect();
    configuration.add(found);
    let has_warnings = configuration.diagnostics.iter().any(|found| found.severity == Severity::Warning);
    let fails = configuration.has_errors() || args.deny_warnings && has_warnings;
    let exit = if fails { Exit::Failed } else { Exit::Fine };
    if args.format.json {
        output.json(&Report::new(&configuration))?;
        return Ok(exit);
    }
    for diagnostic in &configuration.diagnostics {
        output.note(format_args!("{}\n", render(diagnostic, &configuration.sources, true)));
    }
    let errors = configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let warnings =
        configuration.diagnostics.iter().filter(|found| found.severity == Severity::Warning).count();
    output.data(&format!(
        "{}, {}, {}; tzdata {}\n",
        when::count(configuration.teams.len() + configuration.broken.len(), "team", "teams"),
        when::count(errors, "error", "errors"),
        when::count(warnings, "warning", "warnings"),
        configuration.zone_data,
    ))?;
    output.data(&past(&configuration, now))?;
    Ok(exit)
}

/// One line that counts past entries: they stay in the files, since past weeks and the sums of R6 depend on them.
fn past(configuration: &Configuration, now: Instant) -> String {
    let counts = configuration.teams.values().map(|config| review::past(&config.team, now));
    let sum = counts.fold([0; 3], |sum, one| [0, 1, 2].map(|n| sum[n] + one[n]));
    let names = [("time-off entry", "time-off entries"), ("swap", "swaps"), ("override", "overrides")];
    let parts = sum.iter().zip(names).filter(|(count, _)| **count > 0);
    let parts: Vec<String> = parts.map(|(count, (one, many))| when::count(*count, one, many)).collect();
    if parts.is_empty() { String::new() } else { format!("in the past: {}\n", parts.join(", ")) }
}

/// Which files of which configuration are checked.
struct Selection {
    folder: PathBuf,
    /// Within the folder; empty for all of it.
    files: Vec<String>,
}

impl Selection {
    /// A folder, or files of one folder; `default` if nothing is named.
    fn new(default: &Path, named: &[PathBuf]) -> Result<Selection, Usage> {
        let mut selected: Option<Selection> = None;
        for path in named {
            let (folder, file) = if path.is_dir() { (path.clone(), None) } else { place(path)? };
            let selection =
                selected.get_or_insert_with(|| Selection { folder: folder.clone(), files: Vec::new() });
            if selection.folder != folder || path.is_dir() && named.len() > 1 {
                return Err(Usage("name one folder, or files of one folder".to_owned()));
            }
            selection.files.extend(file);
        }
        Ok(selected.unwrap_or_else(|| Selection { folder: default.to_owned(), files: Vec::new() }))
    }

    /// Keeps only the selected files of `configuration`, and everything that concerns their teams.
    fn keep(&self, configuration: &mut Configuration) {
        if self.files.is_empty() {
            return;
        }
        let is_selected = |file: &str| self.files.iter().any(|selected| selected == file);
        configuration.teams.retain(|_, team| is_selected(&team.file));
        configuration.broken.retain(|_, team| is_selected(&team.file));
        let Configuration { teams, broken, diagnostics, .. } = configuration;
        diagnostics.retain(|found| {
            let of_team = |team| teams.contains_key(team) || broken.contains_key(team);
            is_selected(&found.file) || found.team.as_ref().is_some_and(of_team)
        });
    }
}

/// The configuration folder of a file, and the file within it.
fn place(path: &Path) -> Result<(PathBuf, Option<String>), Usage> {
    let wrong = |why: &str| Usage(format!("{}: {why}", path.display()));
    if !path.is_file() {
        return Err(wrong("no such file"));
    }
    let full = path::absolute(path).map_err(|error| wrong(&error.to_string()))?;
    let folders = ["teams", "holidays", "runbooks", "time-off"];
    let within = full.ancestors().skip(1).find(|above| {
        above.file_name().and_then(|name| name.to_str()).is_some_and(|name| folders.contains(&name))
    });
    let is_settings = full.file_name().is_some_and(|name| name == "oncal.toml");
    let folder = match within {
        Some(folder) => folder.parent(),
        None if is_settings => full.parent(),
        None => None,
    };
    let help =
        "oncal reads oncal.toml, and the files in teams/, holidays/, runbooks/ and time-off/ beside it";
    let folder = folder.ok_or_else(|| wrong(&format!("not a file of a configuration folder; {help}")))?;
    let within = full.strip_prefix(folder).unwrap_or(&full).to_string_lossy().into_owned();
    Ok((folder.to_owned(), Some(within)))
}

/// Checks of a team as a whole, for what no single line of its file shows.
struct TeamReview<'c> {
    configuration: &'c Configuration,
    config: &'c TeamConfig,
    team: &'c Team,
    places: TeamPlaces<'c>,
    now: Instant,
}

impl<'c> TeamReview<'c> {
    fn at(configuration: &'c Configuration, config: &'c TeamConfig, now: Instant) -> TeamReview<'c> {
        TeamReview { configuration, config, team: &config.team, places: configuration.places(config), now }
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut found = self.unrecorded();
        found.extend(too_large(self.configuration, self.team, self.now).map(|found| self.of_settings(found)));
        found.extend(self.unknown());
        found.extend(self.known_to_leavers());
        found.extend(review::warnings(self.configuration, self.config, self.now));
        found
    }

    /// A warning at the line of oncal.toml that causes it, or else at the team's name.
    fn of_settings(&self, TooLarge { code, key, message, help }: TooLarge) -> Diagnostic {
        let settings = "oncal.toml";
        match self.configuration.key_place(settings, key) {
            Some(place) => {
                let message = format!("team {}: {message}", self.team.id);
                Diagnostic {
                    file: settings.to_owned(),
                    ..self.config.warning(code, Some(place), message, help)
                }
            }
            None => self.config.warning(
                code,
                self.configuration.key_place(&self.config.file, "name"),
                message,
                help,
            ),
        }
    }

    /// Calendars that end before the feeds do. An engineer without any calendar has a warning of their own at `id`.
    fn unknown(&self) -> Vec<Diagnostic> {
        let Settings { past_weeks, future_weeks, .. } = self.configuration.settings;
        let weeks = [past_weeks, future_weeks].map(|weeks| usize::try_from(weeks).unwrap_or(usize::MAX));
        let Some(frame) = frame(self.team, weeks[0], weeks[1], self.now) else { return Vec::new() };
        let unknown = unknown_absences(self.team, frame.window);
        let warnings = by_calendar(&unknown).into_iter().filter_map(|unknown| {
            let (id, _) = unknown.calendar?;
            let place = unknown.engineers.first().and_then(|idx| self.places.calendar(*idx, id));
            let help = "bring the calendar up to date, or list the dates as also_off".to_owned();
            Some(self.config.warning("holidays-unknown", place, unknown.sentence(self.team), help))
        });
        warnings.collect()
    }

    /// R8: overrides that settle a conflict and do not say when they were agreed on.
    fn unrecorded(&self) -> Vec<Diagnostic> {
        let team = self.team;
        let ahead = team.overrides.iter().filter(|by| by.period.end() > self.now);
        let silent = ahead.filter(|by| by.agreed_on.is_none()).filter(|by| {
            let rows = coverage(team, &expand(team, by.period)).rows;
            rows.iter().any(|row| row.deadline.is_some() && !row.status.is_open())
        });
        let warnings = silent.map(|by| {
            let period = when::period_inline(&team.zone, by.period);
            let message = format!("the override of {period} settles a conflict without `agreed_on`");
            let help = "add `agreed_on`, the date of the decision".to_owned();
            let place = self.places.override_at(by.period.start());
            self.config.warning("override-without-agreement", place, message, help)
        });
        warnings.collect()
    }

    /// Whether somebody who left still knows the team's link. The file does not say when the link was renewed, so the
    /// number of renewals counts: one for each person who left and is still in the file.
    fn known_to_leavers(&self) -> Option<Diagnostic> {
        let (settings, team) = (&self.configuration.settings, self.team);
        let has_left = |idx: &EngineerIdx| {
            let engineer = team.engineer(*idx);
            engineer.has_left(self.now)
        };
        let leavers: Vec<EngineerIdx> = team.indices().filter(has_left).collect();
        // Neither is less than one.
        let renewed = self.config.links.team + settings.link_generation - 2;
        let needed = u32::try_from(leavers.len()).unwrap_or(u32::MAX);
        if settings.access == Access::Open || renewed >= needed {
            return None;
        }
        let names: Vec<&str> = leavers.iter().map(|idx| team.engineer(*idx).id.as_str()).collect();
        let message = format!("people who left may still have the team's secret link: {}", names.join(", "));
        let help = format!(
            "set `link_generation = {}`, one more for each who left, and give the team its new link; or delete the blocks of people who left long ago",
            self.config.links.team + needed - renewed
        );
        let own = self.configuration.key_place(&self.config.file, "link_generation");
        let place = own.or_else(|| self.places.left(*leavers.last()?));
        Some(self.config.warning("links-known-to-leavers", place, message, help))
    }
}

/// The largest feed, in bytes, and the longest address, in characters, that Google accepts.
const LARGEST_FEED: usize = 1_000_000;
const LONGEST_URL: usize = 255;

/// Something too large for Google, and the key of oncal.toml that makes it so large.
struct TooLarge {
    code: &'static str,
    key: &'static str,
    message: String,
    help: String,
}

/// Whether the team's largest feed or its longest address is more than Google accepts.
fn too_large(configuration: &Configuration, team: &Team, now: Instant) -> Option<TooLarge> {
    let settings = &configuration.settings;
    let key = if settings.access == Access::Links { SEGMENT.len() + Key::CHARACTERS + 2 } else { 0 };
    let base = settings.public_url.as_str().len() + key;
    let longest =
        Feed::all(team).iter().map(|feed| base + team.id.as_str().len() + feed.path().len() + 2).max();
    if let Some(longest) = longest.filter(|longest| *longest > LONGEST_URL) {
        let message = format!("a feed's address has {longest} characters");
        let help = format!(
            "Google accepts up to {LONGEST_URL}: shorten `public_url`, or the team's or an engineer's id"
        );
        return Some(TooLarge { code: "address-too-long", key: "public_url", message, help });
    }
    let (past, future) = (settings.past_weeks, settings.future_weeks);
    let size = size(configuration, team, (past, future), now)?;
    if size <= LARGEST_FEED {
        return None;
    }
    // Feeds grow with their weeks, so a binary search finds the widest future that fits.
    let fits = |weeks: u32| size_fits(configuration, team, (past, weeks), now);
    let (mut least, mut most) = (0, future);
    while least < most {
        let middle = least + (most - least).div_ceil(2);
        if fits(middle) { least = middle } else { most = middle - 1 }
    }
    let help = if least > 0 {
        format!("Google accepts 1 MB: `future_weeks = {least}` fits")
    } else {
        "Google accepts 1 MB: lower `past_weeks` too, or split the team".to_owned()
    };
    let message = format!("the feed team.ics has {size} bytes");
    Some(TooLarge { code: "feed-too-large", key: "future_weeks", message, help })
}

fn size_fits(configuration: &Configuration, team: &Team, weeks: (u32, u32), now: Instant) -> bool {
    size(configuration, team, weeks, now).is_some_and(|size| size <= LARGEST_FEED)
}

/// The size in bytes of team.ics, the largest feed, with that many weeks of past and future.
fn size(configuration: &Configuration, team: &Team, weeks: (u32, u32), now: Instant) -> Option<usize> {
    let frame = frame(team, usize::try_from(weeks.0).ok()?, usize::try_from(weeks.1).ok()?, now)?;
    let links = Links::new(configuration.settings.pages_url.as_ref().map(BaseUrl::as_str));
    let revision = Revision { sequence: 0, created: now, modified: now };
    let events = events(&Plan::new(team, frame.window), &links);
    let rendered: Vec<Rendered> = events.into_iter().map(|event| Rendered::new(event, revision)).collect();
    let head = Head { feed: &Feed::Team, team, links: &links, changed: now };
    Some(calendar(&head, &rendered, &[], None).len())
}

#[derive(Serialize)]
struct Report {
    tzdata: String,
    teams: Vec<String>,
    broken: Vec<String>,
    diagnostics: Vec<DiagnosticJson>,
}

#[derive(Serialize)]
struct DiagnosticJson {
    code: &'static str,
    severity: &'static str,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    help: Option<String>,
}

impl Report {
    fn new(configuration: &Configuration) -> Report {
        let found = configuration.diagnostics.iter().map(|diagnostic| DiagnosticJson {
            code: diagnostic.code,
            severity: diagnostic.severity.as_str(),
            file: Some(diagnostic.file.clone()),
            line: diagnostic.place.as_ref().map(|place| place.line),
            column: diagnostic.place.as_ref().map(|place| place.column),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        });
        Report {
            tzdata: configuration.zone_data.to_string(),
            teams: configuration.teams.keys().map(ToString::to_string).collect(),
            broken: configuration.broken.keys().map(ToString::to_string).collect(),
            diagnostics: found.collect(),
        }
    }
}
