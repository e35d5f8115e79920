//! Reasons of absences within a sentence.

use super::clean::clean;
use crate::rota::TIME_OFF;

/// Names of absences within a sentence: `Christmas Day, time off`; `unnamed` if [`clean`] leaves none.
pub fn reasons<T: AsRef<str>>(names: &[T]) -> String {
    listed(names.iter().map(AsRef::as_ref))
}

/// A shift's reason within a sentence. The rota joins the names of absences with commas.
pub fn reason(text: &str) -> String {
    listed(text.split(", "))
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut text = String::new();
    for name in names {
        let name = if name == TIME_OFF { "time off".to_owned() } else { clean(name) };
        match (text.is_empty(), name.is_empty()) {
            (_, true) => {}
            (true, false) => text = name,
            (false, false) => text.extend([", ", &name]),
        }
    }
    if text.is_empty() { "unnamed".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_off_is_not_a_name_and_an_empty_name_is_left_out() {
        assert_eq!(reason("Christmas Day, Time off"), "Christmas Day, time off");
        assert_eq!(reasons(&["\u{1}", " Boxing  Day", "\u{1}"]), "Boxing Day");
        assert_eq!(reasons::<&str>(&[]), "unnamed");
    }
}
