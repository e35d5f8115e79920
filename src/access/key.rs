//! A key of a secret link, and what it gives access to.

use std::fmt;
use std::hash::{Hash, Hasher};

use subtle::ConstantTimeEq;

use crate::rota::{EngineerId, TeamId};

/// 160 bits cannot be guessed, and make exactly 32 characters of base32.
const BYTES: usize = 20;

/// Lower-case base32 (RFC 4648 section 6), which has no character at which mail programs break lines or links. Our own
/// code, because it must be strict: each key has exactly one spelling.
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The part of a secret link that gives access. `Debug` does not show it.
#[derive(Clone, Copy)]
pub struct Key([u8; BYTES]);

/// What a key gives access to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All teams.
    Organisation,
    /// One team.
    Team(TeamId),
    /// One team, with the link of one of its engineers.
    Engineer(TeamId, EngineerId),
}

impl Key {
    /// How many characters a key has.
    pub const CHARACTERS: usize = BYTES * 8 / 5;

    /// The key that consists of the first bytes of a message authentication code.
    pub(super) fn of(code: &[u8; 32]) -> Key {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&code[..BYTES]);
        Key(bytes)
    }

    /// Parses a key as it is written in a link; `None` if it is not a key.
    pub fn read(text: &str) -> Option<Key> {
        if text.len() != Key::CHARACTERS {
            return None;
        }
        let mut bytes = [0; BYTES];
        for (digits, five) in text.as_bytes().chunks_exact(8).zip(bytes.chunks_exact_mut(5)) {
            let mut bits = 0u64;
            for digit in digits {
                let value = match digit {
                    b'a'..=b'z' => digit - b'a',
                    b'2'..=b'7' => digit - b'2' + 26,
                    _ => return None,
                };
                bits = bits << 5 | u64::from(value);
            }
            five.copy_from_slice(&bits.to_be_bytes()[3..]);
        }
        Some(Key(bytes))
    }

    /// The key as it is written in a link.
    pub fn text(&self) -> String {
        let groups = self.0.chunks_exact(5).map(|five| {
            let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8).rev().map(move |place| (bits >> (5 * place) & 31) as usize)
        });
        groups.flatten().map(|digit| char::from(DIGITS[digit])).collect()
    }
}

/// In constant time, so that timing does not reveal where two keys differ.
impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling_and_is_read_from_it() {
        let mut code = [0; 32];
        for n in 0..=255u8 {
            code.iter_mut()
                .zip(0u8..)
                .for_each(|(byte, place)| *byte = n.wrapping_mul(31).wrapping_add(place));
            let text = Key::of(&code).text();
            assert_eq!(text.len(), Key::CHARACTERS);
            assert!(text.bytes().all(|byte| DIGITS.contains(&byte)));
            assert!(Key::read(&text) == Some(Key::of(&code)), "{text}");
            assert!(Key::read(&text.to_uppercase()).is_none_or(|_| text == text.to_uppercase()));
        }
        // RFC 4648 10, twice.
        assert_eq!(Key::of(b"foobafoobafoobafooba............").text(), "mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb");
    }

    #[test]
    fn what_cannot_be_a_key_is_not_a_key() {
        let good = "mzxw6ytbmzxw6ytbmzxw6ytbmzxw6ytb";
        assert!(Key::read(good).is_some());
        for bad in ["", &good[1..], &format!("{good}a"), &good.replace('z', "1"), &good.replace('z', "%")] {
            assert!(Key::read(bad).is_none(), "{bad}");
        }
        assert!(Key::read(&"ä".repeat(16)).is_none(), "32 bytes");
    }

    #[test]
    fn a_key_is_not_shown_where_values_are_printed() {
        assert_eq!(format!("{:?}", Key::of(&[7; 32])), "Key");
    }
}
