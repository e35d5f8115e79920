//! A piece of a lane as a bar: a tint with a spine in the person's colour, and their name.

use maud::{Markup, html};

use super::lanes::{Piece, What};
use crate::rota::{PlannedWeek, Role, ShiftKind};
use crate::text::role_title;
use crate::web::pages::kit::clock::Wall;
use crate::web::pages::kit::grid::{STEPS, Span};
use crate::web::pages::kit::on_call;
use crate::web::pages::kit::people::{People, class};

/// A bar with fewer steps has room only for initials, even on a wide screen.
const MIN_NAME_STEPS: i64 = STEPS / 9;

/// A bar with fewer steps has no room for words.
const MIN_WORDS_STEPS: i64 = STEPS / 9;

/// How bars are read.
#[derive(Clone, Copy)]
pub(in crate::web) struct Bars<'a> {
    pub(in crate::web) people: &'a People<'a>,
    pub(in crate::web) wall: Wall<'a>,
}

impl Bars<'_> {
    /// A lane with its bars. `place` is where a piece lies; `None` where it is not shown.
    pub(in crate::web) fn lane(
        self,
        role: Role,
        pieces: &[Piece<'_>],
        planned: &PlannedWeek,
        place: impl Fn(&Piece<'_>) -> Option<(Span, bool)>,
    ) -> Markup {
        html! {
            @for piece in pieces {
                @if let Some((span, is_continued)) = place(piece) { (self.bar(role, piece, planned, span, is_continued)) }
            }
        }
    }

    fn bar(
        self,
        role: Role,
        piece: &Piece<'_>,
        planned: &PlannedWeek,
        span: Span,
        is_continued: bool,
    ) -> Markup {
        let place = span.class();
        let has_room = span.steps() >= MIN_WORDS_STEPS;
        match &piece.what {
            What::Held(shift) => {
                let holder = &shift.holder;
                let (idx, is_tried) = (holder.engineer, holder.kind.is_tentative());
                let is_uncovered = is_tried && planned.is_uncovered(shift.period);
                let marks =
                    [(is_tried, if is_uncovered { " try bad" } else { " try" }), (is_continued, " on")];
                let marks: String =
                    marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| mark).collect();
                let why = on_call::why_text(self.people, holder, is_uncovered);
                let why = why.map(|why| format!(", {why}")).unwrap_or_default();
                html! {
                    li class={ (class(idx)) " " (place) (marks) } {
                        a href=(self.people.link(idx)) title={ (role_title(role)) ": " (self.people.within(idx)) ", " (self.wall.span(piece.period)) (why) } {
                            (sign(holder.kind, holder.instead_of.is_some()))
                            (self.people.fitted(idx, span.steps() >= MIN_NAME_STEPS))
                            @if is_tried && role == Role::Primary && has_room {
                                @if is_uncovered { ": not covered" } @else { ": to agree" }
                            }
                        }
                    }
                }
            }
            What::Alone => html! {
                li class={ "none " (place) } title={ "No backup, " (self.wall.span(piece.period)) } {
                    span { @if has_room { "no backup" } @else { "–" } }
                }
            },
            What::NoBackup { away, reasons: names } => html! {
                li class={ "gone " (place) } title={ "No backup: " (self.people.within(*away)) " is away (" (self.people.holidays().reasons_text(names)) "), " (self.wall.span(piece.period)) } {
                    span { @if has_room { "no backup" } @else { "!" } }
                }
            },
        }
    }
}

/// The mark before a name that differs from the rotation.
fn sign(kind: ShiftKind, is_instead: bool) -> &'static str {
    match kind {
        ShiftKind::Swap if is_instead => "⇄ ",
        ShiftKind::Override => "✓ ",
        _ => "",
    }
}
