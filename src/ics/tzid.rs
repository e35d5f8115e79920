//! Which zone a `TZID` means: an IANA name, a Windows name, or one with something around it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use windows_timezones::WindowsTimezone;

use super::component::Calendar;
use crate::rota::Zone;

/// The zones of one file, each looked up once.
pub(super) struct TimeZones<'z> {
    named: &'z dyn Fn(&str) -> Option<Zone>,
    found: RefCell<BTreeMap<String, Option<Zone>>>,
}

impl<'z> TimeZones<'z> {
    /// Over `named`, which knows IANA names.
    pub(super) fn new(named: &'z dyn Fn(&str) -> Option<Zone>) -> TimeZones<'z> {
        TimeZones { named, found: RefCell::default() }
    }

    /// The zone that `tzid` means in `calendar`.
    pub(super) fn find(&self, tzid: &str, calendar: Option<&Calendar>) -> Option<Zone> {
        let location = calendar.and_then(|calendar| calendar.locations.get(tzid));
        location.and_then(|name| self.known(name)).or_else(|| self.known(tzid))
    }

    fn known(&self, name: &str) -> Option<Zone> {
        if let Some(found) = self.found.borrow().get(name) {
            return found.clone();
        }
        let zone = names(name).find_map(|name| (self.named)(name));
        self.found.borrow_mut().insert(name.to_owned(), zone.clone());
        zone
    }
}

/// The names that `tzid` may stand for, the likeliest first. Some programs put a path before the name, as in
/// `/freeassociation.sourceforge.net/Europe/London`.
fn names(tzid: &str) -> impl Iterator<Item = &str> {
    let windows = tzid.parse::<WindowsTimezone>().ok().map(WindowsTimezone::tzdb_id);
    let path = tzid.strip_prefix('/').into_iter().flat_map(|path| {
        let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        // The longest end first: `America/Argentina/Salta` before `Argentina/Salta`.
        slashes.into_iter().filter_map(move |at| path.get(at + 1..)).filter(|end| end.contains('/')).take(8)
    });
    // Exchange's own address for UTC.
    let utc = tzid.eq_ignore_ascii_case("tzone://Microsoft/Utc").then_some("UTC");
    std::iter::once(tzid).chain(windows).chain(utc).chain(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_windows_and_names_behind_a_path_are_known() {
        let all = |tzid: &'static str| names(tzid).collect::<Vec<_>>();
        assert_eq!(all("Europe/London"), ["Europe/London"]);
        assert_eq!(all("W. Europe Standard Time"), ["W. Europe Standard Time", "Europe/Berlin"]);
        assert_eq!(all("tzone://Microsoft/Utc")[1], "UTC");
        assert_eq!(all("/citadel.org/20210210_1/America/Argentina/Salta")[2], "America/Argentina/Salta");
    }
}
