//! How pages show a status: its words, with the class of its tone.

use maud::{Markup, html};

use crate::rota::RowStatus;
use crate::text::{self, Tone};

/// A status as a tag.
pub(in crate::web) fn tag(status: RowStatus) -> Markup {
    html! { span class={ "tag " (class(text::tone(status, false))) } { (word(status)) } }
}

/// A status with a capital letter.
pub(in crate::web) fn word(status: RowStatus) -> String {
    text::capitalised(text::status(status))
}

/// The class that a tone is shown with.
pub(in crate::web) fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Alarm => "late",
        Tone::Warning => "warn",
        Tone::Good => "ok",
        Tone::Plain | Tone::Faint => "plain",
    }
}
