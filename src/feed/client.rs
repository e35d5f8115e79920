//! The kinds of calendar client that are distinguished.

/// A kind of calendar client, as far as its requests show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// Google Calendar, one fetch for all who subscribe.
    Google,
    /// Outlook on Windows and the Mac.
    OutlookDesktop,
    /// Outlook on the web, Outlook.com and Exchange, one fetch for each mailbox.
    OutlookWeb,
    /// Calendar on the Mac, iPhone and iPad.
    Apple,
    /// Mozilla Thunderbird.
    Thunderbird,
    /// DAVx5 and ICSx5 on Android.
    Davx5,
    /// Any other.
    Other,
}

impl Client {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Client; 7] = [
        Client::Google,
        Client::OutlookDesktop,
        Client::OutlookWeb,
        Client::Apple,
        Client::Thunderbird,
        Client::Davx5,
        Client::Other,
    ];

    /// Its name in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Client::Google => "google",
            Client::OutlookDesktop => "outlook-desktop",
            Client::OutlookWeb => "outlook-web",
            Client::Apple => "apple",
            Client::Thunderbird => "thunderbird",
            Client::Davx5 => "davx5",
            Client::Other => "other",
        }
    }

    /// Its display name.
    pub fn name(self) -> &'static str {
        match self {
            Client::Google => "Google Calendar",
            Client::OutlookDesktop => "Outlook for Windows and Mac",
            Client::OutlookWeb => "Outlook on the web, Exchange",
            Client::Apple => "Apple Calendar",
            Client::Thunderbird => "Thunderbird",
            Client::Davx5 => "DAVx5, ICSx5",
            Client::Other => "Others",
        }
    }

    /// Its position in [`Client::ALL`].
    pub fn place(self) -> usize {
        self as usize
    }

    /// The kind with this name in the database and the API.
    pub fn named(word: &str) -> Option<Client> {
        Client::ALL.into_iter().find(|client| client.as_str() == word)
    }
}
