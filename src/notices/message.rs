//! A message, and how it reads at the time at which it is sent.

use serde::{Deserialize, Serialize};

use crate::rota::{EngineerId, Instant};

/// What a message begins with that comes late. It may say what is no longer so.
const DELAYED: &str = "This message was delayed, and a newer one has reached you before it. Where they differ, the newer one is right.";

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Who is on call changed.
    Moved,
    /// The team must agree on something, or has.
    Agree,
    /// Time is running out to agree.
    Reminder,
    /// What is open when notices are first configured.
    First,
    /// The weekly summary.
    Digest,
    /// A test by hand.
    Test,
}

impl Kind {
    /// As in the outbox and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Moved => "moved",
            Kind::Agree => "agree",
            Kind::Reminder => "reminder",
            Kind::First => "first",
            Kind::Digest => "digest",
            Kind::Test => "test",
        }
    }
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// The team: each of its addresses, and its webhook.
    Team,
    /// One engineer.
    Engineer(EngineerId),
}

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about.
    pub kind: Kind,
    /// Whom it is for.
    pub to: Recipient,
    /// Distinguishes it from every other message of its kind to its recipient.
    pub key: String,
    /// What it says.
    pub text: Text,
}

/// The text of a message. It is put together when it is sent: a message that had to wait leaves out what is over by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What the subject begins with: `On-call`.
    pub prefix: String,
    /// The rest of the subject; if missing, the headline of the first part.
    pub title: Option<String>,
    /// The text before the parts.
    pub intro: String,
    /// At least one.
    pub parts: Vec<Part>,
    /// The text after the parts.
    pub closing: String,
    /// A page with more, at the very end.
    pub link: Option<String>,
}

/// A part of a message that is worth reading by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it says in one line, for the subject.
    pub headline: String,
    /// All that it says.
    pub text: String,
    /// When it becomes out of date.
    pub expires: Instant,
}

impl Text {
    /// When the whole message becomes out of date.
    pub fn expires(&self) -> Instant {
        self.parts.iter().map(|part| part.expires).max().unwrap_or(Instant::MIN_UTC)
    }

    /// Subject and body at `now`, without the link; `None` if all of it is out of date.
    pub fn at(&self, now: Instant) -> Option<(String, String)> {
        let parts: Vec<&Part> = self.parts.iter().filter(|part| now < part.expires).collect();
        let first = parts.first()?;
        let more = match parts.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let rest = self.title.clone().unwrap_or_else(|| format!("{}{more}", first.headline));
        let paragraphs = std::iter::once(self.intro.as_str())
            .chain(parts.iter().map(|part| part.text.as_str()))
            .chain([self.closing.as_str()])
            .filter(|paragraph| !paragraph.is_empty());
        let body = paragraphs.collect::<Vec<_>>().join("\n\n");
        Some((format!("{}: {rest}", self.prefix), body))
    }

    /// [`Text::at`] for whoever has had a newer message before this one.
    pub fn delayed_at(&self, now: Instant) -> Option<(String, String)> {
        let (subject, body) = self.at(now)?;
        Some((format!("Delayed: {subject}"), format!("{DELAYED}\n\n{body}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headline: &str, expires: &str) -> Part {
        let text = format!("All about {headline}.");
        Part { headline: headline.to_owned(), text, expires: expires.parse().unwrap() }
    }

    #[test]
    fn what_is_over_when_a_message_is_sent_is_left_out() {
        let parts = vec![part("one", "2026-01-02T00:00:00Z"), part("two", "2026-01-03T00:00:00Z")];
        let (prefix, intro) = ("On-call".to_owned(), "Hello.".to_owned());
        let text = Text { prefix, title: None, intro, parts, closing: "Bye.".to_owned(), link: None };
        let at = |now: &str| text.at(now.parse().unwrap());
        let (subject, body) = at("2026-01-01T00:00:00Z").unwrap();
        assert_eq!(subject, "On-call: one, and 1 more");
        assert_eq!(body, "Hello.\n\nAll about one.\n\nAll about two.\n\nBye.");
        let (subject, body) = at("2026-01-02T00:00:00Z").unwrap();
        assert_eq!((subject.as_str(), body.as_str()), ("On-call: two", "Hello.\n\nAll about two.\n\nBye."));
        assert_eq!(at("2026-01-03T00:00:00Z"), None);
        let delayed = |now: &str| text.delayed_at(now.parse().unwrap());
        let (subject, body) = delayed("2026-01-02T00:00:00Z").unwrap();
        assert_eq!(subject, "Delayed: On-call: two");
        assert_eq!(body, format!("{DELAYED}\n\nHello.\n\nAll about two.\n\nBye."));
        assert_eq!(delayed("2026-01-03T00:00:00Z"), None);
        assert_eq!(text.expires(), "2026-01-03T00:00:00Z".parse::<Instant>().unwrap());
    }
}
