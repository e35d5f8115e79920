//! One colour a person, the same in feeds and on pages.

use crate::rota::Seat;

/// A colour by its CSS3 name: RFC 7986 5.9 allows no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// The CSS3 name.
    pub name: &'static str,
    /// Red, green and blue as CSS defines the name.
    pub rgb: [u8; 3],
}

const PALETTE: [Colour; 1] = [Colour { name: "royalblue", rgb: [0x41, 0x69, 0xE1] }];

/// The colour of whoever sits in `seat`. It stays when people are appended to the file.
pub fn of(seat: Seat) -> Colour {
    PALETTE[seat.0 % PALETTE.len()]
}
