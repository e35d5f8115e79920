//! Which calendar program sends a request, by its User-Agent.

use actix_web::http::header::{HeaderMap, USER_AGENT};

use crate::feed::Client;

/// How the user agents of a kind start.
const STARTS: [(&str, Client); 15] = [
    ("Google-Calendar-Importer", Client::Google),
    ("Microsoft.Exchange/", Client::OutlookWeb),
    ("Microsoft Exchange/", Client::OutlookWeb),
    ("Outlook-iOS", Client::OutlookWeb),
    ("Outlook-Android", Client::OutlookWeb),
    ("Microsoft Office/", Client::OutlookDesktop),
    ("MacOutlook/", Client::OutlookDesktop),
    ("iOS/", Client::Apple),
    ("iPadOS/", Client::Apple),
    ("macOS/", Client::Apple),
    ("Mac OS X/", Client::Apple),
    ("Mac+OS+X/", Client::Apple),
    ("ICSx5/", Client::Davx5),
    ("DAVx5/", Client::Davx5),
    ("DAVdroid/", Client::Davx5),
];

/// What the user agents of a kind contain, where they start as a browser's does.
const PARTS: [(&str, Client); 7] = [
    ("Thunderbird/", Client::Thunderbird),
    ("Google-Calendar-Importer", Client::Google),
    ("Microsoft.Exchange", Client::OutlookWeb),
    ("ms-office", Client::OutlookDesktop),
    ("Microsoft Outlook", Client::OutlookDesktop),
    ("dataaccessd/", Client::Apple),
    ("CalendarAgent/", Client::Apple),
];

/// The kind of client that sent `headers`.
pub(in crate::web) fn client(headers: &HeaderMap) -> Client {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.map_or(Client::Other, named)
}

fn named(agent: &str) -> Client {
    let starts = STARTS.iter().find(|(start, _)| agent.starts_with(start));
    let found = starts.or_else(|| PARTS.iter().find(|(part, _)| agent.contains(part)));
    found.map_or(Client::Other, |(_, client)| *client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_known_by_what_they_really_send() {
        for (agent, client) in [
            ("Google-Calendar-Importer", Client::Google),
            ("Mozilla/5.0 (compatible; Google-Calendar-Importer)", Client::Google),
            ("Microsoft.Exchange/15.20 (Windows NT 10.0; Win64; x64)", Client::OutlookWeb),
            ("Microsoft Exchange/15.20", Client::OutlookWeb),
            ("Outlook-iOS/2.0", Client::OutlookWeb),
            (
                "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)",
                Client::OutlookDesktop,
            ),
            (
                "Microsoft Office/14.0 (Windows NT 6.1; Microsoft Outlook 14.0.7113; Pro)",
                Client::OutlookDesktop,
            ),
            ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", Client::OutlookDesktop),
            ("MacOutlook/16.78.23100802 (Intelx64 Mac OS X Version 13.6)", Client::OutlookDesktop),
            ("iOS/18.0 (22A3354) dataaccessd/1.0", Client::Apple),
            ("macOS/13.4 (22F66) dataaccessd/1.0", Client::Apple),
            ("Mac OS X/10.13.6 (17G65) CalendarAgent/399.2.2", Client::Apple),
            ("Mac+OS+X/10.10.5 (14F27) CalendarAgent/316.1", Client::Apple),
            ("dataaccessd/1.0", Client::Apple),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
                Client::Thunderbird,
            ),
            ("ICSx5/2.4.3 (ical4j/3.2.19 okhttp/5.3.2 Android/16)", Client::Davx5),
            ("DAVx5/4.4.4-ose (dav4jvm; okhttp/4.12.0) Android/14", Client::Davx5),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                Client::Other,
            ),
            ("Evolution/3.56.2", Client::Other),
            ("curl/8.5.0", Client::Other),
            ("", Client::Other),
        ] {
            assert_eq!(named(agent), client, "{agent}");
        }
    }
}
