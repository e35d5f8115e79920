//! Names of holidays as pages show them: the native one in its language, the English one beside it. Feeds have only the
//! native name.

use maud::{Markup, html};

use crate::rota::{Calendar, HolidayName, TIME_OFF, Team};
use crate::text::clean;

/// Shown in place of a name that has no visible characters.
const UNNAMED: &str = "unnamed";

/// What the calendars of a team say about the names of their holidays.
pub(in crate::web) struct HolidayNames<'t> {
    calendars: Vec<&'t Calendar>,
}

impl<'t> HolidayNames<'t> {
    /// Those of `team`.
    pub(in crate::web) fn of(team: &'t Team) -> HolidayNames<'t> {
        let mut calendars: Vec<&Calendar> = Vec::new();
        for calendar in team.engineers.iter().flat_map(|engineer| &engineer.calendars) {
            if !calendars.iter().any(|known| std::ptr::eq(*known, &**calendar)) {
                calendars.push(calendar);
            }
        }
        HolidayNames { calendars }
    }

    fn known(&self, name: &str) -> Option<&'t HolidayName> {
        self.calendars.iter().find_map(|calendar| calendar.name_of(name))
    }

    /// One name, such as `成人の日 / Coming of Age Day`, in HTML that says which language is which.
    pub(in crate::web) fn markup(&self, name: &str) -> Markup {
        let shown = clean(name);
        let known = self.known(name);
        let language = known.and_then(|known| known.language.as_deref());
        html! {
            @if shown.is_empty() { (UNNAMED) }
            @else if let Some(language) = language { span lang=(language) { (shown) } }
            @else { (shown) }
            @if let Some(english) = known.and_then(|known| known.english.as_deref()) { " / " (clean(english)) }
        }
    }

    /// The same as plain text, for where no HTML can be.
    pub(in crate::web) fn text(&self, name: &str) -> String {
        let shown = clean(name);
        match self.known(name).and_then(|known| known.english.as_deref()) {
            _ if shown.is_empty() => UNNAMED.to_owned(),
            Some(english) => format!("{shown} / {}", clean(english)),
            None => shown,
        }
    }

    /// Names of absences within a sentence: `Christmas Day, time off`.
    pub(in crate::web) fn reasons<T: AsRef<str>>(&self, names: &[T]) -> Markup {
        let named = named(names);
        html! {
            @if named.is_empty() { (UNNAMED) }
            @for (place, name) in named.iter().enumerate() {
                @if place > 0 { ", " }
                @if *name == TIME_OFF { "time off" } @else { (self.markup(name)) }
            }
        }
    }

    /// The same as plain text.
    pub(in crate::web) fn reasons_text<T: AsRef<str>>(&self, names: &[T]) -> String {
        let text = |name: &&str| if *name == TIME_OFF { "time off".to_owned() } else { self.text(name) };
        let names: Vec<String> = named(names).iter().map(text).collect();
        if names.is_empty() { UNNAMED.to_owned() } else { names.join(", ") }
    }
}

/// Those of `names` that have visible characters.
fn named<T: AsRef<str>>(names: &[T]) -> Vec<&str> {
    names.iter().map(AsRef::as_ref).filter(|name| !clean(name).is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{TEAM, at, configuration};

    #[test]
    fn a_name_has_its_language_and_its_english_name_where_they_are_known() {
        let now = at("2026-01-01T00:00:00Z");
        let text =
            TEAM.replace("name = \"Bob\"", "name = \"Bob\", holidays = [\"jp\", \"de\", \"us-federal\"]");
        let configuration = configuration("", &[("sample", &text)], now);
        let names = HolidayNames::of(&configuration.teams.values().next().unwrap().team);
        assert_eq!(
            names.reasons(&["成人の日", "Time off", "\u{1}", "Christmas Day", "<b>"]).into_string(),
            "<span lang=\"ja\">成人の日</span> / Coming of Age Day, time off, Christmas Day, &lt;b&gt;"
        );
        assert_eq!(names.reasons_text(&["1. Weihnachtstag", "Own"]), "1. Weihnachtstag / Christmas Day, Own");
        assert_eq!(names.reasons_text(&["\u{1}"]), "unnamed");
        assert_eq!(names.markup("\u{1}").into_string(), "unnamed");
        assert_eq!(names.reasons::<&str>(&[]).into_string(), "unnamed");
    }
}
