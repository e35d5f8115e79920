//! What a calendar is fetched for, which decides what is kept of it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// How [`Purpose::to_text`] says that public holidays are read.
const HOLIDAYS: &str = "holidays";

/// What a calendar is fetched for. It names people by the SHA-256 of their mail addresses, so that servers can store it
/// and one of them can reduce a calendar for the others too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purpose {
    /// It is a calendar of public holidays: its name, and the descriptions by which some mark observances, are kept.
    is_holidays: bool,
    /// The people whose time off it has: their own answers to invitations are kept.
    answers_of: BTreeSet<String>,
}

impl Purpose {
    /// Public holidays.
    pub fn holidays() -> Purpose {
        Purpose { is_holidays: true, ..Purpose::default() }
    }

    /// The time off of the people with these mail addresses; those without an address need not be named.
    pub fn time_off(emails: impl IntoIterator<Item = impl AsRef<str>>) -> Purpose {
        let answers_of = emails.into_iter().map(|email| hashed(&email.as_ref().to_lowercase())).collect();
        Purpose { is_holidays: false, answers_of }
    }

    /// Both purposes at once.
    #[must_use]
    pub fn and(mut self, other: Purpose) -> Purpose {
        self.is_holidays |= other.is_holidays;
        self.answers_of.extend(other.answers_of);
        self
    }

    /// Whether what is kept for this purpose is enough for `other`.
    pub fn includes(&self, other: &Purpose) -> bool {
        (self.is_holidays || !other.is_holidays) && self.answers_of.is_superset(&other.answers_of)
    }

    /// Words that [`Purpose::from_words`] reads.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.is_holidays.then_some(HOLIDAYS).into_iter().chain(self.answers_of.iter().map(String::as_str))
    }

    /// The purpose with these words. A word from another version is nobody's address.
    pub fn from_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Purpose {
        let mut purpose = Purpose::default();
        for word in words {
            match word {
                HOLIDAYS => purpose.is_holidays = true,
                hash => drop(purpose.answers_of.insert(hash.to_owned())),
            }
        }
        purpose
    }

    pub(super) fn is_holidays(&self) -> bool {
        self.is_holidays
    }

    /// Whether anybody's answers are kept.
    pub(super) fn has_answers(&self) -> bool {
        !self.answers_of.is_empty()
    }

    /// Whether the answers of the person with this mail address, in lower case, are kept.
    pub(super) fn has_answers_of(&self, email: &str) -> bool {
        self.answers_of.contains(&hashed(email))
    }
}

fn hashed(email: &str) -> String {
    hex::encode(Sha256::digest(email))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_read_as_it_was_written_and_names_nobody() {
        let of = |emails: &[&str]| Purpose::time_off(emails.iter().copied());
        let both = Purpose::holidays().and(of(&["Ann@example.org"])).and(of(&["bob@example.org"]));
        let text = both.words().collect::<Vec<_>>().join(" ");
        assert!(text.starts_with("holidays ") && !text.contains("ann") && !text.contains('@'), "{text}");
        assert_eq!(Purpose::from_words(text.split_whitespace()), both);
        assert_eq!(Purpose::from_words([]), Purpose::default());
        assert!(both.has_answers_of("ann@example.org") && !both.has_answers_of("cy@example.org"));
    }

    #[test]
    fn a_purpose_includes_what_it_has_and_no_more() {
        let [ann, bob] = ["ann@example.org", "bob@example.org"].map(|email| Purpose::time_off([email]));
        let both = ann.clone().and(bob.clone());
        for (one, other, expected) in [
            (&both, &ann, true),
            (&both, &both, true),
            (&ann, &both, false),
            (&ann, &bob, false),
            (&ann, &Purpose::default(), true),
            (&ann, &Purpose::holidays(), false),
            (&Purpose::holidays(), &Purpose::default(), true),
            (&Purpose::default(), &Purpose::default(), true),
        ] {
            assert_eq!(one.includes(other), expected, "{one:?} {other:?}");
        }
    }
}
