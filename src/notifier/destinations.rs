//! Where notices go: addresses and webhooks of the configuration, and secrets of the environment.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::config::{Configuration, MailServer, Mailbox, Settings, TeamConfig, WebhookUrl};
use crate::delivery::{Failure, Reason};
use crate::journal::WEBHOOK;
use crate::notices::{Recipient, Terms};
use crate::publish::Frame;
use crate::rota::{EngineerId, Instant, Period, Schedule, TeamId, expand, unknown_absences};
use crate::text::{by_calendar, clean_or};

/// The password of the mail server, or the file with it.
const PASSWORD: &str = "ONCAL_SMTP_PASSWORD";

/// A team's webhook, with the team's id after it.
const WEBHOOK_OF: &str = "ONCAL_WEBHOOK_";

/// The end of a variable's name that gives a file with the value.
const FILE: &str = "_FILE";

/// How many weeks ahead holidays that are not known are reported.
const UNKNOWN_AHEAD: chrono::TimeDelta = chrono::TimeDelta::weeks(4);

/// The codes of diagnostics that say that a calendar is out of date.
const OUTDATED: [&str; 4] =
    ["calendar-outdated", "calendar-outdated-copy", "calendar-not-fetched", "calendar-emptied"];

/// Prefixes of recipients in the outbox.
const ENGINEER: &str = "engineer:";
const MAIL: &str = "mail:";

type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Secrets that are not in the configuration: from environment variables, or from files that these name. Files are read
/// each time, so that a secret can be renewed.
#[derive(Clone)]
pub struct Environment(Arc<Variable>);

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// With the variables that `variable` knows.
    pub fn new(variable: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Environment {
        Environment(Arc::new(variable))
    }

    /// The value of the variable `name`, or the content of the file that `name` with `_FILE` gives; an error if that
    /// file cannot be read.
    fn secret(&self, name: &str) -> std::io::Result<Option<String>> {
        let given = |name: &str| (self.0)(name).filter(|value| !value.is_empty());
        match (given(name), given(&format!("{name}{FILE}"))) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file)?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            (None, None) => Ok(None),
        }
    }

    fn password(&self) -> Result<Option<String>, Failure> {
        self.secret(PASSWORD).map_err(|_| Failure::general(Reason::MailPasswordFile))
    }

    /// The webhook of `team`, from the environment or the configuration.
    fn webhook(&self, team: &TeamConfig) -> Result<Option<WebhookUrl>, Failure> {
        let id = team.team.id.as_str().to_ascii_uppercase().replace('-', "_");
        let given = self.secret(&format!("{WEBHOOK_OF}{id}"));
        match given.map_err(|_| Failure::of_recipient(Reason::WebhookFile))? {
            Some(given) => {
                let refused = |error| Failure::of_recipient(Reason::WebhookAddress(error));
                WebhookUrl::parse(&given).map(Some).map_err(refused)
            }
            None => Ok(team.notices.webhook.clone()),
        }
    }
}

/// Where one message goes.
#[derive(Debug, Clone)]
pub enum Destination {
    /// By mail.
    Mail {
        /// Through this server.
        server: MailServer,
        /// With this password.
        password: Option<String>,
        /// To this address.
        to: Mailbox,
    },
    /// To a webhook.
    Webhook(WebhookUrl),
}

/// The names in the outbox of everybody that `to` means.
pub(super) fn recipients(
    to: &Recipient,
    team: &TeamConfig,
    settings: &Settings,
    environment: &Environment,
) -> Vec<String> {
    match to {
        Recipient::Engineer(id) => vec![format!("{ENGINEER}{id}")],
        Recipient::Team => {
            let mail = team.notices.mail.iter().filter(|_| settings.mail.is_some());
            let mail = mail.map(|address| format!("{MAIL}{}", address.as_str()));
            mail.chain(has_webhook(team, environment).then(|| WEBHOOK.to_owned())).collect()
        }
    }
}

/// One that cannot be read counts: the error shows when it is used.
fn has_webhook(team: &TeamConfig, environment: &Environment) -> bool {
    !matches!(environment.webhook(team), Ok(None))
}

/// Where the recipient of this name in the outbox is reached; `None` if the configuration no longer has them.
///
/// # Errors
///
/// If a secret cannot be read.
pub(super) fn destination(
    recipient: &str,
    team: &TeamConfig,
    settings: &Settings,
    environment: &Environment,
) -> Result<Option<Destination>, Failure> {
    if recipient == WEBHOOK {
        return Ok(environment.webhook(team)?.map(Destination::Webhook));
    }
    let notices = &team.notices;
    let to = if let Some(id) = recipient.strip_prefix(ENGINEER) {
        let engineer = team.team.index_of(id).map(|engineer| team.team.engineer(engineer));
        engineer.and_then(|engineer| {
            let address = notices.engineers.get(&engineer.id)?.clone();
            Some(Mailbox { name: Some(clean_or(&engineer.name, engineer.id.as_str())), address })
        })
    } else {
        let address = recipient.strip_prefix(MAIL);
        let address = address.and_then(|own| notices.mail.iter().find(|address| address.as_str() == own));
        address.map(|address| Mailbox { name: None, address: address.clone() })
    };
    let (Some(to), Some(server)) = (to, settings.mail.clone()) else { return Ok(None) };
    let password = environment.password()?;
    Ok(Some(Destination::Mail { server, password, to }))
}

/// Everywhere that a message to `to` goes, with the name of each in the outbox.
///
/// # Errors
///
/// If a secret cannot be read.
pub fn destinations(
    to: &Recipient,
    team: &TeamConfig,
    settings: &Settings,
    environment: &Environment,
) -> Result<Vec<(String, Destination)>, Failure> {
    let mut found = Vec::new();
    for recipient in recipients(to, team, settings, environment) {
        if let Some(destination) = destination(&recipient, team, settings, environment)? {
            found.push((recipient, destination));
        }
    }
    Ok(found)
}

/// Who is sent the notices of `team`.
pub fn terms(team: &TeamConfig, settings: &Settings, environment: &Environment) -> Terms {
    let notices = &team.notices;
    let has_mail = settings.mail.is_some();
    let addressed: BTreeSet<EngineerId> = notices.engineers.keys().filter(|_| has_mail).cloned().collect();
    Terms {
        weeks_ahead: notices.weeks_ahead,
        digest: notices.digest,
        has_team: (has_mail && !notices.mail.is_empty()) || has_webhook(team, environment),
        addressed,
    }
}

/// The rota that notices are about: from the current week to the end of what is published.
pub fn facts_schedule(team: &TeamConfig, frame: Frame) -> Schedule {
    let window = Period::new(frame.week.start(), frame.window.end()).unwrap_or(frame.week);
    expand(&team.team, window)
}

/// The calendars of `team` that are out of date at `now`, a sentence for each.
pub fn outdated(id: &TeamId, configuration: &Configuration, now: Instant) -> Vec<String> {
    let Some(team) = configuration.teams.get(id) else { return Vec::new() };
    let ahead = Period::new(now, now + UNKNOWN_AHEAD);
    let unknown = ahead.map(|ahead| unknown_absences(&team.team, ahead)).unwrap_or_default();
    let unknown =
        by_calendar(&unknown).iter().map(|unknown| unknown.sentence(&team.team)).collect::<Vec<_>>();
    let found = configuration.diagnostics_of(id).filter(|found| OUTDATED.contains(&found.code));
    unknown.into_iter().chain(found.map(|found| found.message.clone())).collect()
}
