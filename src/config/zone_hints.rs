//! Suggestions for a name that is not an IANA time zone.
//!
//! A zone is suggested only if it is likely right: for a typing error of one or two letters, a city, or an abbreviation
//! with all its meanings. Never just the most similar name, which may be on another continent.

use windows_timezones::WindowsTimezone;

use super::legacy_zone_names::renamed;
use crate::rota::Zone;

/// What to write in place of `name`.
pub(super) fn help(name: &str) -> String {
    const EXAMPLES: &str = "an IANA name such as `America/New_York` or `Europe/London`";
    windows(name)
        .or_else(|| spelt(name))
        .or_else(|| abbreviation(name))
        .or_else(|| spoken(name))
        .or_else(|| offset(name))
        .or_else(|| place(name))
        .or_else(|| typing_error(name))
        .unwrap_or_else(|| EXAMPLES.to_owned())
}

/// A zone name copied from Windows.
fn windows(name: &str) -> Option<String> {
    let zone = name.parse::<WindowsTimezone>().ok()?;
    Some(format!("that is a Windows name: write `{}`", zone.tzdb_id()))
}

/// The same letters in another case, or with other separators.
fn spelt(name: &str) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '-'], "_");
    let same = Zone::names().find(|zone| plain(zone) == plain(name.trim()))?;
    Some(did_you_mean(same))
}

/// `IST`, or two of them for winter and summer: `CET/CEST`.
fn abbreviation(name: &str) -> Option<String> {
    let upper = name.to_uppercase();
    let known = upper.split('/').filter_map(|part| {
        let (_, zones) = ABBREVIATIONS.iter().find(|(short, _)| *short == part.trim())?;
        Some(zones.to_vec())
    });
    let zones = known.reduce(|all, more| {
        let common: Vec<&str> = all.iter().copied().filter(|zone| more.contains(zone)).collect();
        if common.is_empty() { all } else { common }
    })?;
    Some(format!(
        "abbreviations are ambiguous and often valid for only half the year: write {}",
        any_of(&zones)
    ))
}

/// `Eastern Time`, `US Pacific`, `Central European Summer Time`.
fn spoken(name: &str) -> Option<String> {
    const FILLERS: [&str; 10] =
        ["us", "usa", "canada", "time", "zone", "standard", "daylight", "summer", "utc", "gmt"];
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphabetic());
    let words: Vec<&str> = words.filter(|word| !word.is_empty() && !FILLERS.contains(word)).collect();
    let words = words.join(" ");
    let (_, zones) = SPOKEN.iter().find(|(spoken, _)| *spoken == words)?;
    Some(format!("write {}", any_of(zones)))
}

/// `GMT+1`, `UTC-5`, `+01:00`: offsets that almost no place keeps all year.
fn offset(name: &str) -> Option<String> {
    let upper = name.to_uppercase();
    let rest = upper.strip_prefix("GMT").or_else(|| upper.strip_prefix("UTC")).unwrap_or(&upper);
    let digits = rest.trim().strip_prefix(['+', '-', '−'])?;
    digits.chars().all(|c| c.is_ascii_digit() || c == ':').then(|| {
        "write the zone of a city, such as `Europe/Berlin`: a fixed offset has no summer time".to_owned()
    })
}

/// A city that has its own zone, or a city, country or state that is well known.
fn place(name: &str) -> Option<String> {
    let place = name.rsplit('/').next().unwrap_or(name).split(',').next().unwrap_or(name).trim();
    let last = place.to_lowercase().replace([' ', '-'], "_").replace('.', "");
    let in_zones: Vec<&str> = PLACES
        .iter()
        .filter(|(_, places)| places.split(' ').any(|place| place == last))
        .map(|(zone, _)| *zone)
        .collect();
    if !in_zones.is_empty() {
        let word = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(char::to_uppercase).into_iter().flatten();
            if word == "dc" { "D.C.".to_owned() } else { first.chain(letters).collect::<String>() }
        };
        let shown: Vec<String> = last.split('_').map(word).collect();
        let shown = if last.len() <= 3 { last.to_uppercase() } else { shown.join(" ") };
        return Some(format!("{shown} is in {}", any_of(&in_zones)));
    }
    let own = Zone::names().filter(|zone| zone.contains('/') && !zone.starts_with("Etc/"));
    let named = own.filter(|zone| zone.rsplit('/').next().is_some_and(|city| city.to_lowercase() == last));
    Some(did_you_mean(named.min()?))
}

/// A name with one or two wrong letters.
fn typing_error(name: &str) -> Option<String> {
    let (given, length) = (name.to_lowercase(), name.chars().count());
    if !(6..=40).contains(&length) {
        return None;
    }
    let allowed = if length < 12 { 1 } else { 2 };
    let distance = |zone: &str| strsim::damerau_levenshtein(&given, &zone.to_lowercase());
    let near = Zone::names().filter(|zone| zone.len().abs_diff(name.len()) <= allowed);
    let best = near.map(|zone| (distance(zone), zone)).min()?;
    (best.0 <= allowed).then(|| did_you_mean(best.1))
}

/// The zone under its name of today.
fn did_you_mean(zone: &str) -> String {
    format!("did you mean `{}`?", renamed(zone).unwrap_or(zone))
}

fn any_of(zones: &[&str]) -> String {
    let list: Vec<String> = zones.iter().map(|zone| format!("`{zone}`")).collect();
    list.join(", or ")
}

/// Abbreviations that are not zones, each with the zones that use them.
const ABBREVIATIONS: [(&str, &[&str]); 27] = [
    ("IST", &["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]),
    ("PST", &["America/Los_Angeles", "Asia/Manila"]),
    ("PDT", &["America/Los_Angeles"]),
    ("PT", &["America/Los_Angeles"]),
    ("CST", &["America/Chicago", "Asia/Shanghai", "America/Havana"]),
    ("CDT", &["America/Chicago", "America/Havana"]),
    ("CT", &["America/Chicago"]),
    ("MDT", &["America/Denver"]),
    ("MT", &["America/Denver"]),
    ("EDT", &["America/New_York"]),
    ("ET", &["America/New_York"]),
    ("AST", &["America/Halifax", "Asia/Riyadh"]),
    ("ADT", &["America/Halifax"]),
    ("BST", &["Europe/London", "Asia/Dhaka"]),
    ("WEST", &["Europe/Lisbon"]),
    ("CEST", &["Europe/Berlin", "Europe/Paris", "Europe/Madrid"]),
    ("EEST", &["Europe/Athens", "Europe/Helsinki", "Europe/Bucharest"]),
    ("MSK", &["Europe/Moscow"]),
    ("JST", &["Asia/Tokyo"]),
    ("KST", &["Asia/Seoul"]),
    ("SGT", &["Asia/Singapore"]),
    ("HKT", &["Asia/Hong_Kong"]),
    ("AEST", &["Australia/Sydney", "Australia/Brisbane"]),
    ("AEDT", &["Australia/Sydney"]),
    ("AWST", &["Australia/Perth"]),
    ("NZST", &["Pacific/Auckland"]),
    ("BRT", &["America/Sao_Paulo"]),
];

/// Zones as people call them, without `time`, `standard` and the like.
const SPOKEN: [(&str, &[&str]); 20] = [
    ("eastern", &["America/New_York"]),
    ("east coast", &["America/New_York"]),
    ("central", &["America/Chicago"]),
    ("mountain", &["America/Denver"]),
    ("pacific", &["America/Los_Angeles"]),
    ("west coast", &["America/Los_Angeles"]),
    ("alaska", &["America/Anchorage"]),
    ("hawaii", &["Pacific/Honolulu"]),
    ("atlantic", &["America/Halifax"]),
    ("british", &["Europe/London"]),
    ("uk", &["Europe/London"]),
    ("irish", &["Europe/Dublin"]),
    ("western european", &["Europe/Lisbon"]),
    ("central european", &["Europe/Berlin", "Europe/Paris", "Europe/Madrid"]),
    ("eastern european", &["Europe/Athens", "Europe/Helsinki", "Europe/Bucharest"]),
    ("indian", &["Asia/Kolkata"]),
    ("china", &["Asia/Shanghai"]),
    ("japanese", &["Asia/Tokyo"]),
    ("australian eastern", &["Australia/Sydney", "Australia/Brisbane"]),
    ("gulf", &["Asia/Dubai"]),
];

/// Cities in which many people work and that have no zone of their own, countries with one zone, and states, by zone. A
/// name of several places is in each of their zones.
const PLACES: [(&str, &str); 33] = [
    (
        "America/New_York",
        "boston washington washington_dc philadelphia atlanta miami pittsburgh nyc new_york_city \
         cambridge portland massachusetts florida georgia new_jersey virginia pennsylvania ohio \
         north_carolina",
    ),
    ("America/Chicago", "austin dallas houston minneapolis texas illinois minnesota"),
    ("America/Denver", "salt_lake_city colorado utah"),
    ("America/Phoenix", "arizona"),
    (
        "America/Los_Angeles",
        "san_francisco seattle washington portland san_diego san_jose las_vegas california oregon \
         nevada",
    ),
    ("America/Toronto", "montreal ottawa ontario quebec"),
    ("America/Edmonton", "calgary alberta"),
    ("America/Vancouver", "british_columbia"),
    ("America/Sao_Paulo", "rio_de_janeiro"),
    (
        "Europe/London",
        "manchester edinburgh cambridge uk united_kingdom great_britain england scotland wales",
    ),
    ("Europe/Dublin", "ireland"),
    ("Europe/Berlin", "munich münchen hamburg frankfurt cologne stuttgart germany bavaria"),
    ("Europe/Zurich", "geneva basel switzerland"),
    ("Europe/Vienna", "austria"),
    ("Europe/Paris", "lyon france"),
    ("Europe/Madrid", "barcelona spain"),
    ("Europe/Rome", "milan italy"),
    ("Europe/Amsterdam", "rotterdam netherlands holland"),
    ("Europe/Brussels", "belgium"),
    ("Europe/Warsaw", "krakow wroclaw"),
    ("Europe/Prague", "czechia czech_republic"),
    ("Europe/Stockholm", "sweden"),
    ("Europe/Oslo", "norway"),
    ("Europe/Copenhagen", "denmark"),
    ("Europe/Helsinki", "finland"),
    ("Europe/Athens", "greece"),
    ("Europe/Moscow", "st_petersburg"),
    ("Europe/Lisbon", "porto"),
    ("Asia/Kolkata", "india bangalore bengaluru mumbai delhi new_delhi hyderabad chennai pune"),
    ("Asia/Jerusalem", "tel_aviv"),
    ("Asia/Shanghai", "beijing china"),
    ("Asia/Tokyo", "osaka"),
    ("Australia/Sydney", "canberra"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_likely_right_is_offered() {
        for (name, expected) in [
            ("America/New York", "did you mean `America/New_York`?"),
            ("europe/london", "did you mean `Europe/London`?"),
            ("Europe/Lodnon", "did you mean `Europe/London`?"),
            ("America/Boston", "Boston is in `America/New_York`"),
            ("Europe/Munich", "Munich is in `Europe/Berlin`"),
            ("Asia/Bangalore", "Bangalore is in `Asia/Kolkata`"),
            ("San Francisco", "San Francisco is in `America/Los_Angeles`"),
            ("London", "did you mean `Europe/London`?"),
            ("Eastern Standard Time", "that is a Windows name: write `America/New_York`"),
            ("Eastern Time", "write `America/New_York`"),
            ("(UTC-05:00) Eastern Time (US & Canada)", "write `America/New_York`"),
            ("US Pacific time zone", "write `America/Los_Angeles`"),
            ("Central European Time", "write `Europe/Berlin`, or `Europe/Paris`, or `Europe/Madrid`"),
            ("london", "did you mean `Europe/London`?"),
            ("New York", "did you mean `America/New_York`?"),
            ("New York, USA", "did you mean `America/New_York`?"),
            ("NYC", "NYC is in `America/New_York`"),
            ("Europe/Germany", "Germany is in `Europe/Berlin`"),
            ("UK", "write `Europe/London`"),
            ("Europe/UK", "UK is in `Europe/London`"),
            ("Asia/India", "India is in `Asia/Kolkata`"),
            ("California", "California is in `America/Los_Angeles`"),
            ("Washington", "Washington is in `America/New_York`, or `America/Los_Angeles`"),
            ("Washington D.C.", "Washington D.C. is in `America/New_York`"),
            ("japan", "did you mean `Asia/Tokyo`?"),
            ("us/eastern", "did you mean `America/New_York`?"),
        ] {
            assert_eq!(help(name), expected, "{name}");
        }
        for fixed in ["GMT+1", "UTC-5", "+01:00", "UTC+05:30"] {
            assert!(help(fixed).ends_with("a fixed offset has no summer time"), "{fixed}");
        }
        assert!(help("IST").ends_with("write `Asia/Kolkata`, or `Europe/Dublin`, or `Asia/Jerusalem`"));
        assert!(help("pst").contains("`America/Los_Angeles`"));
        for (pair, zones) in [
            ("CET/CEST", "write `Europe/Berlin`, or `Europe/Paris`, or `Europe/Madrid`"),
            ("PST/PDT", "write `America/Los_Angeles`"),
            ("est/edt", "write `America/New_York`"),
        ] {
            assert!(help(pair).ends_with(zones), "{pair}: {}", help(pair));
        }
        for unknown in ["Mars/Phobos", "X", "", "Europe/Atlantis", &"x".repeat(500)] {
            assert!(help(unknown).starts_with("an IANA name"), "{unknown}: {}", help(unknown));
        }
    }

    #[test]
    fn every_zone_that_is_offered_exists_and_no_abbreviation_is_one() {
        let offered = ABBREVIATIONS.iter().chain(&SPOKEN).flat_map(|(_, zones)| *zones);
        for zone in offered.chain(PLACES.iter().map(|(zone, _)| zone)) {
            assert!(Zone::bundled(zone).is_some() && renamed(zone).is_none(), "{zone}");
        }
        for (short, _) in ABBREVIATIONS {
            assert!(Zone::bundled(short).is_none(), "{short}");
        }
    }
}
