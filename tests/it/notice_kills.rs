//! Running servers that are killed while they send notices, and several at once: none is lost, and none comes twice
//! without a kill.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;
use std::time::Duration;

use oncal::delivery::neutralised;
use tempfile::TempDir;

use crate::mail::{configuration, fast_program, oncal, said, swap, team, write_team};
use crate::notices::at;
use crate::support::faked_clock::FastClock;
use crate::support::machine::stdout_of;
use crate::support::mail_box::MailBox;
use crate::support::postgres::Postgres;
use crate::support::running::{PATIENCE, Running};
use crate::support::wait::within;
use crate::support::webhook::Webhook;

const OUTBOX: &str = "SELECT state, recipient, attempts FROM outbox";

/// A plan whose notices go to real servers, and a fast clock.
struct Site {
    mail: MailBox,
    webhook: Webhook,
    folder: TempDir,
    clock: FastClock,
    /// Where the journal is, if not in the state folder.
    postgres: Option<Postgres>,
}

/// A notice of the outbox.
#[derive(Debug)]
struct Row {
    state: String,
    recipient: String,
    attempts: u32,
}

impl Site {
    fn new(postgres: Option<Postgres>, speed: u32) -> Site {
        let mail = MailBox::start("starttls");
        // A kill hits it more often in the middle of a message.
        mail.set("slow", true);
        let webhook = Webhook::start_slow(Duration::from_millis(500));
        let folder = configuration(&mail, &webhook);
        let file = folder.path().join("oncal.toml");
        let journal = postgres.iter().map(|postgres| format!("journal = \"{}\"\n", postgres.url));
        let settings = journal.collect::<String>() + &fs::read_to_string(&file).unwrap();
        fs::write(file, settings).unwrap();
        let clock = FastClock::start(at("2026-11-23T15:00:00Z"), speed);
        Site { mail, webhook, folder, clock, postgres }
    }

    fn server(&self, state: &str) -> Running {
        Running::start(&mut fast_program(self.folder.path(), state, &self.mail, &self.clock))
    }

    fn change(&self, number: usize) {
        write_team(self.folder.path(), &team(&self.webhook, &swap(number)));
    }

    fn outbox(&self) -> Vec<Row> {
        if let Some(postgres) = &self.postgres {
            let rows = stdout_of(postgres.psql(&[OUTBOX]).args(["-A", "-t"]));
            let row = |line: &str| {
                let [state, recipient, attempts] = line.split('|').collect::<Vec<_>>()[..] else {
                    panic!("{line}")
                };
                let attempts = attempts.parse().unwrap();
                Row { state: state.to_owned(), recipient: recipient.to_owned(), attempts }
            };
            return rows.lines().map(row).collect();
        }
        let journal = rusqlite::Connection::open(self.folder.path().join("state/journal.sqlite")).unwrap();
        let mut statement = journal.prepare(OUTBOX).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            Ok(Row { state: row.get(0)?, recipient: row.get(1)?, attempts: row.get(2)? })
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// Whether everything that was due was sent, and nothing is due any more: whoever believes the last message that
    /// they got knows their shifts.
    fn is_settled(&self) -> bool {
        let now = self.clock.now().to_rfc3339();
        let preview = || oncal(self.folder.path(), &["--now", &now, "notices", "preview"]).output().unwrap();
        // In this order: what is planned after a look at the outbox is no longer in the preview either.
        said(&preview()) == "nothing would be sent\n" && self.outbox().iter().all(|row| row.state == "sent")
    }

    fn settle(&self) {
        within(PATIENCE * 3, "the end", || self.is_settled().then_some(()));
    }

    /// Each message that was due arrived by mail and at the webhook, and of each kind at most `repeated` came once
    /// more.
    fn check(&self, repeated: usize, least: usize) {
        let outbox = self.outbox();
        let (hooks, mails): (Vec<&Row>, Vec<&Row>) =
            outbox.iter().partition(|row| row.recipient == "webhook");
        assert!(mails.len() >= least, "{} were due", mails.len());
        let arrived = self.mail.read();
        let ids: BTreeSet<&str> = arrived.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), mails.len(), "each mail that was due arrived");
        assert!(
            arrived.len() - ids.len() <= repeated,
            "{} of {} mails are repeated",
            arrived.len() - ids.len(),
            ids.len()
        );
        // What the team gets by mail it gets by the webhook.
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for one in arrived.iter().filter(|one| one["to"][0] == "team@example.org") {
            if seen.insert(one["id"].as_str().unwrap()) {
                let (subject, body) = (one["subject"].as_str().unwrap(), one["body"].as_str().unwrap());
                let text = neutralised(&format!("{subject}\n\n{}", body.replace("\r\n", "\n").trim_end()));
                *expected.entry(text).or_default() += 1;
            }
        }
        assert_eq!(hooks.len(), expected.values().sum::<usize>(), "{hooks:?}");
        let texts = self.webhook.texts();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        texts.iter().for_each(|text| *counts.entry(text).or_default() += 1);
        for (text, due) in &expected {
            assert!(counts.get(text.as_str()) >= Some(due), "not in the chat: {text}\nbut: {texts:#?}");
        }
        assert_eq!(counts.len(), expected.len(), "nothing else: {texts:#?}");
        assert!(
            texts.len() - hooks.len() <= repeated,
            "{} of {} are repeated",
            texts.len() - hooks.len(),
            hooks.len()
        );
    }
}

/// Makes so many changes, with a kill after every second one.
fn kill_while_sending(postgres: Option<Postgres>, changes: usize) {
    let site = Site::new(postgres, 60);
    let mut running = site.server("state");
    let mut kills = 0;
    for number in 0..changes {
        site.change(number);
        // Some are taken back by the next before they are due, others are sent; odd pauses hit every moment of it.
        let pause = 300 + (number * 977) % 3400;
        thread::sleep(Duration::from_millis(u64::try_from(pause).unwrap()));
        if number % 2 == 1 {
            running.signal("KILL");
            running.ended();
            kills += 1;
            running = site.server("state");
        }
    }
    site.settle();
    site.check(kills, changes / 4);
}

#[test]
#[ignore = "needs aiosmtpd and faketime, which tests/run.sh installs"]
fn fifty_changes_with_kills_at_random_moments_lose_no_message_and_repeat_at_most_one_each() {
    kill_while_sending(None, 50);
}

#[test]
#[ignore = "needs aiosmtpd, faketime and PostgreSQL, which tests/run.sh installs"]
fn nor_do_kills_with_a_journal_in_postgresql() {
    kill_while_sending(Some(Postgres::start()), 24);
}

#[test]
#[ignore = "needs aiosmtpd, faketime and PostgreSQL, which tests/run.sh installs"]
fn of_two_running_servers_on_one_postgresql_one_sends_each_message() {
    let site = Site::new(Some(Postgres::start()), 20);
    let running = [site.server("state-a"), site.server("state-b")];
    for number in 0..6 {
        site.change(number);
        // Each is sent before the next, while both servers look for what is due.
        thread::sleep(Duration::from_secs(7));
    }
    site.settle();
    site.check(0, 12);
    let senders = running.iter().filter(|server| server.log().contains("notice sent")).count();
    assert!(senders >= 1 && running.iter().all(|server| !server.log().contains("\"ERROR\"")));
}

#[test]
#[ignore = "needs aiosmtpd, faketime and PostgreSQL, which tests/run.sh installs"]
fn what_a_killed_server_was_sending_another_one_on_its_postgresql_sends() {
    let site = Site::new(Some(Postgres::start()), 60);
    let mut killed = site.server("state-a");
    site.mail.set("hold", true);
    site.webhook.hold(true);
    site.change(0);
    let is_sending = || site.mail.held() >= 1 && !site.webhook.requests().is_empty();
    within(PATIENCE, "the first message", || is_sending().then_some(()));
    let other = site.server("state-b");
    killed.signal("KILL");
    killed.ended();
    assert!(!killed.log().contains("notice sent"), "{}", killed.log());
    site.mail.set("hold", false);
    site.webhook.hold(false);
    site.settle();
    site.check(1, 4);
    let taken_over: Vec<Row> = site.outbox().into_iter().filter(|row| row.attempts > 1).collect();
    let is_hook = |row: &Row| row.recipient == "webhook";
    assert!(taken_over.iter().any(is_hook) && !taken_over.iter().all(is_hook), "{taken_over:?}");
    // All of it; the last lines arrive here a moment after what they are about.
    let sent = || other.log().matches("notice sent").count() == site.outbox().len();
    within(PATIENCE, "the log of all of it", || sent().then_some(()));
}
