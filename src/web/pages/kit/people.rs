//! How pages show people: a badge in their colour with their initials, and their name, which links to their page.
//!
//! The colour alone means nothing: the initials belong to one person of the team only.

use std::sync::LazyLock;

use maud::{Markup, html};

use crate::feed::colour::{self, Colour};
use crate::rota::{EngineerIdx, Team};
use crate::text::{clean_or, isolated};
use crate::web::pages::kit::holiday_names::HolidayNames;

/// The maximum letters of a badge.
const MAX_LETTERS: usize = 3;

/// A word of at most this many letters is broken only if it fits nowhere.
const MAX_WORD: usize = 24;

/// A name of at most this many letters is shown in full even where there is little room.
const SHORT_NAME: usize = 8;

/// Every colour that people can have, in order of indices.
pub(in crate::web) static PALETTE: LazyLock<Vec<Colour>> = LazyLock::new(|| {
    let first = colour::of(EngineerIdx(0));
    let others = (1..).map(|idx| colour::of(EngineerIdx(idx))).take_while(|colour| *colour != first);
    std::iter::once(first).chain(others).collect()
});

/// The people of one team.
pub(in crate::web) struct People<'t> {
    team: &'t Team,
    names: Vec<String>,
    initials: Vec<String>,
    holidays: HolidayNames<'t>,
    /// What links to the page of a person start and end with.
    link: (String, String),
}

impl<'t> People<'t> {
    /// Those of `team`, on a page from which `team_root` leads to `/{team}/`; `kept` is the query of links.
    pub(in crate::web) fn of(team: &'t Team, team_root: &str, kept: String) -> People<'t> {
        let names: Vec<String> =
            team.engineers.iter().map(|engineer| clean_or(&engineer.name, engineer.id.as_str())).collect();
        let mut initials = initials(&names);
        let all = initials.clone();
        for (own, engineer) in initials.iter_mut().zip(&team.engineers) {
            if own.is_empty() || all.iter().filter(|other| *other == own).count() > 1 {
                engineer.id.as_str().clone_into(own);
            }
        }
        let root = if team_root == "./" { "" } else { team_root };
        let holidays = HolidayNames::of(team);
        People { team, names, initials, holidays, link: (format!("{root}engineers/"), kept) }
    }

    /// The team.
    pub(in crate::web) fn team(&self) -> &'t Team {
        self.team
    }

    /// The names of their holidays.
    pub(in crate::web) fn holidays(&self) -> &HolidayNames<'t> {
        &self.holidays
    }

    /// The name as one line of plain text, to be shown by itself.
    pub(in crate::web) fn text(&self, idx: EngineerIdx) -> &str {
        &self.names[idx.0]
    }

    /// The name within a sentence of plain text, which it cannot reorder.
    pub(in crate::web) fn within(&self, idx: EngineerIdx) -> String {
        isolated(&self.names[idx.0])
    }

    /// The initials, which identify this person where there is little space.
    pub(in crate::web) fn initials(&self, idx: EngineerIdx) -> &str {
        &self.initials[idx.0]
    }

    /// The link to their page.
    pub(in crate::web) fn link(&self, idx: EngineerIdx) -> String {
        let (start, end) = &self.link;
        format!("{start}{}{end}", self.team.engineer(idx).id)
    }

    /// The name without a link; it cannot reorder the text around it.
    pub(in crate::web) fn plain(&self, idx: EngineerIdx) -> Markup {
        let name = self.text(idx);
        html! { @if is_long(name) { bdi.long { (name) } } @else { bdi { (name) } } }
    }

    /// The name where there may be room for it, with the initials that take its place where there is not.
    pub(in crate::web) fn fitted(&self, idx: EngineerIdx, has_room: bool) -> Markup {
        let (name, initials) = (self.text(idx), self.initials(idx));
        html! {
            @if !has_room { bdi { (initials) } }
            @else if name.chars().count() <= SHORT_NAME { bdi { (name) } }
            @else { bdi.full { (name) } bdi.short aria-hidden="true" { (initials) } }
        }
    }

    /// The name with the link to their page.
    pub(in crate::web) fn name(&self, idx: EngineerIdx) -> Markup {
        html! { a.who.long[is_long(self.text(idx))] href=(self.link(idx)) { bdi { (self.text(idx)) } } }
    }

    /// The badge alone, to be shown beside the name.
    pub(in crate::web) fn badge(&self, idx: EngineerIdx) -> Markup {
        html! { span class={ "badge " (class(idx)) } aria-hidden="true" { (self.initials(idx)) } }
    }

    /// Badge and name.
    pub(in crate::web) fn person(&self, idx: EngineerIdx) -> Markup {
        html! { span.person { (self.badge(idx)) " " (self.name(idx)) } }
    }

    /// `A`, `A and B`, `A, B and C`; all members are `everyone`, and most of many `everyone but D`.
    pub(in crate::web) fn list(&self, indices: &[EngineerIdx]) -> Markup {
        let missing: Vec<EngineerIdx> = self.team.indices().filter(|idx| !indices.contains(idx)).collect();
        html! {
            @if indices.len() > 1 && missing.is_empty() { "everyone" }
            @else if let ([idx], true) = (&missing[..], indices.len() > 2) { "everyone but " (self.name(*idx)) }
            @else {
                @for (place, idx) in indices.iter().enumerate() {
                    @match indices.len() - place {
                        _ if place == 0 => {}
                        1 => " and ",
                        _ => ", ",
                    }
                    (self.name(*idx))
                }
            }
        }
    }
}

/// Whether `name` has a word that is broken wherever that saves width.
fn is_long(name: &str) -> bool {
    name.split(' ').any(|word| word.chars().count() > MAX_WORD)
}

/// The class that gives a shape or badge the colour of the engineer at `idx`.
pub(in crate::web) fn class(idx: EngineerIdx) -> String {
    format!("p{}", idx.0 % PALETTE.len())
}

/// The first letters of the words of each name, without the words that all names start with.
fn initials(names: &[String]) -> Vec<String> {
    let words: Vec<Vec<&str>> = names.iter().map(|name| name.split(' ').collect()).collect();
    let mut shared = 0;
    let is_shared = |place: usize| {
        let first = words.first().and_then(|first| first.get(place));
        words.len() > 1 && words.iter().all(|words| words.len() > place + 1 && words.get(place) == first)
    };
    while is_shared(shared) {
        shared += 1;
    }
    let letters = |words: &Vec<&str>| {
        let words = words.iter().skip(shared);
        let firsts = words.filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
        firsts.take(MAX_LETTERS).flat_map(char::to_uppercase).collect()
    };
    words.iter().map(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<String> {
        initials(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn initials_leave_out_what_all_names_start_with() {
        assert_eq!(of(&["Data Engineer A", "Data Engineer B"]), ["A", "B"]);
        assert_eq!(of(&["Ada Lovelace", "Grace Brewster Murray Hopper"]), ["AL", "GBM"]);
        assert_eq!(of(&["Ada", "Ada Byron"]), ["A", "AB"]);
        assert_eq!(of(&["Data Engineer"]), ["DE"], "nobody to share with");
    }

    #[test]
    fn initials_are_letters_of_any_script_and_no_markup() {
        assert_eq!(of(&["<script> \"x\"", "مهندس 👩‍🚒", "ßeta"]), ["SX", "م", "SS"]);
    }

    #[test]
    fn every_colour_exists_once() {
        assert_eq!(PALETTE.len(), 10);
        assert_eq!((class(EngineerIdx(3)), class(EngineerIdx(13))), ("p3".to_owned(), "p3".to_owned()));
    }
}
