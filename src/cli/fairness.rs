//! `oncal fairness`: everybody's duty year by year, holidays that always fall to the same person, and what ends that.

use chrono::Datelike;

use super::args;
use super::calendars;
use super::output::{Exit, Output};
use super::plan::{self, Chosen, name};
use super::table::{Table, Tone};
use super::{unknown, when};
use crate::config::rotation_entry;
use crate::json;
use crate::rota::{
    Fairness, MIN_STREAK_YEARS, Rebalance, Role, SecondaryOnHoliday, Streak, Tally, Team, fairness,
    year_spans,
};
use crate::text::clean;

pub(super) fn run(common: &args::Common, args: &args::Fairness, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = calendars::load(&common.config, common, output)?;
    let now = plan::clock(common).now();
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    let (mut text, mut shapes) = (String::new(), Vec::new());
    for team in &chosen.teams {
        let first = team.zone.date(now).year();
        let fairness = fairness(team, first..=first + i32::from(args.years) - 1, now);
        let shape = json::Fairness::new(team, &fairness);
        unknown::warn(team, &fairness.unknown, output);
        unknown::warn_of_copies(&configuration, team, output);
        if args.format.json {
            shapes.extend(shape);
        } else {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&text_of(team, &fairness));
        }
    }
    if args.format.json {
        plan::print_json(shapes, chosen.is_list, output)?;
    } else {
        output.data(&text)?;
    }
    Ok(chosen.exit)
}

fn text_of(team: &Team, fairness: &Fairness) -> String {
    let years = year_spans(&fairness.years.clone().collect::<Vec<_>>());
    let mut text = format!("{} · {years} · times in {}\n\n", clean(&team.name), team.zone.name());
    text.push_str(&tallies(team, fairness, &years).text());
    text.push('\n');
    let count = fairness.years.clone().count();
    if count < MIN_STREAK_YEARS {
        text.push_str(&format!(
            "Streaks show in {MIN_STREAK_YEARS} years or more: --years {MIN_STREAK_YEARS}\n"
        ));
        return text;
    }
    if fairness.streaks.is_empty() {
        text.push_str("no streaks: nobody has the same holiday three years in a row\n");
        return text;
    }
    let mut streaks = sentences(team, &fairness.streaks);
    let is_primary = |streak: &Streak| streak.role == Role::Primary;
    let covers = team.policy.secondary_on_holiday == SecondaryOnHoliday::Covers;
    if covers && fairness.streaks.iter().any(is_primary) {
        streaks.push("During a holiday of the primary, the secondary works.".to_owned());
    }
    text.push_str(&paragraphs("STREAKS", &streaks));
    text.push('\n');
    text.push_str(&rebalances(team, fairness, &years));
    text
}

/// The figures of each year, and their totals if there are several.
fn tallies(team: &Team, fairness: &Fairness, years: &str) -> Table {
    let headings = ["", "PRIMARY", "SECONDARY", "WEEKENDS", "OWN", "COVERED", "PROPOSED"];
    let mut table = Table::new(&headings).at_most(&[24]);
    for year in fairness.years.clone() {
        table.row([(&*year.to_string(), Tone::Strong)]);
        for tally in fairness.tallies.iter().filter(|tally| tally.year == year) {
            row(team, tally, &mut table);
        }
    }
    if fairness.years.clone().count() > 1 {
        table.row([(&*format!("{years} in all"), Tone::Strong)]);
        for idx in team.indices() {
            let mut own = fairness.tallies.iter().filter(|tally| tally.engineer == idx);
            if let Some(first) = own.next() {
                row(team, &own.fold(first.clone(), |sum, next| sum.and(next)), &mut table);
            }
        }
    }
    table
}

fn row(team: &Team, tally: &Tally, table: &mut Table) {
    let role = |weeks: u32, seconds: i64| format!("{weeks} w {} h", (seconds + 1800) / 3600);
    let cells = [
        name(team, tally.engineer),
        role(tally.primary_weeks, tally.primary_seconds),
        role(tally.secondary_weeks, tally.secondary_seconds),
        tally.weekends.to_string(),
        tally.own_holidays.to_string(),
        tally.holidays_covered.to_string(),
        tally.proposals_taken.to_string(),
    ];
    table.row(cells.iter().map(|cell| (&**cell, Tone::Plain)));
}

/// Streaks in words. A secondary's streak on the same holiday as a primary's is named with the primary.
fn sentences(team: &Team, streaks: &[Streak]) -> Vec<String> {
    let lines = Streak::together(streaks);
    lines
        .map(|(streak, secondary)| {
            let with: Vec<String> = secondary.into_iter().map(|idx| name(team, idx)).collect();
            let with =
                if with.is_empty() { String::new() } else { format!(", {} secondary", with.join(", ")) };
            format!(
                "{} is {} on {} in {}{with}",
                name(team, streak.engineer),
                streak.role.as_str(),
                clean(&streak.holiday),
                year_spans(&streak.years),
            )
        })
        .collect()
}

/// The effect of shifts of the rotation, and the TOML of the best one.
fn rebalances(team: &Team, fairness: &Fairness, years: &str) -> String {
    let once = fairness.once.as_ref();
    let yearly = fairness.yearly.as_ref().filter(|yearly| yearly.rotations.len() > 1);
    let chosen = [once, yearly].into_iter().flatten().min_by_key(|rebalance| rebalance.streaks.len());
    let mut lines = judged(team, fairness, years, once, yearly);
    let doubled = chosen.into_iter().flat_map(|chosen| &chosen.doubled);
    lines.extend(doubled.map(|(idx, date)| {
        let (who, date) = (name(team, *idx), when::date(*date));
        format!("{who} is then primary two weeks in a row, the second from {date}.")
    }));
    let mut text = paragraphs("HOW TO END THEM", &lines);
    let Some(chosen) = chosen else { return text };
    if !chosen.streaks.is_empty() {
        text.push('\n');
        text.push_str(&paragraphs("REMAINING STREAKS", &sentences(team, &chosen.streaks)));
    }
    text.push_str(&format!("\nTo shift, add to teams/{}.toml:\n", team.id));
    text.extend(chosen.rotations.iter().map(|rotation| rotation_entry(team, rotation)));
    text
}

/// Why there are streaks, and how many remain after each kind of shift.
fn judged(
    team: &Team,
    fairness: &Fairness,
    years: &str,
    once: Option<&Rebalance>,
    yearly: Option<&Rebalance>,
) -> Vec<String> {
    let cycle = fairness.cycle;
    if cycle == 1 {
        let lines = "The rotation has one week: every year is the same, and there is nothing to shift.";
        return vec![lines.to_owned()];
    }
    let mut lines = Vec::new();
    if 52 % cycle == 0 {
        let times = 52 / cycle;
        lines.push(format!(
            "52 weeks are {times} times {cycle}: the same turn comes back a year later, and only a year with 53 \
             duty changes moves it on by one."
        ));
    }
    let all = sentences(team, &fairness.streaks).len();
    let left = |rebalance: &Rebalance| match sentences(team, &rebalance.streaks).len() {
        0 => format!("leaves none in {years}"),
        left => format!("still leaves {left} of {all}"),
    };
    let weeks = |rebalance: &Rebalance| when::count(rebalance.by, "week", "weeks");
    lines.push(match once.and_then(|once| Some((once, once.rotations.first()?))) {
        Some((once, rotation)) => format!(
            "The best single shift, by {} on {}, {}; it only passes holidays on to somebody else, whose years \
             then begin to add up.",
            weeks(once),
            when::date(rotation.starts.date()),
            left(once),
        ),
        None => "No single shift leaves fewer: it only passes holidays on to somebody else.".to_owned(),
    });
    if let Some(yearly) = yearly {
        let whenever = "at the first duty change of every year";
        lines.push(format!("A shift by {} {whenever} {}.", weeks(yearly), left(yearly)));
    } else if once.is_none() {
        lines.push("A shift every year does not help either.".to_owned());
    }
    lines
}

/// Sentences, each on lines of its own and wrapped.
fn paragraphs(heading: &str, sentences: &[String]) -> String {
    let mut table = Table::new(&[heading]);
    for sentence in sentences {
        table.row([(&**sentence, Tone::Plain)]);
    }
    table.text()
}
