//! Holidays that the rotation gives to the same person year after year, and what would end that.

use maud::{Markup, html};

use crate::config::rotation_entry;
use crate::json::FAIRNESS_YEARS;
use crate::rota::{Fairness, MIN_STREAK_YEARS, Rebalance, Streak, year_spans};
use crate::text::count;
use crate::web::pages::kit::people::People;

/// The streaks of `fairness`, whose years are `span` in words.
pub(in crate::web) fn streaks(people: &People<'_>, fairness: &Fairness, span: &str) -> Markup {
    html! {
        section aria-labelledby="streaks" {
            h2 #streaks { "Always the same person" }
            @if fairness.years.clone().count() < MIN_STREAK_YEARS {
                p { "Streaks need at least " (MIN_STREAK_YEARS) " years: " a href="fairness" { "show " (FAIRNESS_YEARS) " years" } "." }
            } @else if fairness.streaks.is_empty() {
                p { span.tag.ok { "None" } " Nobody has the same holiday three years in a row." }
            } @else {
                p { "By the rotation alone, the same person has the same role on these holidays three or more years in a row." }
                (list(people, &fairness.streaks))
                (rebalances(people, fairness, span))
            }
        }
    }
}

fn list(people: &People<'_>, streaks: &[Streak]) -> Markup {
    html! {
        ul.streaks {
            @for (streak, backing) in Streak::together(streaks) {
                li {
                    (people.badge(streak.engineer)) " " b { (people.name(streak.engineer)) } " is " (streak.role.as_str()) " on "
                    b { (people.holidays().markup(&streak.holiday)) } " in " (year_spans(&streak.years))
                    @if !backing.is_empty() { ", " (people.list(&backing)) " secondary" }
                }
            }
        }
    }
}

/// What a shift of the rotation would change, and what to write for the one that changes most.
fn rebalances(people: &People<'_>, fairness: &Fairness, span: &str) -> Markup {
    let once = fairness.once.as_ref();
    let yearly = fairness.yearly.as_ref().filter(|yearly| yearly.rotations.len() > 1);
    let chosen = [once, yearly].into_iter().flatten().min_by_key(|rebalance| rebalance.streaks.len());
    html! {
        h3 { "What would end it" }
        @if let Some(chosen) = chosen {
            p { (offer(chosen, Streak::together(&fairness.streaks).count(), span)) " The years before stay as they are." }
            @for (idx, week) in &chosen.doubled {
                p { (people.name(*idx)) " is then primary two weeks in a row, the second from " (week.format("%-d %B %Y")) "." }
            }
            @if !chosen.streaks.is_empty() {
                details { summary { "What it leaves" } (list(people, &chosen.streaks)) }
            }
            details {
                summary { "How to write it" }
                p { "Add this to " code { "teams/" (people.team().id) ".toml" } ", after the rotations that are there." }
                div.copied data-copy="the rotations" {
                    pre tabindex="0" {
                        code { @for rotation in &chosen.rotations { (rotation_entry(people.team(), rotation)) } }
                    }
                }
            }
        } @else if fairness.cycle == 1 {
            p { "The rotation has one week: every year is the same, and there is nothing to shift." }
        } @else {
            p { "No shift of the rotation leaves fewer, neither once nor every year. A rotation of another length may." }
        }
    }
}

fn offer(rebalance: &Rebalance, all: usize, span: &str) -> String {
    let left = match Streak::together(&rebalance.streaks).count() {
        0 => format!("leaves none in {span}"),
        left => format!("leaves {left} of {all}"),
    };
    let by = count(rebalance.by, "week", "weeks");
    match &rebalance.rotations[..] {
        [once] => {
            format!("A single shift of the rotation by {by} on {} {left}.", once.starts.format("%-d %B %Y"))
        }
        _ => format!("A shift of the rotation by {by} at the first duty change of every year {left}."),
    }
}
