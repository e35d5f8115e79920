//! How to subscribe with each calendar program: a button, steps by hand, and how soon it shows a change.

use maud::{Markup, html};

use crate::web::feeds::subscribe::Subscribe;

/// Why a calendar on the internet cannot fetch from this server.
const UNREACHABLE: &str = "fetches calendars from the internet and cannot reach this server: its address works only on its own machine.";

/// A calendar program.
struct Client<'a> {
    name: &'static str,
    button: Option<(&'a str, &'static str)>,
    steps: &'static [&'static str],
    pace: &'static str,
    /// Whether it fetches from the internet, so that it cannot reach a server on one machine.
    is_remote: bool,
}

/// A section for each program. `is_loopback`: only its own machine can reach the server.
pub(super) fn clients(links: &Subscribe, download: &str, is_loopback: bool) -> Markup {
    html! {
        div.clients {
            @for client in web_programs(links).into_iter().chain(desktop_programs(links)) { (section(&client, is_loopback)) }
        }
        section.card.client {
            h3 { "Another program" }
            p { "Wherever a program asks for the address of an internet calendar (iCalendar, ICS, webcal), give it the address above." }
            p.fine {
                "Or " a href=(download) { "download a copy" } ". A copy never changes: import it again after each change. It also removes what is no longer there."
            }
        }
    }
}

fn section(client: &Client<'_>, is_loopback: bool) -> Markup {
    let is_impossible = client.is_remote && is_loopback;
    html! {
        section.card.client {
            h3 { (client.name) }
            @if is_impossible {
                p { span.tag.plain { "Not possible here" } " " (client.name) " " (UNREACHABLE) }
            } @else {
                @if let Some((link, label)) = client.button {
                    p { a.button.main href=(link) rel="noreferrer" { (label) } }
                }
                details {
                    summary { "By hand" }
                    ol { @for step in client.steps { li { (step) } } }
                }
            }
            p.fine { (client.pace) }
        }
    }
}

/// Programs that fetch calendars from the internet.
fn web_programs(links: &Subscribe) -> [Client<'_>; 3] {
    [
        Client {
            name: "Google Calendar",
            button: Some((&links.google, "Add to Google Calendar")),
            steps: &[
                "Open calendar.google.com on a computer. The phone app cannot add an address.",
                "Beside “Other calendars” choose +, then “From URL”.",
                "Paste the address and choose “Add calendar”. It shows on your phone too.",
            ],
            pace: "Shows a change after 8 to 24 hours. Nothing makes it fetch sooner. It ignores reminders in the feed: set them in the calendar’s own settings.",
            is_remote: true,
        },
        Client {
            name: "Outlook for work or school (Microsoft 365)",
            button: Some((&links.microsoft365, "Add to Microsoft 365")),
            steps: &[
                "Open outlook.office.com, then the calendar.",
                "Choose “Add calendar”, then “Subscribe from web”.",
                "Paste the address, give it a name and choose “Import”. It shows in Outlook for Windows, Mac and phones too.",
            ],
            pace: "Shows a change after about 3 hours, sometimes a day.",
            is_remote: true,
        },
        Client {
            name: "Outlook.com",
            button: Some((&links.outlook, "Add to Outlook.com")),
            steps: &[
                "Open outlook.live.com, then the calendar.",
                "Choose “Add calendar”, then “Subscribe from web”.",
                "Paste the address, give it a name and choose “Import”.",
            ],
            pace: "Shows a change after about 3 hours, sometimes a day.",
            is_remote: true,
        },
    ]
}

/// Programs that fetch calendars from the machine that they run on.
fn desktop_programs(links: &Subscribe) -> [Client<'_>; 3] {
    [
        Client {
            name: "Apple Calendar",
            button: Some((&links.webcal, "Add to Apple Calendar")),
            steps: &[
                "On a Mac: File, New Calendar Subscription, paste the address.",
                "On an iPhone or iPad: Calendars, Add Calendar, Add Subscription Calendar, paste the address.",
                "Set “Auto-refresh” to every hour, and on a Mac untick “Remove: Alerts” to keep reminders.",
            ],
            pace: "Shows a change at the interval set as “Auto-refresh”: at best after 5 minutes on a Mac, by default after a week.",
            is_remote: false,
        },
        Client {
            name: "Thunderbird",
            button: Some((&links.webcal, "Open in Thunderbird")),
            steps: &[
                "In the calendar choose “New Calendar”, then “On the Network”.",
                "Paste the address as the location, leave the user name empty, and choose “Find Calendars”.",
            ],
            pace: "Shows a change after 30 minutes, or at once with “Synchronize”.",
            is_remote: false,
        },
        Client {
            name: "Outlook for Windows (classic)",
            button: Some((&links.webcal, "Open in Outlook")),
            steps: &[
                "In the calendar choose “Open Calendar”, then “From Internet”.",
                "Paste the address and choose OK.",
            ],
            pace: "Shows a change at each send and receive, about every 30 minutes.",
            is_remote: false,
        },
    ]
}
