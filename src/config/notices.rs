//! Whom a team's notices go to: `[notices]`, and the engineers' `email`.

use std::collections::BTreeMap;

use chrono::{NaiveTime, Weekday};

use super::mail::{MailAddress, address_at};
use super::webhook::{WebhookError, WebhookUrl};
use crate::rota::EngineerId;
use crate::toml_reader::{Problems, TableReader};

/// How far ahead changes are reported where the file does not say.
const WEEKS_AHEAD: u32 = 8;

const MAX_WEEKS_AHEAD: u32 = 52;

/// The weekdays, as files name them.
pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// Whom a team's notices go to, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamNotices {
    /// The mail addresses of the team.
    pub mail: Vec<MailAddress>,
    /// The team's webhook. The environment may name another.
    pub webhook: Option<WebhookUrl>,
    /// When the digest is sent, on the team's clock.
    pub digest: Option<(Weekday, NaiveTime)>,
    /// How far ahead changes are reported.
    pub weeks_ahead: u32,
    /// The mail addresses of engineers.
    pub engineers: BTreeMap<EngineerId, MailAddress>,
}

impl Default for TeamNotices {
    fn default() -> TeamNotices {
        TeamNotices {
            mail: Vec::new(),
            webhook: None,
            digest: None,
            weeks_ahead: WEEKS_AHEAD,
            engineers: BTreeMap::new(),
        }
    }
}

impl TeamNotices {
    /// Reads `[notices]`; without engineers.
    pub(super) fn read(mut table: TableReader<'_>) -> TeamNotices {
        let problems = table.problems();
        let mail = table.texts("mail").unwrap_or_default();
        let mut mail: Vec<MailAddress> =
            mail.into_iter().filter_map(|at| Some(address_at(at, "mail", problems)?.value)).collect();
        mail.sort();
        mail.dedup();
        let webhook = read_webhook(&mut table, problems);
        let weeks_ahead = table.integer("weeks_ahead", 1..=MAX_WEEKS_AHEAD).unwrap_or(WEEKS_AHEAD);
        let digest = table.table("digest").and_then(|mut digest| {
            digest.require("day", "day = \"monday\"");
            let day = digest.choice("day", &WEEKDAYS);
            let time = digest.time("time");
            digest.finish();
            Some((day?, time.or(NaiveTime::from_hms_opt(9, 0, 0))?))
        });
        table.finish();
        TeamNotices { mail, webhook, digest, weeks_ahead, engineers: BTreeMap::new() }
    }
}

fn read_webhook(table: &mut TableReader<'_>, problems: &Problems) -> Option<WebhookUrl> {
    let at = table.text("webhook")?;
    match WebhookUrl::parse(&at.value) {
        Ok(webhook) => Some(webhook),
        Err(error) => {
            let message = format!("`webhook` is not the address of a webhook: {error}");
            let (code, help) = match error {
                WebhookError::Password => (
                    "password-in-url",
                    "the chat program shows an address without them; one that is a secret as a whole can be given in \
                     the environment, ONCAL_WEBHOOK_<TEAM>",
                ),
                _ => (
                    "invalid-webhook",
                    "such as \"https://hooks.example.org/services/…\", as the chat program shows it",
                ),
            };
            problems.error_with_help(code, at.span, message, help.to_owned());
            None
        }
    }
}
