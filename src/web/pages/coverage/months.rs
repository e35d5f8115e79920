//! The absences of a coverage in a table a month: a line for each holiday and each time off, with all that it does.

use chrono::{Datelike, NaiveDate};
use maud::{Markup, html};

use crate::rota::{EngineerIdx, Instant, Period, ProposalStatus, Row, RowStatus};
use crate::text::{clean, count};
use crate::web::pages::coverage::occasion::Occasion;
use crate::web::pages::kit::agreement::{anchor, sentence, urgency};
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::people::People;
use crate::web::pages::kit::status::{tag, word};

/// What is shown of absences, and how it is read.
#[derive(Clone, Copy)]
pub(in crate::web) struct Months<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) wall: Wall<'a>,
    /// Whether what changes nothing is unfolded: where that is asked for.
    pub(in crate::web) is_unfolded: bool,
}

impl<'a> Months<'a> {
    /// The tables of `occasions`, with the rows that `admits` lets through.
    pub(in crate::web) fn tables(self, occasions: &[Occasion<'_>], admits: impl Fn(&Row) -> bool) -> Markup {
        let mut dated: Vec<(NaiveDate, &Occasion<'_>)> =
            occasions.iter().map(|occasion| (self.first_date(occasion), occasion)).collect();
        dated.sort_by_key(|(date, _)| *date);
        let month = |date: NaiveDate| (date.year(), date.month());
        html! {
            @for dated in dated.chunk_by(|one, other| month(one.0) == month(other.0)) {
                @let all = dated.iter().map(|(_, occasion)| *occasion);
                @let (idle, met): (Vec<_>, Vec<_>) = all.partition(|occasion| occasion.is_unaffected());
                h3.in-month { (dated[0].0.format("%B %Y")) }
                @if !met.is_empty() { (self.table(&met, &admits)) }
                @if !idle.is_empty() {
                    details.idle open[self.is_unfolded] {
                        summary {
                            (word(RowStatus::Unaffected)) ": " (count(idle.len(), "holiday", "holidays"))
                            " of people who are not on duty then"
                        }
                        (self.table(&idle, &admits))
                    }
                }
            }
        }
    }

    fn first_date(self, occasion: &Occasion<'_>) -> NaiveDate {
        let first = occasion.dates(self.people).map(|(first, _)| first);
        first.unwrap_or_else(|| self.wall.zone.date(occasion.span().0))
    }

    fn table(self, occasions: &[&Occasion<'_>], admits: &impl Fn(&Row) -> bool) -> Markup {
        html! {
            table.stack.coverage {
                thead {
                    tr {
                        th scope="col" { "When" } th scope="col" { "Holiday or time off" } th scope="col" { "Whose" }
                        th scope="col" { "What happens" }
                    }
                }
                tbody { @for occasion in occasions { (self.line(occasion, admits)) } }
            }
        }
    }

    fn line(self, occasion: &Occasion<'_>, admits: &impl Fn(&Row) -> bool) -> Markup {
        let seats = occasion.seats();
        let whole = Period::new(occasion.span().0, occasion.span().1);
        let (idle, met): (Vec<_>, Vec<_>) = occasion
            .parts(admits)
            .into_iter()
            .partition(|(_, rows)| rows.iter().all(|row| is_unaffected(row)));
        let (idle, met) = if met.is_empty() { (Vec::new(), idle) } else { (idle, met) };
        html! {
            tr class=[occasion.is_unaffected().then_some("idle")] {
                td.when { (self.when(occasion)) }
                th scope="row" { (clean(&occasion.reasons().join(", "))) }
                td { @if let [seat] = seats[..] { (self.people.person(seat)) } @else { (self.people.list(&seats)) } }
                td {
                    (self.parts(&met, whole))
                    @if !idle.is_empty() {
                        details.idle open[self.is_unfolded] {
                            summary { (word(RowStatus::Unaffected)) " at other times" }
                            (self.parts(&idle, whole))
                        }
                    }
                }
            }
        }
    }

    /// Each part with its own period, where that is not the whole.
    fn parts(self, parts: &[(Period, Vec<&Row>)], whole: Option<Period>) -> Markup {
        html! {
            ul.happens {
                @for (period, rows) in parts {
                    @if Some(*period) != whole { li.part { (self.dated(period.start()).span(*period)) } }
                    (self.part(rows))
                }
            }
        }
    }

    /// The year goes without saying under the head of its month.
    fn dated(self, start: Instant) -> Wall<'a> {
        Wall::new(self.wall.zone, start)
    }

    /// Dates where people live; the reader's times beside them where these are others.
    fn when(self, occasion: &Occasion<'_>) -> Markup {
        let (start, end) = occasion.span();
        let wall = self.dated(start);
        let here = Period::new(start, end).map(|period| wall.span(period)).unwrap_or_default();
        let there = occasion.dates(self.people).map(|(first, last)| wall.dates(first, last));
        html! {
            @match there.filter(|there| *there != here) {
                Some(there) => { (there) br; small { (here) } },
                None => (here),
            }
        }
    }

    /// What one period brings: first whatever moves duty, then who works and who is not concerned.
    fn part(self, rows: &[&Row]) -> Markup {
        let of = |status: RowStatus| rows.iter().filter(move |row| row.status == status);
        let moving = rows.iter().filter(|row| !is_plain(row.status));
        let mut unaffected: Vec<EngineerIdx> = of(RowStatus::Unaffected).map(|row| row.away).collect();
        unaffected.sort_unstable();
        html! {
            @for row in moving {
                li.(row.status.as_str()) { (tag(row.status)) " " (self.outcome(row)) }
            }
            @if rows.iter().any(|row| is_plain(row.status)) {
                li {
                    @for row in of(RowStatus::Working) {
                        span.working { (tag(row.status)) " " (self.people.name(row.away)) " as " (works_as(row)) } " "
                    }
                    @if !unaffected.is_empty() {
                        span.unaffected { (tag(RowStatus::Unaffected)) " " (self.people.list(&unaffected)) }
                    }
                }
            }
        }
    }

    fn outcome(self, row: &Row) -> Markup {
        let people = self.people;
        let hands = html! {
            (people.name(row.primary))
            @if row.primary == row.away { " stays primary; " } @else { " is primary for " (people.name(row.away)) "; " }
            @match row.secondary {
                Some(seat) => { (people.name(seat)) " is secondary" },
                None => "no secondary",
            }
        };
        html! {
            @match row.status {
                RowStatus::Covered => (hands),
                RowStatus::Agreed | RowStatus::AgreedLate => {
                    (hands)
                    @if let Some(date) = row.agreed_on { ", agreed on " (date.format("%-d %b %Y")) }
                },
                RowStatus::Proposed | RowStatus::NeedsVolunteer | RowStatus::Nobody if self.wall.now < row.period.end() => {
                    (sentence(people, row)) " " (urgency(row, self.wall)) " " a href={ "#" (anchor(row)) } { "Who could take it" }
                },
                RowStatus::Proposed | RowStatus::NeedsVolunteer => { "was never agreed; " (people.name(row.primary)) " was proposed" },
                RowStatus::Nobody => { "was never agreed; " (people.name(row.primary)) " kept the primary role" },
                RowStatus::Reported => { (people.name(row.away)) " stays primary: time off moves no duty in this team" },
                RowStatus::NoBackup => {
                    (people.name(row.away)) " is secondary and away: " (people.name(row.primary)) " has nobody to fall back on"
                },
                RowStatus::Backfilled => {
                    @if let Some(secondary) = row.secondary { (people.name(secondary)) " stands in for " (people.name(row.away)) " as secondary" }
                },
                RowStatus::Working | RowStatus::Unaffected => "",
            }
        }
    }
}

/// As what somebody works on a holiday of their own.
fn works_as(row: &Row) -> Markup {
    html! {
        @if row.primary == row.away { "primary" } @else { "secondary" }
        @match row.proposal {
            Some(ProposalStatus::Nobody) => ", since nobody is free",
            Some(_) => ", if the team agrees",
            None => "",
        }
    }
}

fn is_unaffected(row: &Row) -> bool {
    row.status == RowStatus::Unaffected
}

/// Whether a status leaves duty as it is, and everybody knows.
fn is_plain(status: RowStatus) -> bool {
    matches!(status, RowStatus::Working | RowStatus::Unaffected)
}
