//! A notice of every kind through real servers: each arrives once and as it was written, and hostile names and reasons
//! add nothing to it.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use chrono::TimeDelta;
use oncal::config::load;
use oncal::delivery::{Network, fitted, neutralised};
use oncal::journal::{Channel, Database, Location, Notice, NoticeDraft, WEBHOOK};
use oncal::live::{Builder, NoticeCounts};
use oncal::notices::{Message, Recipient};
use oncal::notifier::{Environment, Sender};
use oncal::publish::Publisher;
use oncal::rota::{Instant, TeamId};
use serde_json::Value;

use crate::mail::{PASSWORD, configuration};
use crate::notices::{Event, every_kind, make_hostile};
use crate::support::certificates::Authority;
use crate::support::mail_box::{MailBox, Postfix, read};
use crate::support::running::PATIENCE;
use crate::support::wait::within;
use crate::support::webhook::Webhook;

/// The notices of `message` in the outbox.
fn notices(team: &TeamId, message: &Message, created: Instant) -> Vec<Notice> {
    let recipients = match &message.to {
        Recipient::Team => vec!["mail:team@example.org".to_owned(), WEBHOOK.to_owned()],
        Recipient::Engineer(id) => vec![format!("engineer:{id}")],
    };
    let notice = |recipient| oncal::notifier::notice(team, recipient, message, created);
    recipients.into_iter().map(notice).collect()
}

/// Whom `message` reaches, its subject and its text.
fn expected(message: &Message, now: Instant) -> [String; 3] {
    let to = match &message.to {
        Recipient::Team => "team@example.org".to_owned(),
        Recipient::Engineer(id) => format!("{id}@example.org"),
    };
    let (subject, body) = message.text.at(now).unwrap();
    let link = message.text.link.iter().map(|link| format!("\n\n{link}")).collect::<String>();
    [to, subject, format!("{body}{link}")]
}

/// Whether `text` has anything that ends a line, is not seen, or reorders what is.
fn is_plain_line(text: &str) -> bool {
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || reorders(c))
}

/// What was sent: whom each message reaches by mail, its subject and its text; and the texts for the webhook.
#[derive(Default)]
struct Sent {
    mails: Vec<[String; 3]>,
    texts: Vec<String>,
}

/// Sends a message of every kind to a mail server on `port` of this machine, after a login, and to `webhook`.
fn send_every_kind(mail: &MailBox, port: u16, webhook: &Webhook) -> Sent {
    let (folder, state) = (configuration(mail, webhook), tempfile::tempdir().unwrap());
    let file = folder.path().join("oncal.toml");
    let settings = fs::read_to_string(&file).unwrap();
    fs::write(file, settings.replace(&mail.port.to_string(), &port.to_string())).unwrap();
    let events = every_kind();
    let mut configuration = load(folder.path(), events[0].at).unwrap();
    let hostile = configuration.teams.iter().map(|(id, config)| {
        let mut config = Arc::clone(config);
        make_hostile(&mut Arc::make_mut(&mut config).team);
        (id.clone(), config)
    });
    configuration.teams = hostile.collect();
    let database = Arc::new(Database::open(Location::folder(state.path().to_owned())).unwrap());
    let builder = Builder::new(Publisher::new(Arc::clone(&database), None, "test".to_owned()));
    let snapshot = builder.first(configuration, events[0].at).unwrap();
    let environment = Environment::new(|name| (name == "ONCAL_SMTP_PASSWORD").then(|| PASSWORD.to_owned()));
    let sender = |channel| Sender::new(channel, Arc::clone(&database), environment.clone(), Network);
    let mut senders = Channel::ALL.map(sender);
    let team = TeamId::new("data").unwrap();
    let published = snapshot.team("data").unwrap().version();
    let (counts, mut sent, mut kinds) = (NoticeCounts::default(), Sent::default(), BTreeSet::new());
    for (revision, Event { at, subject, messages }) in events.into_iter().enumerate() {
        let notices: Vec<Notice> = messages.iter().flat_map(|message| notices(&team, message, at)).collect();
        let revision = i64::try_from(revision).unwrap();
        let draft = NoticeDraft { team: &team, published, revision, record: "{}", notices: &notices };
        assert!(database.write_notices(&draft).unwrap());
        let expected: Vec<[String; 3]> = messages.iter().map(|message| expected(message, at)).collect();
        assert!(expected.iter().any(|[_, own, _]| own.contains(subject)), "{subject}: {expected:#?}");
        for message in messages.iter().filter(|message| message.to == Recipient::Team) {
            let (subject, body) = message.text.at(at).unwrap();
            let text = neutralised(&format!("{subject}\n\n{body}"));
            sent.texts.push(fitted(&text, message.text.link.as_deref()));
        }
        sent.mails.extend(expected);
        kinds.extend(messages.iter().map(|message| message.kind.as_str()));
        // Nothing is sent twice.
        for minutes in 0..3 {
            let now = at + TimeDelta::minutes(minutes);
            senders.iter_mut().for_each(|sender| sender.step(&snapshot, &counts, || now).unwrap());
        }
    }
    assert_eq!(Vec::from_iter(kinds), ["agree", "digest", "first", "moved", "reminder", "test"]);
    sent.mails.sort_unstable();
    sent.texts.sort_unstable();
    sent
}

/// The mails that arrived, as [`Sent`] has them. Each must be plain.
fn mails(arrived: &[Value]) -> Vec<[String; 3]> {
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    let mut mails: Vec<[String; 3]> = Vec::new();
    for one in arrived {
        let (to, to_name) = (&one["to"], one["to_name"][0].as_str().unwrap());
        let (subject, body) = (text(one, "subject"), text(one, "body").replace("\r\n", "\n"));
        assert_eq!((to.as_array().unwrap().len(), one["to_name"].as_array().unwrap().len()), (1, 1));
        assert!(is_plain_line(&subject) && is_plain_line(to_name), "{one:#}");
        assert!(body.lines().all(is_plain_line), "{one:#}");
        assert!(body.lines().all(|line| !line.starts_with("Bcc:") && !line.starts_with("X-Header")));
        let headers = one["headers"].as_array().unwrap().iter().map(|one| one.as_str().unwrap());
        let headers: Vec<&str> = headers.filter(|name| !OF_POSTFIX.contains(name)).collect();
        assert_eq!(headers, HEADERS);
        let name = match to[0].as_str().unwrap() {
            "team@example.org" => String::new(),
            address => {
                let id = &address[..1];
                let first = if ["a", "c"].contains(&id) { "Zoë" } else { "Zoe" };
                format!("{first} \"{id}\" Bcc: eve@example.org")
            }
        };
        assert_eq!(to_name, name);
        mails.push([to[0].as_str().unwrap().to_owned(), subject, body.trim_end().to_owned()]);
    }
    let ids: BTreeSet<String> = arrived.iter().map(|one| text(one, "id")).collect();
    assert_eq!(ids.len(), arrived.len(), "each has a Message-ID of its own");
    mails.sort_unstable();
    mails
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_message_of_every_kind_arrives_once_over_starttls_after_a_login_and_at_the_webhook() {
    let (mail, webhook) = (MailBox::start("starttls"), Webhook::start("200 OK"));
    let sent = send_every_kind(&mail, mail.port, &webhook);
    assert!(mail.saw_password());
    assert_eq!(mails(&mail.read()), sent.mails);
    let mut texts = webhook.texts();
    texts.sort_unstable();
    assert_eq!(texts, sent.texts);
    // Nothing that a chat program takes as markup or as a mention is left of names and reasons.
    assert!(texts.iter().all(|text| !text.contains(['<', '>', '&', '@'])), "{texts:#?}");
}

#[test]
#[ignore = "needs aiosmtpd, Postfix and Cyrus SASL, which tests/run.sh installs, and root"]
fn a_message_of_every_kind_arrives_once_through_postfix() {
    let (unused, webhook) = (MailBox::start("plain"), Webhook::start("200 OK"));
    let postfix = Postfix::start(&Authority::new().issue(&["localhost"]));
    let sent = send_every_kind(&unused, postfix.port, &webhook);
    let all = || Some(postfix.boxes()).filter(|boxes| boxes.len() >= sent.mails.len());
    assert_eq!(mails(&read(&within(PATIENCE, "all messages", all))), sent.mails);
}

/// What Postfix adds.
const OF_POSTFIX: [&str; 4] = ["Delivered-To", "Received", "Return-Path", "X-Original-To"];

/// The headers of a message.
const HEADERS: [&str; 10] = [
    "Auto-Submitted",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "List-Id",
    "MIME-Version",
    "Message-ID",
    "Subject",
    "To",
];
