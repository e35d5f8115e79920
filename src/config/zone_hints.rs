//! Suggestions for a name that is not an IANA time zone.
//!
//! A zone is suggested only if it is likely right: for a typing error of one or two letters, a city, or an abbreviation
//! with all its meanings. Never just the most similar name, which may be on another continent.

use windows_timezones::WindowsTimezone;

use crate::rota::Zone;

/// What to write in place of `name`.
pub(super) fn help(name: &str) -> String {
    const EXAMPLES: &str = "an IANA name such as `America/New_York` or `Europe/London`";
    windows(name)
        .or_else(|| spelt(name))
        .or_else(|| abbreviation(name))
        .or_else(|| offset(name))
        .or_else(|| city(name))
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
    Some(did_you_mean(&[same]))
}

fn abbreviation(name: &str) -> Option<String> {
    let upper = name.to_uppercase();
    let (_, zones) = ABBREVIATIONS.iter().find(|(short, _)| *short == upper)?;
    let list: Vec<String> = zones.iter().map(|zone| format!("`{zone}`")).collect();
    Some(format!(
        "abbreviations are ambiguous and often valid for only half the year: write {}",
        list.join(", or ")
    ))
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

/// A city that has its own zone, or is well known.
fn city(name: &str) -> Option<String> {
    let last = name.rsplit('/').next().unwrap_or(name).trim().to_lowercase().replace([' ', '-'], "_");
    if let Some((city, zone)) = CITIES.iter().find(|(city, _)| *city == last) {
        let city =
            city.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join(" ");
        return Some(format!("{city} is in `{zone}`"));
    }
    let own = Zone::names().filter(|zone| zone.contains('/') && !zone.starts_with("Etc/"));
    let named = own.filter(|zone| zone.rsplit('/').next().is_some_and(|city| city.to_lowercase() == last));
    Some(did_you_mean(&[named.min()?]))
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
    (best.0 <= allowed).then(|| did_you_mean(&[best.1]))
}

fn did_you_mean(zones: &[&str]) -> String {
    format!("did you mean `{}`?", zones.join("` or `"))
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

/// Cities in which many people work and that do not have their own zone.
const CITIES: [(&str, &str); 52] = [
    ("boston", "America/New_York"),
    ("washington", "America/New_York"),
    ("philadelphia", "America/New_York"),
    ("atlanta", "America/New_York"),
    ("miami", "America/New_York"),
    ("pittsburgh", "America/New_York"),
    ("austin", "America/Chicago"),
    ("dallas", "America/Chicago"),
    ("houston", "America/Chicago"),
    ("minneapolis", "America/Chicago"),
    ("salt_lake_city", "America/Denver"),
    ("san_francisco", "America/Los_Angeles"),
    ("seattle", "America/Los_Angeles"),
    ("portland", "America/Los_Angeles"),
    ("san_diego", "America/Los_Angeles"),
    ("san_jose", "America/Los_Angeles"),
    ("las_vegas", "America/Los_Angeles"),
    ("montreal", "America/Toronto"),
    ("ottawa", "America/Toronto"),
    ("calgary", "America/Edmonton"),
    ("rio_de_janeiro", "America/Sao_Paulo"),
    ("munich", "Europe/Berlin"),
    ("münchen", "Europe/Berlin"),
    ("hamburg", "Europe/Berlin"),
    ("frankfurt", "Europe/Berlin"),
    ("cologne", "Europe/Berlin"),
    ("stuttgart", "Europe/Berlin"),
    ("geneva", "Europe/Zurich"),
    ("basel", "Europe/Zurich"),
    ("lyon", "Europe/Paris"),
    ("barcelona", "Europe/Madrid"),
    ("milan", "Europe/Rome"),
    ("manchester", "Europe/London"),
    ("edinburgh", "Europe/London"),
    ("cambridge", "Europe/London"),
    ("rotterdam", "Europe/Amsterdam"),
    ("krakow", "Europe/Warsaw"),
    ("wroclaw", "Europe/Warsaw"),
    ("st_petersburg", "Europe/Moscow"),
    ("porto", "Europe/Lisbon"),
    ("bangalore", "Asia/Kolkata"),
    ("bengaluru", "Asia/Kolkata"),
    ("mumbai", "Asia/Kolkata"),
    ("delhi", "Asia/Kolkata"),
    ("new_delhi", "Asia/Kolkata"),
    ("hyderabad", "Asia/Kolkata"),
    ("chennai", "Asia/Kolkata"),
    ("pune", "Asia/Kolkata"),
    ("tel_aviv", "Asia/Jerusalem"),
    ("beijing", "Asia/Shanghai"),
    ("osaka", "Asia/Tokyo"),
    ("canberra", "Australia/Sydney"),
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
        ] {
            assert_eq!(help(name), expected, "{name}");
        }
        for fixed in ["GMT+1", "UTC-5", "+01:00", "UTC+05:30"] {
            assert!(help(fixed).ends_with("a fixed offset has no summer time"), "{fixed}");
        }
        assert!(help("IST").ends_with("write `Asia/Kolkata`, or `Europe/Dublin`, or `Asia/Jerusalem`"));
        assert!(help("pst").contains("`America/Los_Angeles`"));
        for unknown in ["Mars/Phobos", "X", "", "Europe/Atlantis", &"x".repeat(500)] {
            assert!(help(unknown).starts_with("an IANA name"), "{unknown}: {}", help(unknown));
        }
    }

    #[test]
    fn every_zone_that_is_offered_exists_and_no_abbreviation_is_one() {
        for (_, zones) in ABBREVIATIONS {
            assert!(zones.iter().all(|zone| Zone::bundled(zone).is_some()), "{zones:?}");
        }
        for (city, zone) in CITIES {
            assert!(Zone::bundled(zone).is_some(), "{city}");
        }
        for (short, _) in ABBREVIATIONS {
            assert!(Zone::bundled(short).is_none(), "{short}");
        }
    }
}
