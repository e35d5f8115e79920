//! An occasion drawn small: a lane for each role, through its whole length.
//!
//! The words beside it say the same, so readers of the screen do not hear it.

use maud::{Markup, html};

use crate::rota::{Backup, EngineerIdx, Occasion, OnCall, ProposalStatus, merge_adjacent};
use crate::web::pages::kit::grid::{STEPS, Span};
use crate::web::pages::kit::people::{People, class};

/// A bar of fewer steps has room for initials only, of fewer than the second for nothing.
const MIN_NAME_STEPS: i64 = STEPS * 2 / 5;
const MIN_INITIALS_STEPS: i64 = STEPS / 16;

/// What a piece of a lane has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bar {
    Held(EngineerIdx, Option<ProposalStatus>),
    Alone,
    Away,
}

/// The lanes; nothing where one pair is there throughout.
pub(in crate::web) fn strip(people: &People<'_>, occasion: &Occasion) -> Markup {
    let is_plain = |held: &OnCall| held.backup == Backup::There && held.proposal.is_none();
    let primary = |held: &OnCall| Bar::Held(held.primary, held.proposal);
    html! {
        @if occasion.on_call.len() > 1 || !occasion.on_call.iter().all(is_plain) {
            div.mini aria-hidden="true" {
                ul.lane.primary { (lane(people, occasion, primary)) }
                ul.lane.secondary { (lane(people, occasion, secondary)) }
            }
        }
    }
}

fn secondary(held: &OnCall) -> Bar {
    match (held.secondary, held.backup) {
        (None, _) | (_, Backup::Nobody) => Bar::Alone,
        (Some(_), Backup::Away) => Bar::Away,
        (Some(idx), _) => Bar::Held(idx, held.proposal),
    }
}

fn lane(people: &People<'_>, occasion: &Occasion, bar: impl Fn(&OnCall) -> Bar) -> Markup {
    let bars = merge_adjacent(occasion.on_call.iter().map(|held| (held.period, bar(held))));
    html! { @for (period, bar) in bars { (drawn(people, Span::within(occasion.period, period), bar)) } }
}

fn drawn(people: &People<'_>, span: Span, bar: Bar) -> Markup {
    let place = span.class();
    let has_room = span.steps() >= MIN_NAME_STEPS;
    let name = |idx: EngineerIdx| match span.steps() {
        MIN_NAME_STEPS.. => people.text(idx),
        MIN_INITIALS_STEPS.. => people.initials(idx),
        _ => "",
    };
    html! {
        @match bar {
            Bar::Held(idx, proposal) => {
                @let mark = match proposal { None => "", Some(ProposalStatus::Nobody) => " try bad", Some(_) => " try" };
                li class={ (class(idx)) " " (place) (mark) } { span { bdi { (name(idx)) } } }
            },
            Bar::Alone => li class={ "none " (place) } { span { @if has_room { "no backup" } @else { "–" } } },
            Bar::Away => li class={ "gone " (place) } { span { @if has_room { "no backup" } @else { "!" } } },
        }
    }
}
