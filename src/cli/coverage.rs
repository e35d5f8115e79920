//! `oncal coverage`: which holidays ahead are covered, and what is still to be agreed.

use super::args;
use super::calendars;
use super::output::{Exit, Output};
use super::plan::{self, Chosen, name};
use super::table::{Table, Tone, folded};
use super::{unknown, when};
use crate::config::override_entry;
use crate::json::{self, COVERAGE_WEEKS};
use crate::rota::{
    Coverage, Instant, Line, Occasion, ProposalStatus, Role, Row, RowStatus, Team, coverage_by_occasion,
    lines, open_conflicts, sort_occasions,
};
use crate::text::{
    clean, occasion_away, occasion_dates, occasion_hours, occasion_on_call, occasion_status, occasion_title,
    reasons,
};

pub(super) fn run(common: &args::Common, args: &args::Coverage, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let now = plan::clock(common).now();
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    let (mut exit, mut shapes) = (chosen.exit, Vec::new());
    for team in &chosen.teams {
        let dates = plan::dates(&args.range, COVERAGE_WEEKS, team, now)?;
        let window = plan::window(team, dates)?;
        let (covered, found) = coverage_by_occasion(team, window);
        let urgent = covered.rows.iter().any(|row| is_urgent(row, now, i64::from(args.warn_days)));
        // This takes precedence over errors of another team, among which a deadline would be overlooked.
        if urgent {
            exit = Exit::Attention;
        }
        unknown::warn(team, &covered.unknown, output);
        unknown::warn_of_copies(&configuration, team, output);
        if args.format.json {
            shapes.push(json::Coverage::new(team, dates, &covered, &found, now));
            continue;
        }
        let text = match args.all {
            true => table(team, &covered, now),
            false => by_occasion(team, found, now),
        };
        output.data(&format!("{}{text}", plan::heading(team, dates)))?;
    }
    if args.format.json {
        plan::print_json(shapes, chosen.is_list, output)?;
    }
    Ok(exit)
}

/// First what needs somebody, each with those who could take it, then the rest, two lines each (R11).
fn by_occasion(team: &Team, mut found: Vec<Occasion>, now: Instant) -> String {
    if found.is_empty() {
        return NOTHING.to_owned();
    }
    sort_occasions(&mut found, now);
    let open = open_conflicts(&found, now);
    let mut text = String::new();
    let needs = found.partition_point(|occasion| occasion.needs_somebody(now));
    let (needs, rest) = found.split_at(needs);
    if !needs.is_empty() {
        text.push_str(&format!("NEEDS SOMEBODY ({} to agree)\n", open.len()));
        text.extend(needs.iter().map(|occasion| occasion_lines(team, occasion, now)));
        text.extend(open.iter().map(|row| explained(team, row, now, &open)));
        text.push('\n');
    }
    if !rest.is_empty() {
        text.push_str("NOTHING TO AGREE\n");
        text.extend(rest.iter().map(|occasion| occasion_lines(team, occasion, now)));
    }
    text
}

fn occasion_lines(team: &Team, occasion: &Occasion, now: Instant) -> String {
    let status = occasion_status(occasion, now);
    let status = if occasion.needs_somebody(now) { status.to_uppercase() } else { status };
    let by = occasion.deadline(now).map(|by| {
        let date = when::date(team.zone.date(by));
        if by <= now { format!(", was due by {date}") } else { format!(", agree by {date}") }
    });
    let hours = occasion_hours(team, occasion).map(|hours| format!("{hours}: ")).unwrap_or_default();
    folded(&format!(
        "{}  {}: {status}{}, {}\n  {hours}{}\n",
        occasion_dates(occasion),
        occasion_title(team, occasion),
        by.unwrap_or_default(),
        occasion_away(team, occasion),
        occasion_on_call(team, occasion),
    ))
}

const NOTHING: &str = "no holidays or time off in these dates\n";

/// Whether `row` makes the command exit with 3: overdue, nobody to take it, or to be agreed within `days`.
fn is_urgent(row: &Row, now: Instant, days: i64) -> bool {
    row.status.is_open()
        && now < row.period.end()
        && (row.status == RowStatus::Nobody || row.days_left(now).is_some_and(|left| left <= days))
}

fn table(team: &Team, coverage: &Coverage, now: Instant) -> String {
    if coverage.rows.is_empty() {
        return NOTHING.to_owned();
    }
    let mut table = Table::new(&["WHEN", "AWAY", "WHY", "ON CALL", "STATUS"]).at_most(&[24, 18, 20, 18, 18]);
    for line in lines(&coverage.rows) {
        row(team, &line, now, &mut table);
    }
    let open: Vec<&Row> = coverage.rows.iter().filter(|row| row.status.is_open()).collect();
    let mut text = table.text();
    for row in &open {
        text.push_str(&explained(team, row, now, &open));
    }
    text
}

fn row(team: &Team, line: &Line<'_>, now: Instant, table: &mut Table) {
    let row = line.row;
    let away: Vec<String> = line.away.iter().map(|idx| name(team, *idx)).collect();
    let mark = match row.proposal {
        Some(ProposalStatus::Nobody) => " (keeps it)",
        Some(_) => " (proposed)",
        None => "",
    };
    let primary = format!("{}{mark}", name(team, row.primary));
    let mark = if row.status == RowStatus::NoBackup { " (away)" } else { mark };
    let secondary = row.secondary.map(|idx| format!("{}{mark}", name(team, idx)));
    let on_call: Vec<String> = [Some(primary), secondary].into_iter().flatten().collect();
    let tone = match row.status {
        RowStatus::Nobody => Tone::Urgent,
        _ if row.is_overdue(now) => Tone::Urgent,
        status if status.is_open() => Tone::Open,
        RowStatus::Covered | RowStatus::Agreed | RowStatus::AgreedLate => Tone::Good,
        RowStatus::Unaffected => Tone::Faint,
        _ => Tone::Plain,
    };
    let overdue = if row.is_overdue(now) { "\nOVERDUE" } else { "" };
    let by = row.deadline.filter(|_| row.status.is_open());
    let by = by.map(|by| format!("\nby {}", when::date(team.zone.date(by)))).unwrap_or_default();
    let role = row.role.filter(|_| line.away.len() == 1);
    let role = role.map(|role| format!(" ({})", Role::as_str(role))).unwrap_or_default();
    let status = match row.status {
        RowStatus::Nobody => "NOT COVERED".to_owned(),
        RowStatus::Working if row.proposal == Some(ProposalStatus::Nobody) => "works, not covered".to_owned(),
        RowStatus::Working if row.proposal.is_some() => "would work if agreed".to_owned(),
        status => status.as_str().replace('-', " "),
    };
    table.row([
        (&*when::period(&team.zone, row.period), tone),
        (&*format!("{}{role}", away.join(", ")), tone),
        (&*row.reasons.iter().map(|reason| clean(reason)).collect::<Vec<_>>().join(", "), tone),
        (&*on_call.join(", "), tone),
        (&*format!("{status}{by}{overdue}"), tone),
    ]);
}

/// A conflict, one of those that are `open`: by when it must be agreed, who could take it, and what to write once the
/// team has agreed.
fn explained(team: &Team, row: &Row, now: Instant, open: &[&Row]) -> String {
    let period = when::period_inline(&team.zone, row.period);
    let deadline = row.deadline.map(|by| when::instant(&team.zone, by)).unwrap_or_default();
    let left = row.days_left(now).map_or_else(String::new, |left| match left {
        0.. => format!(", {} left", when::count(left, "day", "days")),
        _ => ", past".to_owned(),
    });
    let reasons = reasons(&row.reasons);
    let mut text = folded(&format!("\nTo agree: {period} ({reasons}), by {deadline}{left}\n"));
    if row.candidates.is_empty() {
        text.push_str(&folded(&format!(
            "nobody is free; {} keeps it until you find somebody\n",
            name(team, row.primary)
        )));
    } else {
        text.push_str(&candidates(team, row));
    }
    text.push_str(&format!(
        "\nTo record it, with the person you chose, add to teams/{}.toml:\n\n{}",
        team.id,
        override_entry(team, row, team.zone.date(now), open)
    ));
    text
}

/// Who could take a conflict, best first, with the figures that rank them (R6).
fn candidates(team: &Team, row: &Row) -> String {
    let mut table = Table::new(&["WHO COULD TAKE IT", "ID", "THAT TIME", "LOAD NOW", "LOAD AFTER"]);
    for candidate in &row.candidates {
        let that_time = match candidate.own_holiday_seconds {
            0 => "free".to_owned(),
            own if own == row.period.seconds() => "own holiday".to_owned(),
            own => format!("{} of own holiday", when::hours(own)),
        };
        let cells = [
            name(team, candidate.engineer),
            team.engineer(candidate.engineer).id.to_string(),
            that_time,
            when::hours(candidate.load_before_seconds),
            when::hours(candidate.load_after_seconds),
        ];
        table.row(cells.iter().map(|cell| (&**cell, Tone::Plain)));
    }
    table.text()
}
