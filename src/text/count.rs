//! Numbers with their nouns, and lists.

use std::fmt::Display;

/// `1 day`, `2 days`.
pub fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, one: &str, many: &str) -> String {
    format!("{number} {}", if number == N::from(1) { one } else { many })
}

/// `24 h`, `23 h 30 min`; whole minutes, rounded down.
pub fn hours(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60) {
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// [`hours`] with thousands grouped: `1,204 h`.
pub fn hours_grouped(seconds: i64) -> String {
    let (hours, rest) = (seconds / 3600, seconds % 3600);
    match hours {
        1000.. => {
            let minutes = if rest / 60 == 0 { String::new() } else { format!(" {} min", rest / 60) };
            format!("{},{:03} h{minutes}", hours / 1000, hours % 1000)
        }
        _ => self::hours(seconds),
    }
}

/// How long before its start something was published, in whole days rounded down: `3 days ahead`, `less than a day
/// after its start`.
pub fn days_ahead_of(days: i64) -> String {
    match days {
        1.. => format!("{} ahead", count(days, "day", "days")),
        0 => "less than a day ahead".to_owned(),
        -1 => "less than a day after its start".to_owned(),
        _ => format!("{} after its start", count(-days - 1, "day", "days")),
    }
}

/// `A`, `A and B`, `A, B and C`.
pub fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_show_minutes_only_where_there_are_any_and_group_thousands_where_asked() {
        assert_eq!((hours(86_400), hours(84_600)), ("24 h".to_owned(), "23 h 30 min".to_owned()));
        assert_eq!(hours(3600 * 12_004), "12004 h");
        assert_eq!(hours_grouped(3600 * 12_004), "12,004 h");
        assert_eq!(hours_grouped(3600 * 1004 + 1800), "1,004 h 30 min");
        assert_eq!(hours_grouped(84_600), "23 h 30 min");
    }

    #[test]
    fn lists_and_plurals_read_naturally() {
        let all = ["A", "B", "C"];
        let lists: Vec<String> = (0..4).map(|n| list(&all[..n])).collect();
        assert_eq!(lists, ["", "A", "A and B", "A, B and C"]);
        assert_eq!([count(0, "day", "days"), count(1, "day", "days")], ["0 days", "1 day"]);
    }

    #[test]
    fn a_change_is_published_ahead_of_its_start_or_after_it() {
        for (days, expected) in [
            (3, "3 days ahead"),
            (1, "1 day ahead"),
            (0, "less than a day ahead"),
            (-1, "less than a day after its start"),
            (-2, "1 day after its start"),
        ] {
            assert_eq!(days_ahead_of(days), expected);
        }
    }
}
