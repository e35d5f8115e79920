//! `oncal notices`: what would be sent to whom, and a test that it arrives.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::sync::Arc;

use super::args::Common;
use super::calendars;
use super::edit::people;
use super::notices_args::{Notices, NoticesCommand, Preview, Test};
use super::output::{Exit, Output, Usage};
use super::plan::{self, Chosen};
use crate::config::{self, Configuration, Settings, TeamConfig};
use crate::delivery::Network;
use crate::feed::Links;
use crate::journal::{Database, Notice};
use crate::notices::{Facts, Kind, Message, Notified, Recipient, Terms, plan, test_message};
use crate::notifier::{
    Destination, Environment, carried, destinations, facts_schedule, notice, outdated, terms,
};
use crate::publish::{Frame, frame};
use crate::rota::{EngineerId, Instant, TeamId};
use crate::toml_reader::shown_address;

/// The journal's file in the state folder.
const JOURNAL: &str = "journal.sqlite";

pub(super) fn run(common: &Common, args: &Notices, output: &mut Output) -> anyhow::Result<Exit> {
    match &args.what {
        NoticesCommand::Preview(args) => preview(common, args, output),
        NoticesCommand::Test(args) => test(common, args, output),
    }
}

/// Secrets from the environment of the process.
pub(super) fn environment() -> Environment {
    Environment::new(|name| env::var(name).ok())
}

fn preview(common: &Common, args: &Preview, output: &mut Output) -> anyhow::Result<Exit> {
    let now = plan::clock(common).now();
    let configuration = calendars::load(&common.config, common, output)?;
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    let known = match &args.from {
        Some(folder) => Known::Before(Box::new(before(folder, common, output)?)),
        None => Known::Journal(journal(common, &configuration.settings, output)),
    };
    let environment = environment();
    let mut is_any = false;
    for team in &chosen.teams {
        let Some(config) = configuration.teams.get(&team.id) else { continue };
        let terms = terms(config, &configuration.settings, &environment);
        if terms.is_empty() {
            output.note(format_args!(
                "{}: nobody receives notices\n  help: add `email` to an engineer and [mail] to oncal.toml, or [notices] to the \
                 team",
                team.id
            ));
            continue;
        }
        let known = known.of(config, &configuration, &environment, now);
        let Some(frame) = frame_of(config, &configuration.settings, now) else { continue };
        let messages = with_facts(config, &configuration, frame, now, |facts| {
            let planned = plan(facts, &terms, known.as_ref(), now);
            match known {
                Some(_) => planned.messages,
                // With the messages that follow at once from the first record.
                None => {
                    [planned.messages, plan(facts, &terms, Some(&planned.notified), now).messages].concat()
                }
            }
        });
        for message in &messages {
            is_any = true;
            let to = to(message, config, (&configuration.settings, &environment), args.show_addresses);
            output.data(&shown(team.id.as_str(), &to, message, now))?;
        }
    }
    if !is_any {
        output.note("nothing would be sent");
    }
    Ok(chosen.exit)
}

/// What the recipients know.
enum Known {
    /// What a server with this configuration would have sent.
    Before(Box<Configuration>),
    /// What the journal says.
    Journal(Option<Arc<Database>>),
}

impl Known {
    fn of(
        &self,
        team: &TeamConfig,
        new: &Configuration,
        environment: &Environment,
        now: Instant,
    ) -> Option<Notified> {
        match self {
            Known::Journal(database) => {
                let known = database.as_ref()?.notified_of(&team.team.id).ok()??;
                Notified::read(&known.record)
            }
            Known::Before(before) => {
                // Whoever has an address now had it before: else everything would begin with this change.
                let terms = terms(team, &new.settings, environment);
                notified(before, &team.team.id, &terms, now)
            }
        }
    }
}

/// What recipients know from a server with the configuration `before`.
fn notified(before: &Configuration, id: &TeamId, terms: &Terms, now: Instant) -> Option<Notified> {
    let old = before.teams.get(id)?;
    let frame = frame_of(old, &before.settings, now)?;
    Some(with_facts(old, before, frame, now, |facts| plan(facts, terms, None, now).notified))
}

/// The engineers of team `id` whom a server sends mail once it has `after` in place of `before`, and whether it
/// notifies the whole team of the change.
pub(super) fn reached(
    [before, after]: [&Configuration; 2],
    id: &TeamId,
    now: Instant,
) -> (BTreeSet<EngineerId>, bool) {
    let nobody = (BTreeSet::new(), false);
    let Some(team) = after.teams.get(id) else { return nobody };
    let terms = terms(team, &after.settings, &environment());
    let (Some(known), Some(frame)) =
        (notified(before, id, &terms, now), frame_of(team, &after.settings, now))
    else {
        return nobody;
    };
    let messages =
        with_facts(team, after, frame, now, |facts| plan(facts, &terms, Some(&known), now).messages);
    let mut found = nobody;
    for message in messages.into_iter().filter(|message| message.kind == Kind::Moved) {
        match message.to {
            Recipient::Engineer(id) => drop(found.0.insert(id)),
            Recipient::Team => found.1 = true,
        }
    }
    found
}

/// The configuration that the recipients know. It must be whole to be compared.
fn before(folder: &Path, common: &Common, output: &mut Output) -> anyhow::Result<Configuration> {
    let configuration = calendars::load(folder, common, output)?;
    if configuration.has_errors() {
        for error in configuration.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
            output.note(error);
        }
        anyhow::bail!("{} has errors; `oncal check` shows them with their places", folder.display());
    }
    Ok(configuration)
}

/// The journal, where it can be read.
fn journal(common: &Common, settings: &Settings, output: &mut Output) -> Option<Arc<Database>> {
    let is_missing = settings.journal.is_none() && !plan::state(common).path().join(JOURNAL).exists();
    match Database::open_to_read(plan::location(&plan::state(common), settings)) {
        Ok(database) => Some(Arc::new(database)),
        Err(error) => {
            match is_missing {
                true => output.note(
                    "no server has published this configuration yet: this is what its first start would send",
                ),
                false => {
                    output.note(format_args!("failed to {error}. This is what a first start would send"));
                }
            }
            None
        }
    }
}

fn frame_of(team: &TeamConfig, settings: &Settings, now: Instant) -> Option<Frame> {
    frame(&team.team, 0, usize::try_from(settings.future_weeks).unwrap_or(usize::MAX), now)
}

/// Calls `work` with the rota of `team` as a server would publish it.
fn with_facts<R>(
    team: &TeamConfig,
    configuration: &Configuration,
    frame: Frame,
    now: Instant,
    work: impl FnOnce(&Facts<'_>) -> R,
) -> R {
    let links = Links::new(configuration.settings.pages_url.as_ref().map(config::BaseUrl::as_str));
    let facts = Facts {
        team: &team.team,
        schedule: &facts_schedule(team, frame),
        edits: Vec::new(),
        outdated: outdated(&team.team.id, configuration, now),
        page: links.team(&team.team),
    };
    work(&facts)
}

/// Whom a message is for, as it is shown.
fn to(
    message: &Message,
    team: &TeamConfig,
    (settings, environment): (&Settings, &Environment),
    show_addresses: bool,
) -> String {
    let who = match &message.to {
        Recipient::Team => "the team".to_owned(),
        Recipient::Engineer(id) => format!("engineer {id}"),
    };
    let shown = match destinations(&message.to, team, settings, environment) {
        Ok(found) => found.into_iter().map(|(_, destination)| match destination {
            Destination::Mail { to, .. } if show_addresses => to.address.as_str().to_owned(),
            Destination::Mail { .. } => "by mail".to_owned(),
            Destination::Webhook(url) => format!("webhook at {}", shown_address(url.as_str())),
        }),
        Err(failure) => return format!("{who} ({})", failure.reason),
    };
    format!("{who} ({})", shown.collect::<Vec<_>>().join(", "))
}

fn shown(team: &str, to: &str, message: &Message, now: Instant) -> String {
    let Some((subject, body)) = message.text.at(now) else { return String::new() };
    let link = message.text.link.as_ref().map_or_else(String::new, |link| format!("\n{link}\n"));
    let body: String = format!("{body}\n{link}").lines().map(|line| format!("  {line}\n")).collect();
    let body = body.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    format!("{team}: {}, to {to}\n  Subject: {subject}\n\n{body}\n\n", message.kind.as_str())
}

fn test(common: &Common, args: &Test, output: &mut Output) -> anyhow::Result<Exit> {
    let now = plan::clock(common).now();
    let configuration = calendars::load(&common.config, common, output)?;
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    let [team] = chosen.teams[..] else {
        let ids: Vec<&str> = chosen.teams.iter().map(|team| team.id.as_str()).collect();
        return Err(Usage(format!("which team? Add --team with one of {}", ids.join(", "))).into());
    };
    let settings = &configuration.settings;
    let Some(config) = configuration.teams.get(&team.id) else { anyhow::bail!("no team") };
    let to = match &args.engineer {
        Some(typed) => Recipient::Engineer(team.engineer(people::find(team, typed)?).id.clone()),
        None => Recipient::Team,
    };
    let environment = environment();
    let found = destinations(&to, config, settings, &environment);
    let found = found.map_err(|failure| anyhow::anyhow!("failed to send: {}", failure.reason))?;
    if found.is_empty() {
        anyhow::bail!("nothing was sent: {}", why_nobody(&to, settings));
    }
    let Some(frame) = frame_of(config, settings, now) else { anyhow::bail!("the rota has no week") };
    let message = with_facts(config, &configuration, frame, now, |facts| test_message(facts, to, now));
    let mut exit = chosen.exit;
    for (recipient, destination) in found {
        let what = match &destination {
            Destination::Mail { .. } if recipient.starts_with("mail:") => match args.show_addresses {
                true => format!("mail to {}", recipient.trim_start_matches("mail:")),
                false => "mail to the team".to_owned(),
            },
            Destination::Mail { .. } => format!("mail to {}", recipient.trim_start_matches("engineer:")),
            Destination::Webhook(_) => "webhook".to_owned(),
        };
        let notice = Notice { attempts: 1, ..notice(&team.id, recipient, &message, now) };
        match carried(&notice, &message.text, (&destination, config), &Network, now) {
            Ok(()) => output.data(&format!("{what}: accepted by the server\n"))?,
            Err(failure) => {
                let help = failure.reason.help().map(|help| format!("\n  help: {help}"));
                output.error(format_args!("{what}: {}{}", failure.reason, help.unwrap_or_default()));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

fn why_nobody(to: &Recipient, settings: &Settings) -> String {
    match (to, &settings.mail) {
        (Recipient::Engineer(_), None) => {
            "oncal.toml names no mail server; add a table `[mail]` with `server` and `from`".to_owned()
        }
        (Recipient::Engineer(id), Some(_)) => format!("engineer `{id}` has no `email` in the team's file"),
        (Recipient::Team, None) => {
            "the team has no webhook, and oncal.toml names no mail server; add `webhook` to [notices] in the team's \
             file, or a table `[mail]` to oncal.toml"
                .to_owned()
        }
        (Recipient::Team, Some(_)) => {
            "the team has no address; add `mail` or `webhook` to [notices] in the team's file".to_owned()
        }
    }
}
