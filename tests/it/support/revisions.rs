//! What a calendar client remembers of a feed: no event may ever go back.

use std::collections::BTreeMap;

/// SEQUENCE and LAST-MODIFIED of every event that was ever seen, by UID, and LAST-MODIFIED of the calendar, under "".
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(BTreeMap<String, (u32, String)>);

impl Seen {
    /// Fails if anything in `feed` is older than what was seen before, and remembers it.
    pub(crate) fn look(&mut self, feed: &str) -> Result<(), String> {
        let unfolded = feed.replace("\r\n ", "");
        for event in unfolded.split("BEGIN:VEVENT") {
            let value = |name: &str| {
                let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                line.unwrap_or_default().to_owned()
            };
            // What comes before the first event has no UID.
            let (uid, new) = (value("UID"), (value("SEQUENCE").parse().unwrap_or(0), value("LAST-MODIFIED")));
            if let Some(old) = self.0.get(&uid)
                && (new.0 < old.0 || new.1 < old.1)
            {
                return Err(format!("{uid} went back from {old:?} to {new:?}"));
            }
            self.0.insert(uid, new);
        }
        Ok(())
    }

    /// The highest SEQUENCE that was seen.
    pub(crate) fn highest(&self) -> u32 {
        self.0.values().map(|(sequence, _)| *sequence).max().unwrap_or_default()
    }
}
