//! `oncal diff`: whose shifts a change of configuration moves, and what it leaves to be agreed.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::NaiveDate;

use super::args;
use super::calendars;
use super::options;
use super::output::{Exit, Output, Usage};
use super::plan::{self, heading, name};
use super::table::{Table, Tone};
use super::unknown;
use super::when;
use crate::config::Configuration;
use crate::json::{self, Dates, Diff};
use crate::rota::{
    Coverage, EngineerId, Instant, Period, RoleChange, Row, RowStatus, Schedule, Side, Team, TeamId, changes,
    coverage, expand, holdings,
};
use crate::text::clean;

pub(super) fn run(common: &args::Common, args: &args::Diff, output: &mut Output) -> anyhow::Result<Exit> {
    let now = plan::clock(common).now();
    let (old, new) = (read(&args.old, common, output)?, read(&args.new, common, output)?);
    let ids: BTreeSet<&TeamId> = old.teams.keys().chain(new.teams.keys()).collect();
    let (mut shapes, mut exit) = (Vec::new(), Exit::Fine);
    for id in ids {
        let [before, after] = [&old, &new].map(|side| side.teams.get(id).map(|config| &config.team));
        let Some(team) = after.or(before) else { continue };
        unknown::warn_of_leave(team, output);
        unknown::warn_of_copies(if after.is_some() { &new } else { &old }, team, output);
        let dates = plan::dates(&args.range, options::DIFF_WEEKS, team, now)?;
        let compared = Compared::new([before, after], plan::window(team, dates)?);
        let changed = compared.opened_and_closed();
        let status = match (before, after) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let shape = Diff::new(team, status, dates, &compared.moves, json_rows(&changed, now));
        if shape.is_empty() {
            continue;
        }
        exit = Exit::Attention;
        if !args.format.json {
            output.data(&text(team, &shape, &compared, dates))?;
            output.data(&conflicts_text(team, &changed, &compared))?;
        }
        shapes.push(shape);
    }
    if args.format.json {
        output.json(&json::Teams { teams: shapes })?;
    } else if exit == Exit::Fine {
        output.data("no shift moves, and no conflict opens or closes\n")?;
    }
    if args.range.from.is_none() {
        output.note("weeks before the current one are not compared; --from DATE compares them too");
    }
    Ok(exit)
}

/// What a change of a team's file does to the rota.
pub(super) struct Consequence {
    /// The moves and the open conflicts, in words; `None` if there are none.
    pub(super) text: Option<String>,
    /// What else is new in the coverage, in words: who is on call without a backup, for one.
    pub(super) coverage: String,
    /// Those who gain or lose anything.
    pub(super) concerned: BTreeSet<EngineerId>,
    /// Those who are on call in what is new in the coverage.
    pub(super) on_call: BTreeSet<EngineerId>,
    /// The dates of conflicts that are new.
    pub(super) opened: Vec<NaiveDate>,
}

/// What differs between two versions of one team over `dates`.
pub(super) fn consequence(
    [before, after]: [&Team; 2],
    dates: Dates,
    now: Instant,
) -> Result<Consequence, Usage> {
    let compared = Compared::new([Some(before), Some(after)], plan::window(after, dates)?);
    let changed = compared.opened_and_closed();
    let shape = Diff::new(after, "changed", dates, &compared.moves, json_rows(&changed, now));
    let text = (!shape.is_empty())
        .then(|| text(after, &shape, &compared, dates) + &conflicts_text(after, &changed, &compared));
    let sides = compared.moves.iter().flat_map(|moved| [&moved.before, &moved.after]).flatten();
    let concerned = sides.map(|side| side.engineer.clone()).collect();
    let [opened, _] = &changed;
    let opened = opened.iter().map(|(team, row)| team.zone.date(row.period.start())).collect();
    let weaker = compared.weaker();
    let on_call = weaker.iter().map(|row| after.engineer(row.primary).id.clone()).collect();
    Ok(Consequence { text, coverage: weaker_text(after, &weaker), concerned, on_call, opened })
}

/// Two plans can be compared only if both are without errors.
fn read(folder: &Path, common: &args::Common, output: &mut Output) -> anyhow::Result<Configuration> {
    let configuration = calendars::load(folder, common, output)?;
    if configuration.has_errors() {
        for error in configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            output.note(error);
        }
        anyhow::bail!("{} has errors; `oncal check` shows where they are", folder.display());
    }
    Ok(configuration)
}

/// An open coverage row, and its team.
type OpenRow<'r> = (&'r Team, &'r Row);

fn json_rows(changed: &[Vec<OpenRow<'_>>; 2], now: Instant) -> [Vec<json::Row>; 2] {
    changed.each_ref().map(|rows| rows.iter().map(|(team, row)| json::Row::new(team, row, now)).collect())
}

/// A team before and after the change; `None` on the side where it does not exist.
struct Compared<'t> {
    sides: [Option<(&'t Team, Coverage)>; 2],
    moves: Vec<RoleChange>,
}

impl<'t> Compared<'t> {
    fn new(teams: [Option<&'t Team>; 2], window: Period) -> Compared<'t> {
        let expanded: [Option<(&Team, Schedule)>; 2] = teams.map(|team| Some((team?, expand(team?, window))));
        let held = |side: &Option<(&Team, Schedule)>| {
            side.as_ref().map_or_else(Vec::new, |(team, schedule)| holdings(team, schedule))
        };
        let [before, after] = expanded.each_ref().map(held);
        let moves = changes(&before, &after, window);
        let sides = expanded.map(|side| side.map(|(team, schedule)| (team, coverage(team, &schedule))));
        Compared { sides, moves }
    }

    /// The rows that are open only after the change, and those that were open only before it, each with its team.
    fn opened_and_closed(&self) -> [Vec<OpenRow<'_>>; 2] {
        let [before, after] = self.sides.each_ref().map(|side| side.as_ref().map_or_else(Vec::new, open));
        [without(&after, &before), without(&before, &after)]
    }

    /// The rows in which the primary has no backup or another one, or has duty while away, only after the change.
    fn weaker(&self) -> Vec<&Row> {
        let [before, after] = self.sides.each_ref().map(|side| {
            side.iter()
                .flat_map(|(team, coverage)| coverage.rows.iter().map(|row| (*team, row)))
                .filter(|(_, row)| weaker_status(row.status).is_some())
                .collect::<Vec<OpenRow<'_>>>()
        });
        without(&after, &before).into_iter().map(|(_, row)| row).collect()
    }

    /// The name of somebody who may be in only one of the plans.
    fn name(&self, id: &EngineerId) -> String {
        let teams = self.sides.iter().rev().flatten().map(|(team, _)| team);
        let found = teams.flat_map(|team| &team.engineers).find(|engineer| engineer.id == *id);
        found.map_or_else(|| id.to_string(), |engineer| clean(&engineer.name))
    }

    fn side(&self, side: Option<&Side>) -> String {
        side.map_or_else(
            || "nobody".to_owned(),
            |side| {
                format!("{}{}", self.name(&side.engineer), if side.tentative { " (proposed)" } else { "" })
            },
        )
    }
}

fn text(team: &Team, shape: &Diff, compared: &Compared<'_>, dates: Dates) -> String {
    let mut text = heading(team, dates);
    match shape.status {
        "added" => text.push_str("The team is new.\n\n"),
        "removed" => text.push_str("The team is removed.\n\n"),
        _ => {}
    }
    if !compared.moves.is_empty() {
        let mut table = Table::new(&["WHEN", "ROLE", "FROM", "TO", "WHY"]).at_most(&[24, 11, 18, 18, 18]);
        for moved in &compared.moves {
            let why = moved.after.as_ref().and_then(|side| side.reason.as_deref()).unwrap_or_default();
            table.row([
                (&*when::period(&team.zone, moved.period), Tone::Plain),
                (moved.role.as_str(), Tone::Plain),
                (&*compared.side(moved.before.as_ref()), Tone::Faint),
                (&*compared.side(moved.after.as_ref()), Tone::Strong),
                (&*clean(why), Tone::Plain),
            ]);
        }
        text.push_str(&table.text());
    }
    if !shape.engineers.is_empty() {
        text.push('\n');
    }
    for balance in &shape.engineers {
        let name = EngineerId::new(&balance.engineer).map_or_else(String::new, |id| compared.name(&id));
        let mut parts = Vec::new();
        for (number, verb) in [(balance.gained, "gains"), (balance.lost, "loses")] {
            parts.extend((number > 0).then(|| format!("{verb} {}", when::count(number, "shift", "shifts"))));
        }
        for (seconds, role) in
            [(balance.primary_seconds, "primary"), (balance.secondary_seconds, "secondary")]
        {
            let sign = if seconds < 0 { "−" } else { "+" };
            parts.extend((seconds != 0).then(|| format!("{sign}{} {role}", when::hours(seconds.abs()))));
        }
        text.push_str(&format!("{name}: {}\n", parts.join(", ")));
    }
    text
}

fn conflicts_text(team: &Team, [opened, closed]: &[Vec<OpenRow<'_>>; 2], compared: &Compared<'_>) -> String {
    let mut text = String::new();
    for (rows, what) in [(opened, "New conflict"), (closed, "No longer a conflict")] {
        for (of, row) in rows {
            let away = compared.name(&of.engineer(row.away).id);
            let reasons: Vec<String> = row.reasons.iter().map(|reason| clean(reason)).collect();
            let period = when::period_inline(&team.zone, row.period);
            text.push_str(&format!("\n{what}: {period}, {away} is away ({})\n", reasons.join(", ")));
        }
    }
    text.push('\n');
    text
}

/// How many of them are printed.
const MAX_WEAKER: usize = 10;

fn weaker_text(team: &Team, rows: &[&Row]) -> String {
    let line = |row: &&Row| {
        let period = when::period_inline(&team.zone, row.period);
        let (primary, away) = (name(team, row.primary), name(team, row.away));
        let who = match (row.status, row.secondary) {
            (RowStatus::Backfilled, Some(secondary)) => {
                format!("{primary} is primary, {} is secondary in place of {away}", name(team, secondary))
            }
            (RowStatus::Reported, _) => format!("{away} is away and stays primary"),
            _ => format!("{primary} is primary, {away} is away"),
        };
        weaker_status(row.status).map(|what| format!("{what}: {period} ({who})\n"))
    };
    let mut text: String = rows.iter().take(MAX_WEAKER).filter_map(line).collect();
    if rows.len() > MAX_WEAKER {
        text += &format!("… and {} more\n", rows.len() - MAX_WEAKER);
    }
    text
}

/// What a row with `status` is called where it is new, if it concerns whoever is on call and is no conflict.
fn weaker_status(status: RowStatus) -> Option<&'static str> {
    match status {
        RowStatus::NoBackup => Some("No backup"),
        RowStatus::Reported => Some("On call while away"),
        RowStatus::Backfilled => Some("Another backup"),
        _ => None,
    }
}

fn key<'r>(team: &'r Team, row: &Row) -> (Instant, Instant, &'r str) {
    (row.period.start(), row.period.end(), team.engineer(row.away).id.as_str())
}

fn open<'r>((team, coverage): &'r (&Team, Coverage)) -> Vec<OpenRow<'r>> {
    coverage.rows.iter().filter(|row| row.status.is_open()).map(|row| (*team, row)).collect()
}

fn without<'r>(rows: &[OpenRow<'r>], other: &[OpenRow<'_>]) -> Vec<OpenRow<'r>> {
    let other: BTreeSet<_> = other.iter().map(|(team, row)| key(team, row)).collect();
    rows.iter().copied().filter(|(team, row)| !other.contains(&key(team, row))).collect()
}
