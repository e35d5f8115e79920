//! One colour for each person, the same in feeds and on pages.

use crate::rota::EngineerIdx;

/// A colour by its CSS3 name: RFC 7986 5.9 allows no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// The CSS3 name.
    pub name: &'static str,
    /// Red, green and blue as CSS defines the name.
    pub rgb: [u8; 3],
}

/// The colour of what belongs to no single person: the team's calendar, meetings, deadlines.
pub const TEAM: Colour = Colour { name: "slategray", rgb: [0x70, 0x80, 0x90] };

/// Found by a search over the CSS3 names, without reds and oranges, which pages use for alarms: the eight that differ
/// most from each other and from [`TEAM`], with normal sight and with each kind of colour blindness.
const PALETTE: [Colour; 10] = [
    Colour { name: "mediumblue", rgb: [0x00, 0x00, 0xCD] },
    Colour { name: "yellowgreen", rgb: [0x9A, 0xCD, 0x32] },
    Colour { name: "violet", rgb: [0xEE, 0x82, 0xEE] },
    Colour { name: "darkgreen", rgb: [0x00, 0x64, 0x00] },
    Colour { name: "purple", rgb: [0x80, 0x00, 0x80] },
    Colour { name: "mediumaquamarine", rgb: [0x66, 0xCD, 0xAA] },
    Colour { name: "darkkhaki", rgb: [0xBD, 0xB7, 0x6B] },
    Colour { name: "darkorchid", rgb: [0x99, 0x32, 0xCC] },
    Colour { name: "steelblue", rgb: [0x46, 0x82, 0xB4] },
    Colour { name: "olive", rgb: [0x80, 0x80, 0x00] },
];

/// The colour of the engineer at `idx`. It stays the same when people are appended to the file; colours repeat from the
/// eleventh person.
pub fn of(idx: EngineerIdx) -> Colour {
    PALETTE[idx.0 % PALETTE.len()]
}

impl Colour {
    /// `black` or `white`, whichever is easier to read on it (WCAG 2 contrast).
    pub fn ink(self) -> &'static str {
        let [red, green, blue] = self.rgb.map(linear);
        let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) { "black" } else { "white" }
    }
}

/// A channel of sRGB as an amount of light, 0 to 1.
fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    /// Full sight, then protanopia, deuteranopia and tritanopia after Machado, Oliveira and Fernandes (2009).
    const SIGHTS: [Matrix; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// CIE L*a*b* as seen through `sight`.
    fn lab(colour: Colour, sight: &Matrix) -> [f64; 3] {
        const TO_XYZ: Matrix = [
            [0.412_456_4, 0.357_576_1, 0.180_437_5],
            [0.212_672_9, 0.715_152_2, 0.072_175],
            [0.019_333_9, 0.119_192, 0.950_304_1],
        ];
        let seen = times(sight, colour.rgb.map(linear)).map(|value| value.clamp(0.0, 1.0));
        let [x, y, z] = times(&TO_XYZ, seen);
        let curve = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let (x, y, z) = (curve(x / 0.95047), curve(y), curve(z / 1.08883));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn least_distance(colours: &[Colour]) -> f64 {
        let mut least = f64::MAX;
        for sight in &SIGHTS {
            for (n, one) in colours.iter().enumerate() {
                for other in &colours[..n] {
                    let (one, other) = (lab(*one, sight), lab(*other, sight));
                    let distance = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    least = least.min(distance);
                }
            }
        }
        least
    }

    #[test]
    fn colours_stay_apart_for_the_colour_blind_too() {
        assert!(least_distance(&PALETTE[..4]) > 30.0, "{}", least_distance(&PALETTE[..4]));
        assert!(least_distance(&PALETTE[..8]) > 23.0, "{}", least_distance(&PALETTE[..8]));
        let all: Vec<Colour> = PALETTE.into_iter().chain([TEAM]).collect();
        assert!(least_distance(&all) > 17.0, "{}", least_distance(&all));
    }

    #[test]
    fn nobody_has_the_red_or_orange_of_an_alarm() {
        for Colour { name, rgb: [red, green, blue] } in PALETTE {
            let is_reddish = i32::from(red) - i32::from(green).max(i32::from(blue)) > 60;
            assert!(!is_reddish, "{name}");
        }
    }

    #[test]
    fn a_colour_stays_with_its_engineer() {
        assert_eq!(of(EngineerIdx(0)), PALETTE[0]);
        assert_eq!(of(EngineerIdx(12)), of(EngineerIdx(2)));
        assert_ne!(of(EngineerIdx(0)), of(EngineerIdx(1)));
    }

    #[test]
    fn text_on_a_colour_is_whatever_is_easier_to_read() {
        let inks: Vec<&str> = PALETTE.iter().map(|colour| colour.ink()).collect();
        assert_eq!(
            inks,
            ["white", "black", "black", "white", "white", "black", "black", "white", "black", "black"]
        );
    }
}
