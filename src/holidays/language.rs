//! The language of a calendar's names of holidays.

use std::sync::Arc;

use crate::toml_reader::TableReader;

/// The language of the holidays' names, as a tag of BCP 47.
pub(super) fn read_language(calendar: &mut TableReader<'_>) -> Option<Arc<str>> {
    let language = calendar.text("language")?;
    if is_language_tag(&language.value) {
        return Some(language.value.into());
    }
    let message = format!("`{}` is not a language tag", language.value);
    let help = "write it as in web pages, such as `de` or `pt-BR`".to_owned();
    calendar.problems().error_with_help("invalid-language", language.span, message, help);
    None
}

/// Whether `text` has the form of a tag of BCP 47: a language of two or three letters, and parts that limit it.
fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_language =
        |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    parts.next().is_some_and(is_language)
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
