//! Which calendar program asks, by what it calls itself.

/// Programs that fetch calendars, by whose clock they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    /// Google's servers, for Google Calendar on the web and on phones.
    Google,
    /// Outlook on somebody's machine.
    OutlookDesktop,
    /// Microsoft's servers, for Outlook on the web, on phones and the new one on Windows.
    OutlookWeb,
    /// Calendar of macOS and iOS.
    Apple,
    /// Thunderbird.
    Thunderbird,
    /// DAVx⁵ and ICSx⁵ on Android.
    Davx5,
    /// Browsers, scripts, and whatever says nothing.
    Other,
}

impl Family {
    pub(super) const ALL: [Family; 7] = [
        Family::Google,
        Family::OutlookDesktop,
        Family::OutlookWeb,
        Family::Apple,
        Family::Thunderbird,
        Family::Davx5,
        Family::Other,
    ];

    /// `google`, `outlook-desktop`, …
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Family::Google => "google",
            Family::OutlookDesktop => "outlook-desktop",
            Family::OutlookWeb => "outlook-web",
            Family::Apple => "apple",
            Family::Thunderbird => "thunderbird",
            Family::Davx5 => "davx5",
            Family::Other => "other",
        }
    }
}

/// The family of a User-Agent.
pub(super) fn family(user_agent: &[u8]) -> Family {
    let has = |name: &[u8]| user_agent.windows(name.len()).any(|part| part == name);
    let starts = |name: &[u8]| user_agent.starts_with(name);
    match user_agent.first() {
        Some(b'G') if starts(b"Google-Calendar-Importer") || starts(b"Google-") => Family::Google,
        Some(b'M') if starts(b"Microsoft Office/") || starts(b"Microsoft Outlook") => Family::OutlookDesktop,
        Some(b'M') if starts(b"Microsoft") => Family::OutlookWeb,
        Some(b'O') if starts(b"Outlook") || starts(b"OWA") => Family::OutlookWeb,
        Some(b'D') if starts(b"DAVx5") => Family::Davx5,
        Some(b'I') if starts(b"ICSx5") => Family::Davx5,
        Some(b'i') if starts(b"iOS/") || starts(b"iPadOS/") => Family::Apple,
        Some(b'm' | b'M' | b'C' | b'd' | b'v') if has(b"CalendarAgent") || has(b"dataaccessd") => {
            Family::Apple
        }
        Some(b'm') if starts(b"macOS/") => Family::Apple,
        Some(b'M') if has(b"Thunderbird/") => Family::Thunderbird,
        Some(b'M') if has(b"Microsoft Outlook") => Family::OutlookDesktop,
        _ => Family::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_by_what_it_calls_itself() {
        for (user_agent, expected) in [
            ("Google-Calendar-Importer", Family::Google),
            (
                "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
                Family::OutlookDesktop,
            ),
            ("Microsoft.Exchange/15.20 (Windows NT 10.0)", Family::OutlookWeb),
            ("Outlook-iOS/2.0", Family::OutlookWeb),
            ("iOS/17.5.1 (21F90) dataaccessd/1.0", Family::Apple),
            ("macOS/14.5 (23F79) CalendarAgent/997.5", Family::Apple),
            ("Mac OS X/10.15.7 (19H2) CalendarAgent/930.5.1", Family::Apple),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.6.0",
                Family::Thunderbird,
            ),
            ("ICSx5/2.2.3 (ical4j/4.0 okhttp/4.12)", Family::Davx5),
            ("DAVx5/4.4.3-ose (dav4jvm; okhttp/4.12.0) Android/14", Family::Davx5),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Family::Other),
            ("curl/8.5.0", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(family(user_agent.as_bytes()), expected, "{user_agent}");
        }
    }
}
