//! Countries and regions as people call them, with the calendars that they mean.

/// The calendars that `name` may mean, the likeliest first; none if it is not a common name.
pub(super) fn meant(name: &str) -> &'static [&'static str] {
    let plain = plain(name);
    let found = NAMES.iter().find(|(names, _)| names.contains(&plain.as_str()));
    found.map_or(&[], |(_, calendars)| calendars)
}

/// The calendar of the country of which `name` is a part that has no calendar of its own: `texas`, `us-tx`.
pub(super) fn whole_country(name: &str) -> Option<&'static str> {
    let plain = plain(name);
    let found = PARTS.iter().find(|(_, parts)| parts.split(' ').any(|part| part == plain));
    if let Some((country, _)) = found {
        return Some(country);
    }
    // Codes of ISO 3166-2, of countries whose other parts are not built in.
    let (country, part) = plain.split_once('-')?;
    let is_code = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    CODES.iter().find(|(code, _)| is_code && *code == country).map(|(_, calendar)| *calendar)
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', ' ', '.'], "-")
}

const CODES: [(&str, &str); 9] = [
    ("us", "us-federal"),
    ("ca", "ca-federal"),
    ("au", "au"),
    ("ch", "ch"),
    ("es", "es"),
    ("fr", "fr"),
    ("in", "in"),
    ("it", "it"),
    ("at", "at"),
];

const PARTS: [(&str, &str); 6] = [
    (
        "us-federal",
        "alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii \
         idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts \
         michigan minnesota mississippi missouri montana nebraska nevada new-hampshire new-jersey \
         new-mexico new-york north-carolina north-dakota ohio oklahoma oregon pennsylvania \
         rhode-island south-carolina south-dakota tennessee texas utah vermont virginia \
         washington west-virginia wisconsin wyoming nyc new-york-city",
    ),
    (
        "ca-federal",
        "alberta manitoba saskatchewan nova-scotia new-brunswick newfoundland \
         prince-edward-island yukon",
    ),
    ("au", "western-australia south-australia tasmania northern-territory canberra"),
    ("es", "catalonia cataluña madrid andalusia valencia basque-country barcelona"),
    ("in", "karnataka maharashtra tamil-nadu telangana bangalore bengaluru mumbai delhi"),
    ("ch", "geneva basel bern vaud"),
];

const NAMES: [(&[&str], &[&str]); 57] = [
    (
        &["us", "usa", "u-s", "u-s-a", "america", "united-states", "us-fed", "federal", "en-us"],
        &["us-federal"],
    ),
    (&["uk", "britain", "great-britain", "united-kingdom", "en-gb"], &["gb-eng", "gb-sct", "gb-nir"]),
    (&["england", "wales", "england-and-wales", "gb-wls", "london"], &["gb-eng"]),
    (&["scotland", "gb-scotland"], &["gb-sct"]),
    (&["northern-ireland", "gb-ni"], &["gb-nir"]),
    (&["ireland", "eire"], &["ie"]),
    (&["germany", "deutschland", "german", "ger"], &["de"]),
    (&["bavaria", "bayern", "munich"], &["de-by"]),
    (&["berlin"], &["de-be"]),
    (&["baden-wurttemberg", "baden-württemberg", "baden-wuerttemberg"], &["de-bw"]),
    (&["brandenburg"], &["de-bb"]),
    (&["bremen"], &["de-hb"]),
    (&["hamburg"], &["de-hh"]),
    (&["hesse", "hessen"], &["de-he"]),
    (&["lower-saxony", "niedersachsen"], &["de-ni"]),
    (&["mecklenburg-vorpommern"], &["de-mv"]),
    (&["north-rhine-westphalia", "nordrhein-westfalen", "nrw"], &["de-nw"]),
    (&["rhineland-palatinate", "rheinland-pfalz"], &["de-rp"]),
    (&["saarland"], &["de-sl"]),
    (&["saxony", "sachsen"], &["de-sn"]),
    (&["saxony-anhalt", "sachsen-anhalt"], &["de-st"]),
    (&["schleswig-holstein"], &["de-sh"]),
    (&["thuringia", "thüringen", "thueringen"], &["de-th"]),
    (&["france"], &["fr"]),
    (&["netherlands", "holland", "the-netherlands"], &["nl"]),
    (&["belgium", "belgique"], &["be"]),
    (&["luxembourg"], &["lu"]),
    (&["spain", "españa", "espana"], &["es"]),
    (&["italy", "italia"], &["it"]),
    (&["portugal"], &["pt"]),
    (&["austria", "österreich"], &["at"]),
    (&["switzerland", "schweiz", "suisse"], &["ch", "ch-zh"]),
    (&["zurich", "zürich"], &["ch-zh"]),
    (&["sweden"], &["se"]),
    (&["norway"], &["no"]),
    (&["denmark"], &["dk"]),
    (&["finland"], &["fi"]),
    (&["poland", "polska"], &["pl"]),
    (&["czechia", "czech-republic", "cz-cz"], &["cz"]),
    (&["greece"], &["gr"]),
    (&["canada"], &["ca-federal", "ca-on", "ca-qc", "ca-bc"]),
    (&["ontario", "toronto"], &["ca-on"]),
    (&["quebec", "québec", "montreal"], &["ca-qc"]),
    (&["british-columbia", "vancouver"], &["ca-bc"]),
    (&["australia"], &["au", "au-nsw", "au-vic", "au-qld"]),
    (&["new-south-wales", "nsw", "sydney"], &["au-nsw"]),
    (&["victoria", "melbourne"], &["au-vic"]),
    (&["queensland", "brisbane"], &["au-qld"]),
    (&["new-zealand"], &["nz"]),
    (&["brazil", "brasil"], &["br"]),
    (&["mexico", "méxico"], &["mx"]),
    (&["south-africa"], &["za"]),
    (&["japan"], &["jp"]),
    (&["india"], &["in"]),
    (&["singapore"], &["sg"]),
    (&["korea", "south-korea"], &["kr"]),
    (&["israel"], &["il"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holidays::Library;

    #[test]
    fn every_calendar_that_has_a_common_name_is_built_in() {
        let library = Library::new([]);
        for (names, calendars) in NAMES {
            for calendar in calendars {
                assert!(library.get(calendar).is_ok(), "{names:?} {calendar}");
            }
        }
        for calendar in
            CODES.iter().map(|(_, calendar)| calendar).chain(PARTS.iter().map(|(country, _)| country))
        {
            assert!(library.get(calendar).is_ok(), "{calendar}");
        }
        assert_eq!(meant("USA"), ["us-federal"]);
        assert_eq!(meant("South Africa"), ["za"]);
        assert!(meant("atlantis").is_empty());
    }

    #[test]
    fn a_part_of_a_country_without_a_calendar_has_the_one_of_the_country() {
        for (name, expected) in [
            ("Texas", Some("us-federal")),
            ("new_york", Some("us-federal")),
            ("us-ca", Some("us-federal")),
            ("CA-AB", Some("ca-federal")),
            ("catalonia", Some("es")),
            ("us-fed-2", None),
            ("xx-yy", None),
            ("in-house", None),
            ("texas-ranger", None),
        ] {
            assert_eq!(whole_country(name), expected, "{name}");
        }
        let all = PARTS.iter().flat_map(|(_, parts)| parts.split(' '));
        let twice: Vec<_> = all.filter(|part| !meant(part).is_empty()).collect();
        assert!(twice.is_empty(), "these have a calendar: {twice:?}");
    }
}
