//! Reasons of absences within a sentence.

use super::clean::clean;
use crate::rota::TIME_OFF;

/// Names of absences within a sentence: `Christmas Day, time off`; `unnamed` if [`clean`] leaves none.
pub fn reasons<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| if name.as_ref() == TIME_OFF { "time off".to_owned() } else { clean(name.as_ref()) })
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() { "unnamed".to_owned() } else { names.join(", ") }
}

/// A shift's reason within a sentence. The rota joins the names of absences with commas.
pub fn reason(text: &str) -> String {
    reasons(&text.split(", ").collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_off_is_not_a_name_and_an_empty_name_is_left_out() {
        assert_eq!(reason("Christmas Day, Time off"), "Christmas Day, time off");
        assert_eq!(reasons(&["\u{1}", " Boxing  Day"]), "Boxing Day");
        assert_eq!(reasons::<&str>(&[]), "unnamed");
    }
}
