//! Which copies of fetched calendars a publication was made of. Of two servers with the same configuration, the one
//! with the newer copies publishes.

use std::collections::BTreeMap;

/// The numbers of copies, by the digests of their addresses. Numbers rise whenever the content changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies(BTreeMap<String, i64>);

impl Copies {
    /// Whether any copy is older than the one that `other` was made of.
    pub fn is_older_than(&self, other: &Copies) -> bool {
        self.0.iter().any(|(address, number)| other.0.get(address).is_some_and(|newer| number < newer))
    }

    /// As the database has it: `digest number` on a line each.
    pub(super) fn to_text(&self) -> String {
        self.0.iter().map(|(address, number)| format!("{address} {number}\n")).collect()
    }

    /// Malformed lines are skipped.
    pub(super) fn from_text(text: &str) -> Copies {
        let read = |line: &str| {
            let (address, number) = line.split_once(' ')?;
            Some((address.to_owned(), number.parse().ok()?))
        };
        Copies(text.lines().filter_map(read).collect())
    }
}

impl FromIterator<(String, i64)> for Copies {
    fn from_iter<I: IntoIterator<Item = (String, i64)>>(copies: I) -> Copies {
        Copies(copies.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_older_if_any_of_them_is() {
        let copies = |text: &str| Copies::from_text(&text.replace(',', "\n"));
        for (own, other, is_older) in [
            ("", "", false),
            ("a 1", "a 1", false),
            ("a 1", "a 2", true),
            ("a 2", "a 1", false),
            ("a 1,b 3", "a 2,b 1", true),
            ("a 1", "b 2", false),
            ("", "a 2", false),
        ] {
            assert_eq!(copies(own).is_older_than(&copies(other)), is_older, "{own} {other}");
        }
        let all = copies("a 1,b 2");
        assert_eq!(Copies::from_text(&all.to_text()), all);
        assert_eq!(Copies::from_text("nonsense\na b\n"), Copies::default());
    }
}
