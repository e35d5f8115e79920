//! Open conflicts of a team, and unknown holidays.

use std::borrow::Cow;

use chrono::TimeDelta;
use maud::{Markup, html};

use crate::live::TeamSnapshot;
use crate::rota::{Coverage, EngineerIdx, Instant, Row, RowStatus, UnknownAbsences, coverage};
use crate::text::{by_calendar, count};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;

/// What is to be agreed within this time is shown on the team's page and counted in the index.
const SOON: TimeDelta = TimeDelta::weeks(6);

/// [`SOON`] in words.
pub(in crate::web) const SOON_WORDS: &str = "within six weeks";

/// The rows of `coverage` that are to be agreed and not over at `now`, by deadline, one for each conflict.
pub(in crate::web) fn open(coverage: &Coverage, now: Instant) -> Vec<&Row> {
    let mut open: Vec<&Row> =
        coverage.rows.iter().filter(|row| row.status.is_open() && now < row.period.end()).collect();
    open.sort_by_key(|row| (row.deadline, row.period.start()));
    open
}

/// Whether the team must agree on an open row soon, or should have.
pub(in crate::web) fn is_soon(row: &Row, now: Instant) -> bool {
    row.deadline.is_none_or(|deadline| deadline <= now + SOON)
}

/// A coverage of `team` with all rows that are to be agreed soon: of the next weeks if that is enough, since an index
/// of thousands of teams would compute a year of each.
pub(in crate::web) fn soon(team: &TeamSnapshot, now: Instant) -> Cow<'_, Coverage> {
    let policy = &team.team().policy;
    let reach = now + SOON + TimeDelta::days(i64::from(policy.notice_days) + 8);
    match reach <= team.near().window.end() {
        true => Cow::Owned(coverage(team.team(), team.near())),
        false => Cow::Borrowed(team.coverage()),
    }
}

/// What is to be agreed soon, each row with its own urgency, and how many there are later.
pub(in crate::web) fn to_agree(team: &TeamSnapshot, people: &People<'_>, wall: Wall<'_>) -> Markup {
    let open = open(team.coverage(), wall.now);
    let (soon, later): (Vec<&Row>, Vec<&Row>) = open.into_iter().partition(|row| is_soon(row, wall.now));
    let page = format!("coverage{}", wall.kept(people.team()));
    let is_late = soon.iter().any(|row| row.status == RowStatus::Nobody || row.is_overdue(wall.now));
    html! {
        @if !soon.is_empty() {
            section.agree.late[is_late] aria-labelledby="agree" {
                h2 #agree { (soon.len()) " to agree " (SOON_WORDS) }
                ul {
                    @for row in &soon {
                        li {
                            (urgency(row, wall)) " " a href={ (page) "#" (anchor(row)) } { (wall.span(row.period)) } ": " (sentence(people, row))
                        }
                    }
                }
                @if !later.is_empty() { p { a href={ (page) "#agree" } { (later.len()) " more later" } } }
            }
        } @else if !later.is_empty() {
            p.later { "Nothing to agree " (SOON_WORDS) ", " a href={ (page) "#agree" } { (count(later.len(), "absence", "absences")) " later" } "." }
        }
    }
}

/// Who is away when and why, and who is proposed.
pub(in crate::web) fn sentence(people: &People<'_>, row: &Row) -> Markup {
    html! {
        (people.name(row.away)) " is primary and away (" (people.holidays().reasons(&row.reasons)) "). "
        @match row.status {
            RowStatus::Nobody => { "Nobody is free: " (people.name(row.primary)) " keeps the role for now." }
            RowStatus::NeedsVolunteer => { "Everybody has a holiday: " (people.name(row.primary)) " is proposed." }
            _ => { (people.name(row.primary)) " is proposed." }
        }
    }
}

/// By when the team must agree, with the tone of its urgency.
pub(in crate::web) fn urgency(row: &Row, wall: Wall<'_>) -> Markup {
    let is_uncovered = row.status == RowStatus::Nobody;
    html! {
        @if let Some(deadline) = row.deadline {
            @let by = wall.day(deadline);
            @if row.is_overdue(wall.now) { span.tag.late { @if is_uncovered { "Not covered, overdue" } @else { "Overdue" } " since " (by) } }
            @else if is_uncovered { span.tag.late { "Not covered, agree by " (by) } }
            @else { span.tag.warn { "Agree by " (by) } }
        }
    }
}

/// Where the coverage page shows a row.
pub(in crate::web) fn anchor(row: &Row) -> String {
    format!("c{}", row.period.start().format("%Y%m%dT%H%M"))
}

/// A note of whose holidays or leave are not known, so that a date without an entry may still be a day off.
pub(in crate::web) fn unknown(unknown: &[UnknownAbsences], people: &People<'_>) -> Markup {
    html! {
        @if !unknown.is_empty() {
            section.note.unknown aria-label="Absences not known" {
                ul {
                    @for unknown in by_calendar(unknown) {
                        li {
                            @if unknown.is_leave {
                                "Leave of " (people.list(&unknown.engineers)) " is not known"
                            } @else {
                                "Holidays of " (people.list(&unknown.engineers)) " are not known" (unknown.why())
                            }
                            ". A date without an entry may still be a day off."
                        }
                    }
                }
            }
        }
    }
}

/// [`unknown`], of one person alone.
pub(in crate::web) fn unknown_of(all: &[UnknownAbsences], idx: EngineerIdx, people: &People<'_>) -> Markup {
    let own: Vec<UnknownAbsences> = all.iter().filter(|unknown| unknown.engineer == idx).cloned().collect();
    unknown(&own, people)
}
