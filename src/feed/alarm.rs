//! Alarms: how long before a shift a calendar reminds its owner.

use std::fmt;
use std::str::FromStr;

/// A display alarm before each shift: `?alarm=` of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// 5 minutes before.
    M5,
    /// 10 minutes before.
    M10,
    /// 15 minutes before.
    M15,
    /// 30 minutes before.
    M30,
    /// An hour before.
    H1,
    /// Two hours before.
    H2,
    /// 24 hours before.
    D1,
}

impl Alarm {
    /// All alarms, shortest first.
    pub const ALL: [Alarm; 7] =
        [Alarm::M5, Alarm::M10, Alarm::M15, Alarm::M30, Alarm::H1, Alarm::H2, Alarm::D1];

    /// Its form in a feed's address: `5m`, …, `1d`.
    pub fn as_str(self) -> &'static str {
        match self {
            Alarm::M5 => "5m",
            Alarm::M10 => "10m",
            Alarm::M15 => "15m",
            Alarm::M30 => "30m",
            Alarm::H1 => "1h",
            Alarm::H2 => "2h",
            Alarm::D1 => "1d",
        }
    }

    /// A duration before the start, as RFC 5545 3.3.6 writes it.
    pub(super) fn trigger(self) -> &'static str {
        match self {
            Alarm::M5 => "-PT5M",
            Alarm::M10 => "-PT10M",
            Alarm::M15 => "-PT15M",
            Alarm::M30 => "-PT30M",
            Alarm::H1 => "-PT1H",
            Alarm::H2 => "-PT2H",
            Alarm::D1 => "-P1D",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alarm is one of 5m, 10m, 15m, 30m, 1h, 2h, 1d")]
pub struct NoSuchAlarm;

impl FromStr for Alarm {
    type Err = NoSuchAlarm;

    fn from_str(text: &str) -> Result<Self, NoSuchAlarm> {
        Alarm::ALL.into_iter().find(|alarm| alarm.as_str() == text).ok_or(NoSuchAlarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_one_of_seven_values_and_nothing_else() {
        for alarm in Alarm::ALL {
            assert_eq!(alarm.as_str().parse(), Ok(alarm));
        }
        for other in ["", "banana", "5", "15M", "60m", " 5m", "5m ", "-5m", "1d1"] {
            assert_eq!(other.parse::<Alarm>(), Err(NoSuchAlarm), "{other:?}");
        }
    }
}
