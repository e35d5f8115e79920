//! `/{team}/coverage`: every absence that meets the rota, what is unsettled first, then month by month.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Datelike;
use maud::{Markup, html};

use super::super::site::Site;
use super::agree::{open, reasons, unknown};
use super::asked::{Asked, BadQuery, bad_query};
use super::conflict::conflict;
use super::layout::{Frame, Tab};
use super::missing::with_team;
use super::people::People;
use super::words::{Wall, count};
use crate::live::TeamSnapshot;
use crate::rota::{Instant, Line, Row, RowStatus, Seat, Team, lines};

/// Which rows are shown.
#[derive(Debug, Clone, Copy, Default)]
struct Filter {
    engineer: Option<Seat>,
    status: Option<RowStatus>,
}

impl Filter {
    fn by(asked: &Asked, team: &Team) -> Result<Filter, BadQuery> {
        let status = |text: &str| {
            let known = RowStatus::ALL.into_iter().find(|status| status.as_str() == text);
            known.ok_or_else(|| BadQuery::Status(text.chars().take(60).collect()))
        };
        Ok(Filter {
            engineer: asked.engineer(team)?,
            status: asked.value("status")?.map(status).transpose()?,
        })
    }

    /// Whether a row is shown: for an engineer, what they are away for and what they take over.
    fn admits(self, row: &Row) -> bool {
        let is_theirs = |seat| {
            let moved =
                !matches!(row.status, RowStatus::Unaffected | RowStatus::Working | RowStatus::NoBackup);
            row.away == seat || moved && (row.primary == seat || row.secondary == Some(seat))
        };
        self.engineer.is_none_or(is_theirs) && self.status.is_none_or(|status| row.status == status)
    }

    fn is_any(self) -> bool {
        self.engineer.is_some() || self.status.is_some()
    }
}

/// The page.
pub(in crate::web) fn coverage(site: &Site, request: &HttpRequest) -> HttpResponse {
    let (snapshot, now) = (site.store.load(), site.clock.now());
    with_team(&snapshot, request, |team| {
        let frame = Frame::of(site, request, &snapshot, team, Tab::Coverage);
        match Filter::by(&Asked::by(request), team.team()) {
            Ok(filter) => frame.respond(StatusCode::OK, "Coverage", &page(team, filter, now)),
            Err(error) => bad_query(&frame, &error, request),
        }
    })
}

fn page(team: &TeamSnapshot, filter: Filter, now: Instant) -> Markup {
    let rota = team.team();
    let (people, wall) = (People::of(rota), Wall { zone: &rota.zone, now });
    let all = team.coverage();
    let unsettled: Vec<&Row> = open(all, now).into_iter().filter(|row| filter.admits(row)).collect();
    let rest = all.rows.iter().filter(|row| filter.admits(row));
    let (ahead, past): (Vec<Row>, Vec<Row>) = rest
        .filter(|row| now >= row.period.end() || !row.status.is_open())
        .cloned()
        .partition(|row| now < row.period.end());
    html! {
        h1 { "Coverage" }
        p.lead { "Every public holiday and all time off ahead, who covers it, and what the team has still to agree on." }
        (unknown(&all.unknown, &people))
        (form(&people, filter))
        section aria-labelledby="agree" {
            h2 #agree { "To agree" }
            @if unsettled.is_empty() { p { span.tag.ok { "Settled" } " Nothing needs the team’s agreement" @if filter.is_any() { " here" } "." } }
            @for row in unsettled { (conflict(&people, row, wall)) }
        }
        section aria-labelledby="ahead" {
            h2 #ahead { "Ahead" }
            @if ahead.is_empty() { p { "There are no other absences" @if filter.is_any() { " like that" } "." } }
            (months(&people, &ahead, wall))
        }
        @if !past.is_empty() {
            details { summary { "The weeks before (" (count(lines(&past).len(), "line", "lines")) ")" } (months(&people, &past, wall)) }
        }
    }
}

fn form(people: &People<'_>, filter: Filter) -> Markup {
    let team = people.team();
    html! {
        form.filter method="get" action="coverage" {
            label for="engineer" { "Person" }
            select #engineer name="engineer" {
                option value="" { "Everybody" }
                @for seat in team.seats() {
                    option value=(team.engineer(seat).id) selected[filter.engineer == Some(seat)] { (people.text(seat)) }
                }
            }
            label for="status" { "Status" }
            select #status name="status" {
                option value="" { "Any" }
                @for status in RowStatus::ALL {
                    option value=(status.as_str()) selected[filter.status == Some(status)] { (word(status)) }
                }
            }
            button { "Filter" }
            @if filter.is_any() { a href="coverage" { "Show all" } }
        }
    }
}

/// The rows in a table a month; the unaffected of one holiday are one line.
fn months(people: &People<'_>, rows: &[Row], wall: Wall<'_>) -> Markup {
    let lines = lines(rows);
    let month = |line: &Line<'_>| {
        let date = wall.zone.date(line.row.period.start());
        (date.year(), date.month())
    };
    html! {
        @for lines in lines.chunk_by(|one, other| month(one) == month(other)) {
            @let title = wall.zone.date(lines[0].row.period.start()).format("%B %Y").to_string();
            h3.month { (title) }
            table.stack.coverage {
                thead { tr { th { "When" } th { "Why" } th { "Away" } th { "What happens" } } }
                tbody { @for line in lines { (self::line(people, line, wall)) } }
            }
        }
    }
}

fn line(people: &People<'_>, line: &Line<'_>, wall: Wall<'_>) -> Markup {
    let row = line.row;
    html! {
        tr.(row.status.as_str()) {
            td.when { (when(people, row, wall)) }
            td { b { (reasons(row)) } }
            td { @if line.away.len() > 1 { (people.list(&line.away)) } @else { (people.person(row.away)) } }
            td { span class={ "tag " (tone(row.status)) } { (word(row.status)) } " " (outcome(people, row)) }
        }
    }
}

/// The dates of a whole day where the person lives; the team's times beside them where they are others.
pub(super) fn when(people: &People<'_>, row: &Row, wall: Wall<'_>) -> Markup {
    let own = Wall { zone: &people.team().engineer(row.away).zone, now: wall.now };
    let is_days = own.is_midnight(row.period.start()) && own.is_midnight(row.period.end());
    let (there, here) = (own.span(row.period), wall.span(row.period));
    html! {
        @if is_days && there != here { (there) br; small { (here) } } @else { (here) }
    }
}

fn outcome(people: &People<'_>, row: &Row) -> Markup {
    let secondary = html! {
        @match row.secondary {
            Some(seat) => { ", " (people.name(seat)) " is secondary" },
            None => ", nobody is secondary",
        }
    };
    html! {
        @match row.status {
            RowStatus::Covered => { (people.person(row.primary)) " is primary" (secondary) },
            RowStatus::Agreed | RowStatus::AgreedLate => {
                (people.person(row.primary)) " is primary" (secondary)
                @if let Some(date) = row.agreed_on { ", agreed on " (date.format("%-d %b %Y")) }
            },
            RowStatus::Proposed | RowStatus::NeedsVolunteer => { "was never agreed; " (people.name(row.primary)) " was proposed" },
            RowStatus::Nobody => { "was never agreed; " (people.name(row.primary)) " kept the primary role" },
            RowStatus::Reported => "stays primary: time off moves no duty in this team",
            RowStatus::NoBackup => { (people.name(row.primary)) " is primary without a secondary to fall back on" },
            RowStatus::Working => {
                @if row.primary == row.away { "is primary on a holiday of their own" } @else { "is secondary on a holiday of their own" }
            },
            RowStatus::Unaffected => "",
        }
    }
}

/// A status for people.
pub(super) fn word(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Covered => "Covered",
        RowStatus::Proposed => "Proposed",
        RowStatus::NeedsVolunteer => "Needs a volunteer",
        RowStatus::Nobody => "Nobody can",
        RowStatus::Agreed => "Agreed",
        RowStatus::AgreedLate => "Agreed late",
        RowStatus::Reported => "Only reported",
        RowStatus::NoBackup => "No backup",
        RowStatus::Working => "Works",
        RowStatus::Unaffected => "Not on duty",
    }
}

/// The class that a status is shown with.
pub(super) fn tone(status: RowStatus) -> &'static str {
    match status {
        RowStatus::Covered | RowStatus::Agreed => "ok",
        RowStatus::Proposed | RowStatus::NeedsVolunteer | RowStatus::NoBackup | RowStatus::AgreedLate => {
            "warn"
        }
        RowStatus::Nobody => "late",
        RowStatus::Reported | RowStatus::Working | RowStatus::Unaffected => "plain",
    }
}
