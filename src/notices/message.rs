//! A message, and how it reads at the time at which it is sent.

use serde::{Deserialize, Serialize};

use super::settle::is_urgent;
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

/// The text of a message. It is put together when it is sent: a message that had to wait leaves out what is over by
/// then, and says only of the rest how urgent it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What the subject begins with: `On-call`. `URGENT: ` is put before it where a part is urgent.
    pub prefix: String,
    /// The rest of the subject; if missing, the headline of the first part.
    pub title: Option<String>,
    /// The first sentence of all, if any.
    #[serde(default)]
    pub greeting: Option<String>,
    /// The name of the team, where the parts are about what it must agree on: how many points there are is said after
    /// the greeting.
    #[serde(default)]
    pub agrees: Option<String>,
    /// The rest of the text before the parts.
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
    /// The start of what it is about, where it is urgent shortly before that.
    #[serde(default)]
    pub start: Option<Instant>,
    /// What the reader has to do with it, if the team must agree on it.
    #[serde(default)]
    pub open: Option<Involved>,
}

/// What the reader has to do with something that the team must agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Involved {
    /// They are proposed.
    Proposed,
    /// A volunteer is needed, and they are first in turn.
    FirstInTurn,
    /// Somebody else is proposed, or first in turn.
    Otherwise,
}

impl Part {
    /// A part that is never urgent, and about nothing that must be agreed on.
    pub fn new(headline: String, text: String, expires: Instant) -> Part {
        Part { headline, text, expires, start: None, open: None }
    }
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
        let intro = self.intro_of(&parts);
        let paragraphs = std::iter::once(intro.as_str())
            .chain(parts.iter().map(|part| part.text.as_str()))
            .chain([self.closing.as_str()])
            .filter(|paragraph| !paragraph.is_empty());
        let body = paragraphs.collect::<Vec<_>>().join("\n\n");
        let is_urgent = parts.iter().filter_map(|part| part.start).any(|start| is_urgent(start, now));
        let urgent = if is_urgent { "URGENT: " } else { "" };
        Some((format!("{urgent}{}: {rest}", self.prefix), body))
    }

    /// The text before `parts`.
    fn intro_of(&self, parts: &[&Part]) -> String {
        let agree = self.agrees.as_deref().map(|team| agree_on(team, parts));
        let sentences = [self.greeting.as_deref(), agree.as_deref(), Some(self.intro.as_str())];
        let sentences = sentences.into_iter().flatten().filter(|sentence| !sentence.is_empty());
        sentences.collect::<Vec<_>>().join(" ")
    }

    /// [`Text::at`] for whoever has had a newer message before this one.
    pub fn delayed_at(&self, now: Instant) -> Option<(String, String)> {
        let (subject, body) = self.at(now)?;
        Some((format!("Delayed: {subject}"), format!("{DELAYED}\n\n{body}")))
    }
}

/// How much `team` must agree on, and what that means to the reader.
fn agree_on(team: &str, parts: &[&Part]) -> String {
    let open = || parts.iter().filter_map(|part| part.open);
    let head = match open().count() {
        0 => format!("This is about the on-call plan of {team}."),
        1 => format!("The on-call team {team} must agree on this."),
        count => format!("The on-call team {team} must agree on these {count} points."),
    };
    let own = if open().any(|own| own == Involved::Proposed) {
        " You are proposed as primary."
    } else if open().any(|own| own == Involved::FirstInTurn) {
        " A volunteer is needed, and you are first in turn."
    } else {
        ""
    };
    format!("{head}{own}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(headline: &str, expires: &str) -> Part {
        Part::new(headline.to_owned(), format!("All about {headline}."), expires.parse().unwrap())
    }

    #[test]
    fn how_urgent_a_message_is_and_what_it_asks_follow_from_what_is_left_of_it() {
        let at = |day: u32| format!("2026-01-{day:02}T00:00:00Z").parse::<Instant>().unwrap();
        let open = |day: u32, involved: Involved| {
            let part = part("one", &at(day).to_rfc3339());
            Part { start: Some(at(day)), open: Some(involved), ..part }
        };
        let parts =
            vec![open(3, Involved::Proposed), open(5, Involved::FirstInTurn), open(20, Involved::Otherwise)];
        let (prefix, agrees) = ("On-call".to_owned(), Some("Data".to_owned()));
        let intro = "Times are in UTC.".to_owned();
        let text =
            Text { prefix, agrees, greeting: Some("Hello.".to_owned()), intro, parts, ..Text::default() };
        let starts = |day: u32, subject: &str, intro: &str| {
            let (is, body) = text.at(at(day)).unwrap();
            assert_eq!(is, subject);
            assert_eq!(body.lines().next(), Some(intro));
        };
        let three = "Hello. The on-call team Data must agree on these 3 points. You are proposed as primary. Times are in UTC.";
        starts(1, "On-call: one, and 2 more", three);
        starts(2, "On-call: one, and 2 more", three);
        let soon = at(2) + chrono::TimeDelta::seconds(1);
        assert_eq!(text.at(soon).unwrap().0, "URGENT: On-call: one, and 2 more");
        let two = "Hello. The on-call team Data must agree on these 2 points. A volunteer is needed, and you are first in turn. Times are in UTC.";
        starts(3, "On-call: one, and 1 more", two);
        let one = "Hello. The on-call team Data must agree on this. Times are in UTC.";
        starts(5, "On-call: one", one);
    }

    #[test]
    fn a_message_that_an_earlier_version_wrote_is_read() {
        let stored = r#"{"prefix":"URGENT: On-call","title":null,"intro":"Hello.","parts":[{"headline":"one",
            "text":"All.","expires":"2026-01-02T00:00:00Z"}],"closing":"Bye.","link":null}"#;
        let text: Text = serde_json::from_str(stored).unwrap();
        let (subject, body) = text.at("2026-01-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!((subject.as_str(), body.as_str()), ("URGENT: On-call: one", "Hello.\n\nAll.\n\nBye."));
    }

    #[test]
    fn what_is_over_when_a_message_is_sent_is_left_out() {
        let parts = vec![part("one", "2026-01-02T00:00:00Z"), part("two", "2026-01-03T00:00:00Z")];
        let (prefix, intro) = ("On-call".to_owned(), "Hello.".to_owned());
        let text = Text { prefix, intro, parts, closing: "Bye.".to_owned(), ..Text::default() };
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
