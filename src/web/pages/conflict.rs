//! A conflict for those who must agree on it: who is away, who could take it and why, and how to record the agreement.

use maud::{Markup, html};

use super::agree::{anchor, deadline, reasons, sentence};
use super::months::tag;
use super::people::People;
use super::words::{Wall, hours};
use crate::rota::{Candidate, Instant, Row, Zone};

/// The conflict of an open row.
pub(super) fn conflict(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        article.card.conflict id=(anchor(row)) {
            h3 { (reasons(row)) ", " (when(people, row, wall)) }
            p { (tag(row.status)) " " (deadline(row, wall)) (left(row, wall)) }
            p { (sentence(people, row)) @if let Some(seat) = row.secondary { " Secondary would be " (people.name(seat)) "." } }
            @if !row.candidates.is_empty() {
                h4 { "Who could take it, best first" }
                ol.candidates { @for candidate in &row.candidates { li { (self::candidate(people, candidate)) } } }
            }
            details {
                summary { "Record what you agree" }
                p {
                    "Paste this into " code { "teams/" (people.team().id) ".toml" } ", with whom the team agreed on and the day
                    it did."
                }
                pre tabindex="0" { code data-copy="the override" { (agreement(people, row, wall)) } }
            }
        }
    }
}

/// The dates of a whole day where the person lives; the reader's times beside them where they are others.
fn when(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let there = wall.days_in(&people.team().engineer(row.away).zone, row.period);
    html! {
        @if let Some(there) = there { (there) br; small { (wall.span(row.period)) } } @else { (wall.span(row.period)) }
    }
}

fn left(row: &Row, wall: Wall<'_>) -> Markup {
    html! {
        @match row.days_left(wall.now) {
            Some(0) if !row.is_overdue(wall.now) => " less than a day left",
            Some(1) => " 1 day left",
            Some(days @ 2..) => { " " (days) " days left" },
            _ => "",
        }
    }
}

/// `free; holiday load 24 h, would be 48 h; 336 h as primary so far`.
fn candidate(people: &People<'_>, candidate: &Candidate) -> Markup {
    html! {
        (people.person(candidate.engineer)) ": "
        @if candidate.is_free() { "free" } @else { "on holiday for " (hours(candidate.own_holiday_seconds)) " of it" }
        "; holiday load " (hours(candidate.load_before_seconds)) ", would be " (hours(candidate.load_after_seconds))
        "; " (hours(candidate.primary_seconds)) " as primary so far"
    }
}

/// The entry that makes the proposal an agreement of today.
fn agreement(people: &People<'_>, row: &Row, wall: Wall<'_>) -> String {
    let team = people.team();
    let time = |instant| toml_time(&team.zone, instant);
    let mut lines = vec![
        "[[override]]".to_owned(),
        format!("from = {}", time(row.period.start())),
        format!("to = {}", time(row.period.end())),
        format!("primary = \"{}\"", team.engineer(row.primary).id),
    ];
    lines.extend(row.secondary.map(|seat| format!("secondary = \"{}\"", team.engineer(seat).id)));
    lines.push(format!("agreed_on = {}", team.zone.date(wall.now)));
    lines.push(format!("reason = {}", toml_text(&reasons(row))));
    lines.join("\n") + "\n"
}

/// Team time as the file has it: a bare date is the first instant of its day.
fn toml_time(zone: &Zone, instant: Instant) -> String {
    let local = zone.local(instant);
    match zone.first_instant(local.date()) == instant {
        true => local.date().to_string(),
        false => local.format("%Y-%m-%dT%H:%M:%S").to_string(),
    }
}

/// A basic string. JSON's escapes are a part of TOML's, but for the one character that TOML wants escaped too.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_a_bare_date_and_every_other_time_is_written_out() {
        let zone = Zone::bundled("America/New_York").unwrap();
        for (instant, expected) in [
            ("2026-12-25T05:00:00Z", "2026-12-25"),
            ("2026-12-24T23:00:00Z", "2026-12-24T18:00:00"),
            ("2026-07-01T04:00:00Z", "2026-07-01"),
        ] {
            assert_eq!(toml_time(&zone, instant.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_reason_is_a_string_of_toml_whatever_it_holds() {
        let hostile = "New Year's \"Day\" \\ \u{1f384}\u{7f}\n";
        let read: toml::Table = format!("reason = {}", toml_text(hostile)).parse().unwrap();
        assert_eq!(read["reason"].as_str(), Some(hostile));
    }
}
