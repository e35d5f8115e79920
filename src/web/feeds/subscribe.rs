//! The links with which a feed is added to a calendar.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::config::BaseUrl;
use crate::feed::{Alarm, Feed};
use crate::live::{FeedSlot, TeamSnapshot};
use crate::text::clean;

/// Everything but the unreserved characters of RFC 3986 2.3, since an address within an address must stay one value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Ways to subscribe to one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscribe {
    /// The address, to copy into any calendar program.
    pub(crate) address: String,
    /// Opens the calendar program of the visitor's machine.
    pub(crate) webcal: String,
    /// Google Calendar.
    pub(crate) google: String,
    /// Outlook for work and school.
    pub(crate) microsoft365: String,
    /// Outlook at home.
    pub(crate) outlook: String,
}

impl Subscribe {
    /// For `slot` of `team`, for a visitor who reaches the server at `base_url`; with `alarm` a reminder before each
    /// shift.
    pub(crate) fn to(
        base_url: &BaseUrl,
        team: &TeamSnapshot,
        slot: &FeedSlot,
        alarm: Option<Alarm>,
    ) -> Subscribe {
        let query = of_shifts(slot, alarm).map(|alarm| format!("?alarm={alarm}")).unwrap_or_default();
        let below = format!("{}/{}{query}", team.team().id, slot.path);
        let address = format!("{base_url}/{below}");
        let webcal = format!("webcal://{}/{below}", base_url.after_scheme());
        let title = slot.feed.title(team.team());
        let (name, url) = (encoded(&clean(&title)), encoded(&address));
        let add = |host: &str| format!("https://{host}/calendar/0/addfromweb?url={url}&name={name}");
        Subscribe {
            google: format!("https://calendar.google.com/calendar/r?cid={}", encoded(&webcal)),
            microsoft365: add("outlook.office.com"),
            outlook: add("outlook.live.com"),
            address,
            webcal,
        }
    }
}

/// `alarm`, for a feed that has shifts.
pub(in crate::web) fn of_shifts(slot: &FeedSlot, alarm: Option<Alarm>) -> Option<Alarm> {
    alarm.filter(|_| slot.feed != Feed::Coverage)
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}
