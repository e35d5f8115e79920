//! The forms in which one feed can be requested.

use crate::feed::Alarm;

/// What a client may request of a feed besides its coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Variant {
    /// Whether each shift has a display alarm.
    pub alarm: Option<Alarm>,
    /// Whether it is a file to import: then it also has, as cancelled, the events that are no longer there.
    pub download: bool,
}

impl Variant {
    /// Every variant, each at the place of its [`number`](Variant::number).
    pub(super) fn all() -> impl Iterator<Item = Variant> {
        let alarms = std::iter::once(None).chain(Alarm::ALL.map(Some));
        alarms.flat_map(|alarm| [false, true].map(|download| Variant { alarm, download }))
    }

    /// From 0 on, without gaps.
    pub(super) fn number(self) -> usize {
        2 * self.alarm.map_or(0, |alarm| 1 + alarm as usize) + usize::from(self.download)
    }

    /// The variant with this number.
    pub(super) fn numbered(number: usize) -> Option<Variant> {
        Variant::all().nth(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variant_has_a_number_of_its_own() {
        for (number, variant) in Variant::all().enumerate() {
            assert_eq!(variant.number(), number);
            assert_eq!(Variant::numbered(number), Some(variant));
        }
        assert_eq!(Variant::all().count(), 2 * (1 + Alarm::ALL.len()));
        assert_eq!(Variant::numbered(Variant::all().count()), None);
    }
}
