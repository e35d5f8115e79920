//! What people meant by a line that is not TOML, and how it is written.
//!
//! Only the shape of the line is looked at. No text in quotes is repeated, since it may be private, except under keys
//! whose values are not and in pairs of ids.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::span::Span;

/// What is wrong, in words, and what would be right.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) message: String,
    pub(super) help: String,
    pub(super) span: Span,
}

/// What was meant at `span` of `text`, if it is one of the usual mistakes.
pub(super) fn hint(text: &str, span: &Span) -> Option<Hint> {
    let (start, line) = line_at(text, span.start)?;
    let found = |part: &str, message: &str, help: String| {
        // `part` is a slice of `line`.
        let at = start + (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        Some(Hint { message: message.to_owned(), help, span: at..at + part.len() })
    };
    let trimmed = line.trim();
    if is_merge_mark(line) {
        let marks = text.lines().enumerate().filter(|(_, line)| is_merge_mark(line));
        let marks: Vec<String> = marks.map(|(number, _)| (number + 1).to_string()).take(MAX_MARKS).collect();
        let (all, more) = (marks.join(", "), if marks.len() < MAX_MARKS { "" } else { " and so on" });
        let help = format!(
            "keep one of the versions between the markers, and delete the markers: lines {all}{more}"
        );
        return found(trimmed, "this file has markers of an unresolved merge conflict", help);
    }
    if let Some(quote) = line.chars().find(|c| QUOTES.contains(*c)) {
        let at = line.find(quote)?;
        let outside = line[..at].matches('"').count() % 2 == 0;
        if outside {
            let part = &line[at..at + quote.len_utf8()];
            let whole = key_and_value(line).filter(|(key, _)| PUBLIC.contains(key));
            let shown = whole.and_then(|(key, value)| Some(format!("{key} = \"{}\"", typographic(value)?)));
            let help = format!("write straight quotes: {}", shown.as_deref().unwrap_or("\"text\""));
            return found(part, "this is a typographic quote", help);
        }
    }
    if let Some((pair, help)) = pair_without_keys(line) {
        return found(pair, "the people of a week have no keys here", help);
    }
    let Some((key, value)) = key_and_value(line) else { return without_equals(trimmed, found) };
    let word = first_word(value);
    if word.is_empty() {
        let help = "write a value after `=`, or put `#` before the line to leave the key out".to_owned();
        return found(key, "this key has no value", help);
    }
    let (message, help) = of_value(key, word, value)?;
    found(word, message, help)
}

/// The line of the byte `at`, and where it begins.
fn line_at(text: &str, at: usize) -> Option<(usize, &str)> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let end = text.get(start..)?.find('\n').map_or(text.len(), |newline| start + newline);
    Some((start, text.get(start..end)?.trim_end_matches('\r')))
}

/// Whether `span` is in a marker of a merge conflict.
pub(super) fn is_at_merge_mark(text: &str, span: &Span) -> bool {
    line_at(text, span.start).is_some_and(|(_, line)| is_merge_mark(line))
}

/// How many markers of a merge conflict are listed.
const MAX_MARKS: usize = 12;

fn is_merge_mark(line: &str) -> bool {
    ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|mark| line.starts_with(mark))
        || ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].contains(&line.trim_end())
}

/// The text of `value` if it is in typographic quotes.
fn typographic(value: &str) -> Option<&str> {
    let inner = value.strip_prefix(|c: char| QUOTES.contains(c))?;
    Some(&inner[..inner.find(|c: char| QUOTES.contains(c) || c == '"')?])
}

const QUOTES: &str = "“”„‟‘’«»";

/// The key and the value behind it, in a line or in the inline tables of it.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let is_key =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.\"' ".contains(c));
    let line = line.trim_start();
    let outer = line.split_once('=').map(|(key, value)| (key.trim(), value.trim_start()));
    let outer = outer.filter(|(key, _)| is_key(key));
    let inner = outer.map_or(line, |(_, value)| value);
    if inner.starts_with(['{', '[']) {
        // The first malformed value is the one to report.
        let mut rest = inner;
        while let Some((before, after)) = rest.split_once('=') {
            let name = before.rsplit(['{', ',', '[']).next().unwrap_or(before).trim();
            if of_value(name, first_word(after), after).is_some() {
                return Some((name, after.trim_start()));
            }
            rest = after;
        }
        let (key, items) = (outer?.0, inner.split(['[', ',']).skip(1).map(str::trim_start));
        let malformed = |item: &&str| of_date(key, first_word(item), item).is_some();
        return Some((key, items.clone().find(malformed).unwrap_or(inner)));
    }
    outer
}

/// Two people in braces without `primary` and `secondary`, and how they are written.
fn pair_without_keys(line: &str) -> Option<(&str, String)> {
    let id = |text: &str| {
        let id = text.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned();
        id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_').then_some(id)
    };
    line.split('{').skip(1).find_map(|rest| {
        let inner = rest.split('}').next()?;
        let (primary, secondary) = inner.split_once(',')?;
        let [primary, secondary] = [id(primary)?, id(secondary.trim_end().trim_end_matches(','))?];
        let help = format!("write {{ primary = \"{primary}\", secondary = \"{secondary}\" }}");
        Some((inner.trim(), help))
    })
}

/// The first word of the value.
fn first_word(value: &str) -> &str {
    let value = value.trim_start();
    value.split([' ', '\t', ',', '#', ']', '}']).next().unwrap_or(value)
}

fn of_value(key: &str, word: &str, value: &str) -> Option<(&'static str, String)> {
    let lower = word.to_lowercase();
    let first = word.chars().next()?;
    match lower.as_str() {
        "yes" | "on" | "y" => {
            return Some(("booleans are written `true` or `false`", "write `true`".to_owned()));
        }
        "no" | "off" | "n" => {
            return Some(("booleans are written `true` or `false`", "write `false`".to_owned()));
        }
        "true" | "false" if word != lower => {
            return Some(("`true` and `false` are written in lower case", format!("write `{lower}`")));
        }
        "none" | "null" | "nil" => {
            return Some((
                "TOML has no empty value",
                "put `#` before the line to leave the key out".to_owned(),
            ));
        }
        _ => {}
    }
    if let Some(found) = apostrophe(key, value).or_else(|| of_date(key, word, value)) {
        return Some(found);
    }
    if let Some(help) = unit(key, value) {
        return Some(("this is not how numbers are written", help));
    }
    if let Some(time) = time(word, value) {
        return Some(("this is not how times are written", format!("write {time}")));
    }
    if let Some((_, example)) = TIMES.iter().find(|(of, _)| first.is_alphabetic() && *of == key) {
        return Some(("this is not how dates and times are written", format!("such as {key} = {example}")));
    }
    if first.is_alphabetic() && word.chars().all(|c| c.is_alphanumeric() || "-_./@:+".contains(c)) {
        let whole = value.trim().split(['#', ',', ']', '}']).next().unwrap_or(value).trim();
        // Private values are not repeated.
        let help = if PUBLIC.contains(&key) { format!("\"{whole}\"") } else { "\"…\"".to_owned() };
        return Some(("text needs quotes", format!("write {key} = {help}")));
    }
    None
}

/// What is wrong with a date, with or without a time, and how it is written.
fn of_date(key: &str, word: &str, value: &str) -> Option<(&'static str, String)> {
    if let Some(date) = date_in_words(value) {
        return Some(("this is not how dates are written", format!("write {date}")));
    }
    if let Some(friday) = iso_week(word) {
        let help = format!("write the date on which the week starts, such as {friday} if that is a Friday");
        return Some(("this is not how weeks are named", help));
    }
    let (day, time_of_day) = word.split_at(word.find(['T', 't']).unwrap_or(word.len()));
    if let Some(next) = day.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt())
        && time_of_day.get(1..).is_some_and(|time| time.starts_with("24:00"))
    {
        let or = match key {
            "to" => format!(", or in an override `through = {day}`, in leave `to = {day}`"),
            _ => String::new(),
        };
        let help = format!("24:00 is 00:00 of the next day: write {next}T00:00:00{or}");
        return Some(("there is no such time", help));
    }
    date(day, time_of_day)
}

/// `14 July 2026`, `July 14, 2026`.
fn date_in_words(value: &str) -> Option<NaiveDate> {
    let value = value.split(['#', '}', ']']).next().unwrap_or(value);
    let forms = ["%d %B %Y", "%d. %B %Y", "%B %d %Y", "%B %d, %Y"];
    // Up to the first comma, or with the comma of the date.
    let mut commas = value.match_indices(',').map(|(at, _)| at).chain([value.len()]);
    let ends = [commas.next(), commas.next()].into_iter().flatten();
    let words = ends.filter_map(|end| Some(value.get(..end)?.trim()));
    words.flat_map(|words| forms.map(|form| NaiveDate::parse_from_str(words, form).ok())).flatten().next()
}

/// The Friday of `2027-W51`.
fn iso_week(word: &str) -> Option<NaiveDate> {
    let (year, week) = word.split_once(['W', 'w'])?;
    NaiveDate::from_isoywd_opt(year.trim_end_matches('-').parse().ok()?, week.parse().ok()?, Weekday::Fri)
}

/// `'It's'`: text in single quotes that has one within it.
fn apostrophe(key: &str, value: &str) -> Option<(&'static str, String)> {
    let inner = value.trim().strip_prefix('\'')?;
    let (_, behind) = inner.split_once('\'')?;
    if !behind.starts_with(char::is_alphanumeric) {
        return None;
    }
    let whole = inner.rfind('\'').map(|end| &inner[..end]);
    let shown = whole.filter(|text| PUBLIC.contains(&key) && !text.contains(['"', '\\']));
    let help = format!("write it in double quotes: {key} = \"{}\"", shown.unwrap_or("…"));
    Some(("text in single quotes cannot contain one", help))
}

/// How `30min`, `30 min` or `2 weeks` is written: in the unit that the name of `key` ends with.
fn unit(key: &str, value: &str) -> Option<String> {
    let value = value.split(['#', ',', '}', ']']).next().unwrap_or(value).trim();
    let (digits, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit())?);
    let (number, unit) = (digits.parse::<u64>().ok()?, unit.trim().to_lowercase());
    if unit.is_empty() || !unit.chars().all(char::is_alphabetic) || TIMES.iter().any(|(of, _)| *of == key) {
        return None;
    }
    let seconds =
        |unit: &str| UNITS.iter().find(|(names, _)| names.contains(&unit)).map(|(_, seconds)| *seconds);
    let name = key.rsplit('_').next().unwrap_or(key);
    let Some(of_key) = seconds(name) else {
        let is_text = key == "reason" || key != "count" && PUBLIC.contains(&key);
        return (!is_text && !["am", "pm", "h"].contains(&&*unit))
            .then(|| format!("write {number}, without a unit"));
    };
    let total = seconds(&unit).and_then(|of_unit| number.checked_mul(of_unit));
    Some(match total.filter(|total| total % of_key == 0).map(|total| total / of_key) {
        Some(same) if same == number => format!("write {number}, without a unit"),
        Some(other) => format!("write {other}: it is in {name}"),
        None => format!("write a whole number of {name}, without a unit"),
    })
}

/// Units of time, each with its names and its seconds.
const UNITS: [(&[&str], u64); 5] = [
    (&["s", "sec", "secs", "second", "seconds"], 1),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["h", "hr", "hrs", "hour", "hours"], 60 * 60),
    (&["d", "day", "days"], 24 * 60 * 60),
    (&["w", "week", "weeks"], 7 * 24 * 60 * 60),
];

/// Keys with a date or a time, each with an example.
const TIMES: [(&str, &str); 10] = [
    ("time", "10:00:00"),
    ("starts", "2026-01-02T10:00:00"),
    ("from", "2026-07-14"),
    ("to", "2026-07-15T09:00:00"),
    ("through", "2026-07-14"),
    ("week", "2026-05-22"),
    ("date", "2026-06-15"),
    ("agreed_on", "2026-05-08"),
    ("joined", "2026-01-01"),
    ("left", "2026-07-01"),
];

/// Keys whose values are not secret, even without their quotes.
const PUBLIC: [&str; 14] = [
    "name",
    "id",
    "time_zone",
    "day",
    "primary",
    "secondary",
    "area",
    "access",
    "if_away",
    "time_off",
    "secondary_on_holiday",
    "tzdata",
    "count",
    "uid_domain",
];

/// What is wrong with `12/21/2026`, `21.12.2026`, `2026-5-2` or `2026-06-31`, and how it is written with `time` behind
/// it.
fn date(word: &str, time: &str) -> Option<(&'static str, String)> {
    const FORM: &str = "this is not how dates are written";
    let parts: Vec<u32> = word.split(['/', '.', '-']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let real =
        |year: u32, month: u32, day: u32| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    let [one, two, three] = parts[..] else { return None };
    if one > 31 {
        let last_day = (28..=31).rev().find_map(|day| real(one, two, day)).filter(|last| last.day() < three);
        return match (real(one, two, three), real(one, three, two), last_day) {
            (Some(date), _, _) if date.to_string() == word => None,
            (Some(date), _, _) => Some((FORM, format!("write {date}{time}"))),
            (None, Some(date), None) => {
                Some((FORM, format!("the month comes before the day: write {date}{time}")))
            }
            (None, _, Some(last)) => {
                let help = format!("that month ends on {last}; is the month or the day wrong?");
                Some(("there is no such date", help))
            }
            (None, None, None) => {
                Some(("there is no such date", "write year, month and day, such as 2026-12-21".to_owned()))
            }
        };
    }
    let year = if three < 100 { 2000 + three } else { three };
    let mut all: Vec<NaiveDate> =
        [real(year, one, two), real(year, two, one)].into_iter().flatten().collect();
    all.dedup();
    let help = match &all[..] {
        [only] => format!("write {only}{time}"),
        [us, other] => format!("write {us}{time} or {other}{time}, whichever is meant"),
        _ => "write year, month and day, such as 2026-12-21".to_owned(),
    };
    Some((FORM, help))
}

/// How `3pm`, `9:30`, `9am`, `10h` is written.
fn time(word: &str, value: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if lower == "24:00" || lower == "24:00:00" {
        return Some("00:00:00, with the next date where there is one".to_owned());
    }
    // Also `3 pm`.
    let next = value.trim_start().get(word.len()..).unwrap_or_default().trim_start().to_lowercase();
    let half = ["am", "pm"].into_iter().find(|half| lower.ends_with(half) || next.starts_with(half));
    let digits = lower.trim_end_matches("am").trim_end_matches("pm").trim_end_matches('h');
    let parts: Vec<u32> = digits.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if half.is_none() && parts.len() == 1 && !lower.ends_with('h') {
        return None;
    }
    let hour = match half {
        Some("pm") if parts[0] < 12 => parts[0] + 12,
        Some("am") if parts[0] == 12 => 0,
        _ => parts[0],
    };
    let (minute, second) = (parts.get(1).copied().unwrap_or(0), parts.get(2).copied().unwrap_or(0));
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    let shown = time.format("%H:%M:%S").to_string();
    (shown != word).then_some(shown)
}

fn without_equals(line: &str, found: impl Fn(&str, &str, String) -> Option<Hint>) -> Option<Hint> {
    if line.starts_with("//") || line.starts_with("--") || line.starts_with("/*") || line.starts_with(';') {
        return found(line, "this is not how a comment is written", "begin a comment with `#`".to_owned());
    }
    let is_key =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if let Some((key, _)) = line.split_once(':').filter(|(key, _)| is_key(key.trim())) {
        return found(key, "a key and its value are joined by `=`", format!("write {} = …", key.trim()));
    }
    if line.starts_with("- ") {
        return found(
            line,
            "this is a YAML list",
            "write lists in square brackets: [\"a\", \"b\"]".to_owned(),
        );
    }
    if line.starts_with('[') && !line.trim_end().ends_with(']') {
        let header = line.split('#').next().unwrap_or(line).trim();
        let close = if header.starts_with("[[") { "]]" } else { "]" };
        let name = header.trim_matches(['[', ']']);
        let open = &"[["[..close.len()];
        return found(line, "this header is not closed", format!("write {open}{name}{close}"));
    }
    if is_key(line) {
        return found(
            line,
            "this line has no value",
            format!("write {line} = …, or `#` before it for a comment"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_recognised_by_their_shape() {
        for (line, expected) in [
            ("week = 12/21/2026", "write 2026-12-21"),
            ("week = 5/6/2026 # May", "write 2026-05-06 or 2026-06-05, whichever is meant"),
            ("week = 21.12.2026", "write 2026-12-21"),
            ("joined = 2026-5-2", "write 2026-05-02"),
            ("joined = 2026-02-30", "that month ends on 2026-02-28; is the month or the day wrong?"),
            ("joined = 2026-31-05", "the month comes before the day: write 2026-05-31"),
            ("from = 2026-7-14T18:00:00", "write 2026-07-14T18:00:00"),
            ("from = 2026-06-31T09:00:00", "that month ends on 2026-06-30; is the month or the day wrong?"),
            ("joined = 2026-13-32", "write year, month and day, such as 2026-12-21"),
            ("time = 3pm", "write 15:00:00"),
            ("time = 3 PM", "write 15:00:00"),
            ("time = 9:30", "write 09:30:00"),
            ("time = 12am", "write 00:00:00"),
            ("backfill = yes", "write `true`"),
            ("backfill = False", "write `false`"),
            ("day = friday", "write day = \"friday\""),
            ("name = Data pipelines # ours", "write name = \"Data pipelines\""),
            ("reason = surgery", "write reason = \"…\""),
            ("name = “Data”", "write straight quotes: name = \"Data\""),
            ("reason = “surgery”", "write straight quotes: \"text\""),
            ("<<<<<<< HEAD", "keep one of the versions between the markers, and delete the markers: lines 2"),
            ("id: \"a\"", "write id = …"),
            ("// a note", "begin a comment with `#`"),
            ("- a", "write lists in square brackets: [\"a\", \"b\"]"),
            ("[[engineer", "write [[engineer]]"),
            ("[handover", "write [handover]"),
            ("minutes =", "write a value after `=`, or put `#` before the line to leave the key out"),
            ("time_off = [{ from = 7/27/2026, to = 2026-07-28 }]", "write 2026-07-27"),
            ("starts = Friday", "such as starts = 2026-01-02T10:00:00"),
            ("time = noon", "such as time = 10:00:00"),
            ("from = 14 July 2026 # ours", "write 2026-07-14"),
            ("to = July 14, 2026", "write 2026-07-14"),
            ("minutes = 30min", "write 30, without a unit"),
            ("time_off = [{ from = 1 June 2027, to = 2027-06-05 }]", "write 2027-06-01"),
            ("time_off = [{ from = 2027-06-01, to = June 5, 2027, reason = \"x\" }]", "write 2027-06-05"),
            ("  { from = 2027-06-01, to = 5 June 2027, reason = \"x\" },", "write 2027-06-05"),
            ("also_off = [{ date = 14 June 2028, name = \"House\" }]", "write 2028-06-14"),
            ("works_on = [2027-01-01, 14 June 2028]", "write 2028-06-14"),
            ("works_on = [2027-01-01, 6/14/2028]", "write 2028-06-14"),
            ("minutes = 30 min", "write 30, without a unit"),
            ("minutes = 1h", "write 60: it is in minutes"),
            ("notice_days = 1 month", "write a whole number of days, without a unit"),
            ("minutes = 90 seconds", "write a whole number of minutes, without a unit"),
            ("notice_days = 2 weeks # ours", "write 14: it is in days"),
            ("count = 3 times", "write 3, without a unit"),
            (
                "to = 2027-12-24T24:00:00",
                "24:00 is 00:00 of the next day: write 2027-12-25T00:00:00, or in an override \
              `through = 2027-12-24`, in leave `to = 2027-12-24`",
            ),
            ("starts = 2027-12-31T24:00", "24:00 is 00:00 of the next day: write 2028-01-01T00:00:00"),
            ("time = 24:00", "write 00:00:00, with the next date where there is one"),
            (
                "week = 2027-W51",
                "write the date on which the week starts, such as 2027-12-24 if that is a Friday",
            ),
            ("reason = 'It's Christmas'", "write it in double quotes: reason = \"…\""),
            ("name = 'Bob O'Neil'", "write it in double quotes: name = \"Bob O'Neil\""),
            ("  { \"a\", \"b\" },", "write { primary = \"a\", secondary = \"b\" }"),
            ("weeks = [{ \"a\", \"b\" }, { \"b\", \"c\" }]", "write { primary = \"a\", secondary = \"b\" }"),
            ("left = none", "put `#` before the line to leave the key out"),
        ] {
            let text = format!("a = 1\n{line}\nb = 2\n");
            let at = "a = 1\n".len();
            let help = hint(&text, &(at..at)).map(|hint| hint.help);
            assert_eq!(help.as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_place_is_the_part_that_is_wrong_and_other_lines_have_no_hint() {
        let text = "a = 1\r\nweek = 12/21/2026\r\n";
        let found = hint(text, &(14..14)).unwrap();
        assert_eq!(&text[found.span], "12/21/2026");
        for line in ["a = \"x", "a = [1, 2", "", "a = 1", "😀", "name = \"it’s\" x"] {
            assert_eq!(hint(line, &(0..0)), None, "{line}");
        }
    }
}
