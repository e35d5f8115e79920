//! Countries and regions as people call them, with the calendars that they mean.

/// The calendars that `name` may mean, the likeliest first; none if it is not a common name.
pub(super) fn meant(name: &str) -> &'static [&'static str] {
    let plain: String = name.to_lowercase().replace(['_', ' ', '.'], "-");
    let found = NAMES.iter().find(|(names, _)| names.contains(&plain.as_str()));
    found.map_or(&[], |(_, calendars)| calendars)
}

const NAMES: [(&[&str], &[&str]); 52] = [
    (
        &["us", "usa", "u-s", "u-s-a", "america", "united-states", "us-fed", "federal", "en-us"],
        &["us-federal"],
    ),
    (&["uk", "britain", "great-britain", "united-kingdom", "en-gb"], &["gb-eng", "gb-sct", "gb-nir"]),
    (&["england", "wales", "england-and-wales", "gb-wls"], &["gb-eng"]),
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
    (&["ontario"], &["ca-on"]),
    (&["quebec", "québec"], &["ca-qc"]),
    (&["british-columbia"], &["ca-bc"]),
    (&["australia"], &["au", "au-nsw", "au-vic", "au-qld"]),
    (&["new-zealand"], &["nz"]),
    (&["brazil", "brasil"], &["br"]),
    (&["mexico", "méxico"], &["mx"]),
    (&["south-africa"], &["za"]),
    (&["japan"], &["jp"]),
    (&["india"], &["in"]),
    (&["singapore"], &["sg"]),
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
        assert_eq!(meant("USA"), ["us-federal"]);
        assert_eq!(meant("South Africa"), ["za"]);
        assert!(meant("atlantis").is_empty());
    }
}
