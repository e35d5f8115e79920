//! Which clock a `TZID` means: an IANA name, a Windows name, or the file's own `VTIMEZONE`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::NaiveDateTime;
use windows_timezones::WindowsTimezone;

use super::bounds::Bounds;
use super::component::{Calendar, CalendarFile, ZoneDefinition};
use super::file_zone::FileZone;
use super::recur::Allowance;
use super::value;
use crate::rota::{Instant, Zone};

/// How many of a file's `VTIMEZONE`s are tried as the clock on which a day begins.
const MAX_CLOCKS: usize = 20;

/// A clock of a calendar.
#[derive(Debug, Clone)]
pub(super) enum TimeZone {
    /// One of the IANA database.
    Iana(Zone),
    /// One that the file itself defines.
    File(Rc<FileZone>),
}

impl TimeZone {
    /// The instant at which the clock shows `local` (RFC 5545 3.3.5): a time that a clock change skips is read with the
    /// offset before the gap; one that occurs twice means the earlier.
    pub(super) fn instant(&self, local: NaiveDateTime) -> Instant {
        match self {
            TimeZone::Iana(zone) => zone.instant_by_earlier_offset(local),
            TimeZone::File(zone) => zone.instant(local),
        }
    }

    /// What the clock shows at `instant`.
    pub(super) fn local(&self, instant: Instant) -> NaiveDateTime {
        match self {
            TimeZone::Iana(zone) => zone.local(instant),
            TimeZone::File(zone) => zone.local(instant),
        }
    }
}

/// By the place of the calendar and the `TZID`; `None` where there is no such zone.
type ByTzid<T> = BTreeMap<(usize, String), Option<T>>;

/// The zones of one file, each looked up once.
pub(super) struct TimeZones<'z> {
    file: &'z CalendarFile<'z>,
    named: &'z dyn Fn(&str) -> Option<Zone>,
    own: &'z Zone,
    bounds: Bounds,
    allowance: &'z Allowance,
    /// By the place of the calendar and the plain `TZID`.
    definitions: BTreeMap<(usize, String), &'z ZoneDefinition<'z>>,
    found: RefCell<ByTzid<TimeZone>>,
    rules: RefCell<ByTzid<Rc<FileZone>>>,
    days: RefCell<BTreeMap<usize, Rc<[TimeZone]>>>,
}

impl<'z> TimeZones<'z> {
    /// The zones of `file`, where `named` gives the zone of an IANA name and `own` is the reader's own.
    pub(super) fn new(
        file: &'z CalendarFile<'z>,
        named: &'z dyn Fn(&str) -> Option<Zone>,
        own: &'z Zone,
        bounds: Bounds,
        allowance: &'z Allowance,
    ) -> TimeZones<'z> {
        let (found, rules, days) = (RefCell::default(), RefCell::default(), RefCell::default());
        let mut definitions = BTreeMap::new();
        for (place, calendar) in file.calendars.iter().enumerate() {
            for zone in &calendar.zones {
                if let Some(tzid) = &zone.tzid {
                    definitions.entry((place, plain(tzid))).or_insert(zone);
                }
            }
        }
        TimeZones { file, named, own, bounds, allowance, definitions, found, rules, days }
    }

    /// The reader's own zone.
    pub(super) fn own(&self) -> TimeZone {
        TimeZone::Iana(self.own.clone())
    }

    /// UTC.
    pub(super) fn utc(&self) -> TimeZone {
        (self.named)("UTC").map_or_else(|| TimeZone::File(Rc::new(FileZone::utc())), TimeZone::Iana)
    }

    /// The zone that `tzid` means in the calendar at that place. Names come before the file's own rules, which are
    /// often years old; names that are mere abbreviations come after them.
    pub(super) fn find(&self, tzid: &str, calendar: usize) -> Option<TimeZone> {
        let key = (calendar, plain(tzid));
        if let Some(found) = self.found.borrow().get(&key) {
            return found.clone();
        }
        let tzid = key.1.as_str();
        let location = self.definitions.get(&key).and_then(|zone| zone.location.as_deref());
        let zone = names(tzid)
            .chain(location.into_iter().flat_map(names))
            .find_map(|name| (self.named)(name))
            .map(TimeZone::Iana)
            .or_else(|| self.rules(tzid, calendar).map(TimeZone::File))
            .or_else(|| (self.named)(tzid).map(TimeZone::Iana));
        self.found.borrow_mut().insert(key, zone.clone());
        zone
    }

    /// The rules that the calendar itself has for `tzid`, if it has any that can be read.
    pub(super) fn rules(&self, tzid: &str, calendar: usize) -> Option<Rc<FileZone>> {
        let key = (calendar, plain(tzid));
        if let Some(found) = self.rules.borrow().get(&key) {
            return found.clone();
        }
        let definition = self.definitions.get(&key);
        let zone = definition.and_then(|zone| FileZone::read(zone, self.bounds, self.allowance)).map(Rc::new);
        self.rules.borrow_mut().insert(key, zone.clone());
        zone
    }

    /// The clocks on which a day of the calendar may begin, the likeliest first: `X-WR-TIMEZONE`, each `VTIMEZONE` in
    /// the file's order, the reader's own, UTC.
    pub(super) fn day_clocks(&self, calendar: usize) -> Rc<[TimeZone]> {
        if let Some(found) = self.days.borrow().get(&calendar) {
            return Rc::clone(found);
        }
        let of_calendar = self.calendar(calendar).and_then(|calendar| calendar.zone.as_ref());
        let zones = self.calendar(calendar).into_iter().flat_map(|calendar| &calendar.zones);
        let tzids = zones.filter_map(|zone| zone.tzid.as_deref()).take(MAX_CLOCKS);
        let tzids = of_calendar.map(|at| at.value.as_str()).into_iter().chain(tzids);
        let mut clocks: Vec<TimeZone> = tzids.filter_map(|tzid| self.find(tzid, calendar)).collect();
        clocks.push(self.own());
        clocks.push(self.utc());
        let clocks: Rc<[TimeZone]> = clocks.into();
        self.days.borrow_mut().insert(calendar, Rc::clone(&clocks));
        clocks
    }

    fn calendar(&self, place: usize) -> Option<&'z Calendar<'z>> {
        self.file.calendars.get(place)
    }
}

/// A `TZID` without quotes and escapes: a property is TEXT, so that its commas are escaped, and a parameter is not (RFC
/// 5545 3.8.3.1, 3.2.19).
fn plain(tzid: &str) -> String {
    value::text(tzid.trim().trim_matches('"'))
}

/// The names of IANA zones with an area, such as `Europe/London`, that `tzid` may stand for, the likeliest first. Some
/// programs put a slash or a path before the name, as in `/freeassociation.sourceforge.net/Europe/London`.
fn names(tzid: &str) -> impl Iterator<Item = &str> {
    let whole = Some(tzid).filter(|name| name.contains('/') && !name.starts_with('/'));
    let path = tzid.strip_prefix('/').into_iter().flat_map(|path| {
        let ends = path.match_indices('/').filter_map(|(at, _)| path.get(at + 1..));
        // The longest end first: `America/Argentina/Salta` before `Argentina/Salta`.
        std::iter::once(path).chain(ends).filter(|end| end.contains('/')).take(8)
    });
    let windows = tzid.parse::<WindowsTimezone>().ok().map(WindowsTimezone::tzdb_id);
    // Exchange's own address for UTC.
    let utc = tzid.eq_ignore_ascii_case("tzone://Microsoft/Utc").then_some("UTC");
    whole.into_iter().chain(path).chain(windows).chain(utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_windows_and_names_behind_a_path_are_known() {
        let all = |tzid: &'static str| names(tzid).collect::<Vec<_>>();
        assert_eq!(all("Europe/London"), ["Europe/London"]);
        assert_eq!(all("/Europe/Vienna"), ["Europe/Vienna"]);
        assert_eq!(all("W. Europe Standard Time"), ["Europe/Berlin"]);
        assert_eq!(all("tzone://Microsoft/Utc"), ["tzone://Microsoft/Utc", "UTC"]);
        assert_eq!(
            all("/citadel.org/20210210_1/America/Argentina/Salta"),
            [
                "citadel.org/20210210_1/America/Argentina/Salta",
                "20210210_1/America/Argentina/Salta",
                "America/Argentina/Salta",
                "Argentina/Salta"
            ]
        );
        assert_eq!(all("CET"), [""; 0], "an abbreviation is looked up after the file's own rules");
    }
}
