//! From a change of the plan to the messages that arrive, with a test clock and a test network.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use oncal::config::{MailServer, Scope, WebhookUrl, load, reload};
use oncal::delivery::{Failure, Mail, Reason, Transport};
use oncal::journal::{Channel, Database, Location};
use oncal::live::{Build, Builder, FaultKind, NoticeCounts, Snapshot, Store};
use oncal::notifier::{Environment, Notifier, Options, Planner, Sender};
use oncal::publish::Publisher;
use oncal::rota::Instant;
use tempfile::TempDir;

use crate::notices::{PLAN, at};
use crate::support::logged;
use crate::support::postgres::Postgres;
use crate::support::running::PATIENCE;

const SETTINGS: &str =
    "[mail]\nserver = \"smtps://smtp.example.org\"\nfrom = \"On-call <oncall@example.org>\"\n";
const NOTICES: &str =
    "[notices]\nmail = [\"team@example.org\"]\nwebhook = \"https://hooks.example.org/T0/secret\"\n";

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Arrived {
    at: Instant,
    to: String,
    subject: String,
    body: String,
    id: String,
}

/// What becomes of a message to somebody, with this subject.
type Rule = dyn Fn(Instant, &str, &str) -> Result<(), Failure> + Send + Sync;

/// A network that keeps what it is given, unless its rule refuses that.
#[derive(Clone)]
struct Recorder {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    now: Arc<Mutex<Instant>>,
    rule: Arc<Rule>,
}

impl Recorder {
    fn new(rule: impl Fn(Instant, &str, &str) -> Result<(), Failure> + Send + Sync + 'static) -> Recorder {
        let now = Arc::new(Mutex::new(at("2026-11-23T15:00:00Z")));
        Recorder { arrived: Arc::default(), now, rule: Arc::new(rule) }
    }

    fn keep(&self, to: &str, subject: &str, body: &str, id: &str) -> Result<(), Failure> {
        let now = *self.now.lock().unwrap();
        (self.rule)(now, to, subject)?;
        let [to, subject, body, id] = [to, subject, body, id].map(str::to_owned);
        self.arrived.lock().unwrap().push(Arrived { at: now, to, subject, body, id });
        Ok(())
    }

    fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// How many messages arrived at each address.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for arrived in self.arrived() {
            *counts.entry(arrived.to).or_default() += 1;
        }
        counts
    }
}

impl Transport for Recorder {
    fn mail(&self, _: &MailServer, _: Option<&str>, mail: &Mail) -> Result<(), Failure> {
        self.keep(mail.to.address.as_str(), &mail.subject, &mail.body, &mail.message_id)
    }

    fn webhook(&self, _: &WebhookUrl, text: &str) -> Result<(), Failure> {
        let (subject, body) = text.split_once("\n\n").unwrap();
        self.keep("webhook", subject, body, "")
    }
}

/// The team's file: each engineer with an address, and these lines.
fn team_text(more: &str) -> String {
    let with_address = |text: String, id: char| {
        text.replace(
            &format!("id = \"{id}\", name"),
            &format!("id = \"{id}\", email = \"{id}@example.org\", name"),
        )
    };
    let text = "abcd".chars().fold(PLAN.to_owned(), with_address);
    format!("{text}{NOTICES}{more}")
}

fn swap(week: &str, pair: [&str; 2]) -> String {
    format!("[[swap]]\nweek = {week}\nprimary = \"{}\"\nsecondary = \"{}\"\n", pair[0], pair[1])
}

/// A server without threads, which the test runs step by step.
struct Server {
    config: TempDir,
    database: Arc<Database>,
    builder: Builder,
    snapshot: Snapshot,
    planner: Planner,
    senders: Vec<Sender<Recorder>>,
    counts: NoticeCounts,
    network: Recorder,
}

impl Server {
    fn start(location: Location, text: &str, now: Instant, network: &Recorder) -> Server {
        let config = tempfile::tempdir().unwrap();
        fs::create_dir(config.path().join("teams")).unwrap();
        fs::write(config.path().join("oncal.toml"), SETTINGS).unwrap();
        fs::write(config.path().join("teams/data.toml"), text).unwrap();
        let database = Arc::new(Database::open(location).unwrap());
        let builder = Builder::new(Publisher::new(Arc::clone(&database), None, "test".to_owned()));
        let snapshot = builder.first(load(config.path(), now).unwrap(), now).unwrap();
        let environment = Environment::new(|_| None);
        let mut server = Server {
            planner: Planner::new(Arc::clone(&database), environment.clone()),
            senders: Vec::new(),
            counts: NoticeCounts::default(),
            network: network.clone(),
            config,
            database,
            builder,
            snapshot,
        };
        server.use_environment(&environment);
        server
    }

    /// Plans and sends with the secrets of `environment`.
    fn use_environment(&mut self, environment: &Environment) {
        let database = || Arc::clone(&self.database);
        let sender = |channel| Sender::new(channel, database(), environment.clone(), self.network.clone());
        self.senders = Channel::ALL.map(sender).into();
        self.planner = Planner::new(database(), environment.clone());
    }

    fn edit(&mut self, text: &str, now: Instant) {
        self.snapshot = self.edited(text, now).written().unwrap();
    }

    /// What it serves after an edit on [`monday`] while the journal cannot be written.
    fn edited_without_journal(&self, text: &str) -> Snapshot {
        self.edited(text, monday()).provisional()
    }

    fn edited(&self, text: &str, now: Instant) -> Build<'_> {
        fs::write(self.config.path().join("teams/data.toml"), text).unwrap();
        let before = self.snapshot.configuration();
        let configuration = reload(self.config.path(), now, before, &Scope::All).unwrap();
        self.builder.reload(&self.snapshot, Arc::new(configuration), BTreeSet::new(), now)
    }

    /// What the server does at `now`.
    fn step(&mut self, now: Instant) {
        *self.network.now.lock().unwrap() = now;
        let renewed = self.builder.renew(&self.snapshot, now).written().unwrap();
        self.snapshot = renewed;
        let is_due = self.planner.step(&self.snapshot, now).unwrap().is_due;
        for sender in &mut self.senders {
            if is_due {
                sender.hurry();
            }
            sender.step(&self.snapshot, &self.counts, || now).unwrap();
        }
    }

    /// Steps from `from` to `to`, both included.
    fn run(&mut self, from: Instant, to: Instant, every: TimeDelta) {
        let mut now = from;
        while now <= to {
            self.step(now);
            now += every;
        }
    }
}

fn folder(path: &Path) -> Location {
    Location::folder(path.to_owned())
}

/// Monday, in the week of C and D.
fn monday() -> Instant {
    at("2026-11-23T15:00:00Z")
}

#[test]
fn a_change_is_sent_once_to_everybody_it_concerns_and_to_the_team() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    assert_eq!(network.arrived(), [], "nothing is open, so even the beginning is silent");
    server.edit(&team_text(&swap("2026-12-04", ["a", "d"])), monday());
    server.run(monday(), monday() + TimeDelta::seconds(119), TimeDelta::seconds(7));
    assert_eq!(network.arrived(), []);
    server.run(monday() + TimeDelta::minutes(2), monday() + TimeDelta::days(2), TimeDelta::hours(3));
    let counts: Vec<(String, usize)> = network.counts().into_iter().collect();
    let expected = ["b@example.org", "d@example.org", "team@example.org", "webhook"];
    assert_eq!(counts, expected.map(|to| (to.to_owned(), 1)));
    let ids: BTreeSet<String> = network.arrived().into_iter().map(|arrived| arrived.id).collect();
    assert_eq!(ids.len(), 4, "each has its own Message-ID");
    assert!(ids.iter().all(|id| id.is_empty() || id.ends_with("@oncal>")), "{ids:?}");
}

#[test]
fn a_server_that_is_started_again_sends_what_the_one_before_did_not() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let swapped = team_text(&swap("2026-12-04", ["a", "d"]));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    server.edit(&swapped, monday() + TimeDelta::seconds(1));
    drop(server);
    let restart = monday() + TimeDelta::seconds(30);
    let mut server = Server::start(folder(state.path()), &swapped, restart, &network);
    server.step(restart);
    assert_eq!(network.arrived(), []);
    server.step(monday() + TimeDelta::seconds(122));
    assert_eq!(network.arrived().len(), 4);
    drop(server);
    let later = restart + TimeDelta::days(1);
    let mut server = Server::start(folder(state.path()), &swapped, later, &network);
    server.step(later);
    assert_eq!(network.arrived().len(), 4, "none twice");
}

#[test]
fn after_three_days_without_a_mail_server_only_what_still_matters_arrives() {
    let up = at("2026-12-12T15:00:00Z");
    let unreachable = Failure::general(Reason::MailUnreachable);
    let network = Recorder::new(move |now, _, _| if now < up { Err(unreachable) } else { Ok(()) });
    let state = tempfile::tempdir().unwrap();
    let start = at("2026-12-09T15:00:00Z") - TimeDelta::minutes(10);
    let mut server = Server::start(folder(state.path()), &team_text(""), start, &network);
    server.step(start);
    // A conflict that is to be agreed by 11 December, a swap for which there is time, and a cover that is over by then.
    let leave = "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    let over = "[[override]]\nfrom = 2026-12-10T12:00:00\nto = 2026-12-10T14:00:00\nprimary = \"c\"\nagreed_on = 2026-12-09\n";
    let text = team_text(&format!("{}{over}", swap("2027-01-01", ["c", "b"])));
    server.edit(&text.replace("id = \"a\"", leave), start);
    server.run(start, up, TimeDelta::minutes(10));
    // The last pause may be an hour.
    server.run(up, up + TimeDelta::hours(1), TimeDelta::minutes(10));
    let arrived = network.arrived();
    let to = |address: &str| -> Vec<Arrived> {
        arrived.iter().filter(|arrived| arrived.to == address).cloned().collect()
    };
    let subjects =
        |address: &str| -> Vec<String> { to(address).into_iter().map(|one| one.subject).collect() };
    assert!(subjects("b@example.org").iter().any(|one| one.contains("1 Jan 2027")), "{arrived:#?}");
    assert!(
        subjects("d@example.org").iter().any(|one| one.contains("overdue since Fri 11 Dec")),
        "{arrived:#?}"
    );
    assert!(
        arrived.iter().all(|one| !one.subject.contains("gree by") && !one.body.contains("gree by")),
        "{arrived:#?}"
    );
    assert!(arrived.iter().all(|one| !one.body.contains("10 Dec 12:00")), "{arrived:#?}");
    let all: BTreeSet<&str> = arrived.iter().map(|one| one.id.as_str()).filter(|id| !id.is_empty()).collect();
    assert_eq!(all.len(), arrived.iter().filter(|one| !one.id.is_empty()).count(), "none twice");
}

#[test]
fn a_refused_recipient_holds_up_nobody_and_is_given_up_after_three_days() {
    let refused = Failure::of_message(Reason::MailRefused(550));
    let network = Recorder::new(move |_, to, _| if to == "b@example.org" { Err(refused) } else { Ok(()) });
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    server.edit(&team_text(&swap("2026-12-11", ["a", "c"])), monday());
    let due = monday() + TimeDelta::minutes(3);
    server.step(due);
    assert_eq!(network.counts().keys().collect::<Vec<_>>(), ["a@example.org", "team@example.org", "webhook"]);
    let undelivered = server.database.undelivered_notices(monday()).unwrap();
    let [own] = &undelivered[..] else { panic!("{undelivered:?}") };
    assert_eq!((own.waiting, own.failing, own.given_up), (1, 1, 0));
    assert_eq!(own.failure, "the mail server refuses (550)");
    server.run(due, due + TimeDelta::days(3) - TimeDelta::minutes(1), TimeDelta::minutes(5));
    assert_eq!(server.database.undelivered_notices(monday()).unwrap()[0].given_up, 0);
    server.run(due + TimeDelta::days(3), due + TimeDelta::hours(74), TimeDelta::minutes(5));
    let [own] = &server.database.undelivered_notices(monday()).unwrap()[..] else { panic!("one team") };
    assert_eq!((own.waiting, own.given_up), (0, 1));
    assert!(server.database.undelivered_notices(due + TimeDelta::days(5)).unwrap().is_empty());
}

/// Checks that each person gets at most two messages, and that the last one is right about their shifts.
fn storm(weeks: [&str; 2], start: Instant) {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), start, &network);
    server.step(start);
    let pairs = [["a", "c"], ["c", "b"], ["d", "c"], ["b", "a"], ["c", "a"]];
    for number in 0..300 {
        let now = start + TimeDelta::milliseconds(200 * number);
        let place = usize::try_from(number).unwrap();
        let (one, two) = (pairs[place % 5], pairs[(place + 1 + place / 7) % 5]);
        server.edit(&team_text(&format!("{}{}", swap(weeks[0], one), swap(weeks[1], two))), now);
        if number % 5 == 0 {
            server.step(now);
        }
    }
    server.run(start + TimeDelta::minutes(1), start + TimeDelta::hours(1), TimeDelta::seconds(10));
    let counts = network.counts();
    let subjects: Vec<_> = network.arrived().into_iter().map(|one| (one.at, one.to, one.subject)).collect();
    assert!(counts.values().all(|count| *count <= 2) && counts.len() >= 3, "{subjects:#?}");
    let known = server.database.notified_of(&"data".parse_team()).unwrap().unwrap();
    server.step(start + TimeDelta::hours(2));
    assert_eq!(server.database.notified_of(&"data".parse_team()).unwrap().unwrap(), known);
}

trait ParseTeam {
    fn parse_team(&self) -> oncal::rota::TeamId;
}

impl ParseTeam for str {
    fn parse_team(&self) -> oncal::rota::TeamId {
        oncal::rota::TeamId::new(self).unwrap()
    }
}

#[test]
fn a_storm_of_three_hundred_edits_in_a_minute_sends_each_person_at_most_two_messages() {
    storm(["2026-12-04", "2026-12-11"], monday());
}

#[test]
fn so_does_a_storm_of_urgent_edits() {
    storm(["2026-11-27", "2026-12-04"], at("2026-11-26T20:00:00Z"));
}

#[test]
fn a_recipient_who_is_removed_is_sent_nothing_any_more() {
    let down = Failure::general(Reason::MailTimeout);
    let back = monday() + TimeDelta::hours(1);
    let network = Recorder::new(move |now, _, _| if now < back { Err(down) } else { Ok(()) });
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let swapped = team_text(&swap("2026-12-04", ["a", "d"]));
    server.edit(&swapped, monday());
    server.run(monday(), monday() + TimeDelta::minutes(10), TimeDelta::minutes(2));
    let without =
        swapped.replace(", email = \"b@example.org\"", "").replace("mail = [\"team@example.org\"]\n", "");
    server.edit(&without, monday() + TimeDelta::minutes(11));
    server.run(back, back + TimeDelta::hours(2), TimeDelta::minutes(2));
    assert_eq!(network.counts().keys().collect::<Vec<_>>(), ["d@example.org", "webhook"]);
    assert!(server.database.undelivered_notices(monday()).unwrap().is_empty());
}

#[test]
fn a_recipients_messages_come_in_order_after_a_failure() {
    let back = monday() + TimeDelta::minutes(3) + TimeDelta::seconds(10);
    let refused = Failure::of_message(Reason::MailRefused(451));
    let network = Recorder::new(move |now, _, _| if now < back { Err(refused) } else { Ok(()) });
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    server.edit(&team_text(&swap("2026-12-04", ["a", "d"])), monday());
    // It was tried just before the next one is due.
    server.run(monday() + TimeDelta::minutes(2), back - TimeDelta::seconds(1), TimeDelta::seconds(9));
    let both = format!("{}{}", swap("2026-12-04", ["a", "d"]), swap("2026-12-11", ["a", "d"]));
    server.edit(&team_text(&both), back - TimeDelta::minutes(2));
    server.run(back, back + TimeDelta::hours(3), TimeDelta::seconds(5));
    let all = network.arrived();
    let subjects: Vec<&str> =
        all.iter().filter(|one| one.to == "team@example.org").map(|one| one.subject.as_str()).collect();
    let [first, second] = &subjects[..] else { panic!("{subjects:?}") };
    assert!(first.contains("Fri 4 Dec") && second.contains("Fri 11 Dec"), "{subjects:?}");
}

/// D for C on Tuesday 24 November, within a day of [`monday`].
const FLU: &str = "[[override]]\nfrom = 2026-11-24T08:00:00\nto = 2026-11-24T18:00:00\nprimary = \"d\"\nreason = \"Flu\"\nagreed_on = 2026-11-23\n";

fn subjects(network: &Recorder, to: &str) -> Vec<String> {
    network.arrived().into_iter().filter(|one| one.to == to).map(|one| one.subject).collect()
}

/// A change that is sent to D first, and fails; hours later an urgent one; and when that is due.
fn urgent_after_hours(server: &mut Server) -> Instant {
    let swapped = swap("2026-12-04", ["a", "d"]);
    server.step(monday());
    server.edit(&team_text(&swapped), monday());
    let later = monday() + TimeDelta::hours(5);
    server.run(monday(), later, TimeDelta::minutes(1));
    server.edit(&team_text(&format!("{swapped}{FLU}")), later);
    later + TimeDelta::seconds(15)
}

/// An urgent change is sent while an older message to the same person is refused.
fn urgent_behind_a_refused_message(location: Location) {
    let (filtered, until) = (Failure::of_message(Reason::MailRefused(554)), monday() + TimeDelta::hours(8));
    let network = Recorder::new(move |now, to, subject| {
        let is_spam = to == "d@example.org" && subject.contains("4 Dec") && now < until;
        if is_spam { Err(filtered) } else { Ok(()) }
    });
    let mut server = Server::start(location, &team_text(""), monday(), &network);
    let due = urgent_after_hours(&mut server);
    assert_eq!(subjects(&network, "d@example.org"), [""; 0]);
    server.step(due);
    let [urgent] = &subjects(&network, "d@example.org")[..] else { panic!("{:#?}", network.arrived()) };
    assert!(urgent.starts_with("URGENT: On-call: you are primary"), "{urgent}");
    // What comes after it says so.
    server.run(due, until + TimeDelta::hours(2), TimeDelta::minutes(1));
    let [_, late] = &subjects(&network, "d@example.org")[..] else { panic!("{:#?}", network.arrived()) };
    assert!(late.starts_with("Delayed: On-call: you are secondary"), "{late}");
    let late = network.arrived().into_iter().find(|one| one.subject == *late).unwrap();
    assert!(late.body.starts_with("This message was delayed, and a newer one has reached you before it."));
    assert!(server.database.undelivered_notices(monday()).unwrap().is_empty());
}

#[test]
fn an_urgent_change_does_not_wait_behind_a_message_that_is_refused() {
    let state = tempfile::tempdir().unwrap();
    urgent_behind_a_refused_message(folder(state.path()));
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn nor_does_it_with_a_journal_in_postgresql() {
    let postgres = Postgres::start();
    urgent_behind_a_refused_message(Location::Postgres(postgres.url.clone()));
}

#[test]
fn an_urgent_change_is_tried_at_once_after_hours_in_which_nothing_could_be_sent() {
    for failure in [
        Failure::general(Reason::MailUnreachable),
        Failure::of_recipient(Reason::WebhookUnreachable),
        Failure::of_message(Reason::MailRefused(451)),
    ] {
        let up = monday() + TimeDelta::hours(5);
        let network = Recorder::new(move |now, _, _| if now < up { Err(failure) } else { Ok(()) });
        let state = tempfile::tempdir().unwrap();
        let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
        let due = urgent_after_hours(&mut server);
        network.arrived.lock().unwrap().clear();
        server.step(due);
        for to in ["d@example.org", "team@example.org", "webhook"] {
            let subjects = subjects(&network, to);
            let [.., last] = &subjects[..] else { panic!("{failure:?}: nothing to {to}") };
            assert!(last.starts_with("URGENT: "), "{failure:?}: {subjects:#?}");
            assert!(subjects.iter().all(|subject| !subject.starts_with("Delayed")), "{subjects:#?}");
        }
    }
}

#[test]
fn a_message_that_is_refused_for_a_while_is_not_overtaken() {
    // The first message is due after two minutes, and is tried for the ninth time after another 7,725 seconds: just
    // then the second one is due. A minute later the server takes both.
    let due = monday() + TimeDelta::minutes(2) + TimeDelta::seconds(7725);
    let back = due + TimeDelta::minutes(1);
    let unknown = Failure::of_message(Reason::MailRefused(451));
    let network = Recorder::new(
        move |now, to, _| if to == "b@example.org" && now < back { Err(unknown) } else { Ok(()) },
    );
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let first = swap("2026-12-04", ["a", "d"]);
    server.edit(&team_text(&first), monday());
    let edit = due - TimeDelta::minutes(2);
    server.run(monday(), edit, TimeDelta::seconds(15));
    server.edit(&team_text(&format!("{first}{}", swap("2026-12-11", ["c", "d"]))), edit);
    server.run(edit, back + TimeDelta::hours(1), TimeDelta::seconds(15));
    let subjects = subjects(&network, "b@example.org");
    let [one, two] = &subjects[..] else { panic!("{subjects:#?}") };
    assert!(one.contains("Fri 4 Dec") && two.contains("Fri 11 Dec"), "{subjects:#?}");
}

#[test]
fn a_recipient_who_makes_every_attempt_fail_for_all_stops_nobody_else() {
    // A server may close the connection over one address, as if it were going down.
    let closing = Failure::general(Reason::MailRefused(421));
    let network = Recorder::new(move |_, to, _| if to == "b@example.org" { Err(closing) } else { Ok(()) });
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    for number in 0..4 {
        let now = monday() + TimeDelta::hours(number);
        let pair = if number % 2 == 0 { ["a", "d"] } else { ["a", "c"] };
        server.edit(&team_text(&swap("2026-12-04", pair)), now);
        server.run(now, now + TimeDelta::minutes(59), TimeDelta::seconds(30));
        let arrived = subjects(&network, "team@example.org").len();
        assert_eq!(arrived, usize::try_from(number).unwrap() + 1, "{:#?}", network.counts());
    }
}

#[test]
fn a_change_that_was_made_by_a_clock_that_is_ahead_is_sent_soon() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    server.edit(&team_text(&swap("2026-12-04", ["a", "d"])), monday() + TimeDelta::hours(5));
    server.run(monday(), monday() + TimeDelta::seconds(115), TimeDelta::seconds(5));
    assert_eq!(network.arrived(), []);
    server.run(monday() + TimeDelta::minutes(2), monday() + TimeDelta::minutes(3), TimeDelta::seconds(5));
    assert_eq!(network.arrived().len(), 4);
}

/// D for C on Tuesday 24 November, within a day of [`monday`].
fn cover(from: &str, to: &str) -> String {
    format!(
        "[[override]]\nfrom = 2026-11-24T{from}:00\nto = 2026-11-24T{to}:00\nprimary = \"d\"\nagreed_on = 2026-11-23\n"
    )
}

#[test]
fn a_notice_that_was_sent_by_a_clock_that_was_ahead_is_not_newer_than_later_ones() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let ahead = monday() + TimeDelta::hours(3);
    let first = cover("08:00", "08:20");
    server.edit(&team_text(&first), ahead);
    server.step(ahead + TimeDelta::seconds(20));
    assert_eq!(network.counts()["webhook"], 1, "{:?}", network.counts());
    drop(server);
    let both = team_text(&format!("{first}{}", cover("08:40", "09:00")));
    let mut server = Server::start(folder(state.path()), &both, monday(), &network);
    server.run(monday(), monday() + TimeDelta::seconds(20), TimeDelta::seconds(5));
    for to in ["d@example.org", "team@example.org", "webhook"] {
        let subjects = subjects(&network, to);
        assert_eq!(subjects.len(), 2, "{to}: {subjects:?}");
        assert!(subjects[1].starts_with("URGENT: "), "{to}: {subjects:?}");
    }
}

#[test]
fn a_notice_that_failed_while_the_clock_was_ahead_is_sent_once_the_clock_is_right() {
    for failure in
        [Failure::general(Reason::WebhookUnreachable), Failure::of_recipient(Reason::WebhookUnreachable)]
    {
        let (is_up, state) = (Arc::<AtomicBool>::default(), tempfile::tempdir().unwrap());
        let up = Arc::clone(&is_up);
        let network =
            Recorder::new(move |_, _, _| if up.load(Ordering::Relaxed) { Ok(()) } else { Err(failure) });
        let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
        server.step(monday());
        // One is planned by the right clock, and one by the one that is ahead. It is set right while it fails.
        let first = cover("08:00", "08:20");
        server.edit(&team_text(&first), monday());
        server.step(monday() + TimeDelta::seconds(20));
        let ahead = monday() + TimeDelta::hours(3);
        let second = format!("{first}{}", cover("08:40", "09:00"));
        server.edit(&team_text(&second), ahead);
        server.run(ahead, ahead + TimeDelta::minutes(2), TimeDelta::seconds(5));
        is_up.store(true, Ordering::Relaxed);
        let right = monday() + TimeDelta::minutes(3);
        server.step(right);
        assert_eq!(network.counts().values().collect::<BTreeSet<_>>(), [&2].into(), "{:?}", network.counts());
        server.edit(&team_text(&format!("{second}{}", cover("09:20", "09:40"))), right);
        server.run(right, right + TimeDelta::seconds(20), TimeDelta::seconds(5));
        let subjects = subjects(&network, "webhook");
        assert_eq!(subjects.len(), 3);
        assert!(subjects.iter().all(|subject| subject.starts_with("URGENT: ")), "{subjects:?}");
    }
}

#[test]
fn what_a_clock_that_was_ahead_waits_for_is_due_once_the_clock_is_right() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let ahead = monday() + TimeDelta::hours(3);
    server.edit(&team_text(FLU), ahead);
    server.step(ahead);
    assert_eq!(network.arrived(), [], "it has not settled");
    for seconds in [10, 25] {
        server.planner.step(&server.snapshot, monday() + TimeDelta::seconds(seconds)).unwrap();
    }
    assert!(waiting(&server) > 0, "it has by the right clock");
    // What another process claimed is free once its claim is over by any clock that can be right.
    let now = monday() + TimeDelta::seconds(30);
    let claim =
        |now: Instant| server.database.claim_notice(Channel::Webhook, now, now + TimeDelta::minutes(5));
    assert!(claim(now + TimeDelta::seconds(5)).unwrap().is_some());
    server.step(now);
    assert!(!network.counts().contains_key("webhook"), "the other clock may be a little ahead");
    server.run(now, now + TimeDelta::minutes(6), TimeDelta::minutes(1));
    assert_eq!(network.counts()["webhook"], 1);
    server.edit(&team_text(""), now + TimeDelta::minutes(7));
    server.planner.step(&server.snapshot, now + TimeDelta::minutes(7)).unwrap();
    let now = now + TimeDelta::minutes(8);
    server.planner.step(&server.snapshot, now).unwrap();
    let ahead = now + TimeDelta::hours(3);
    let claimed = server.database.claim_notice(Channel::Webhook, ahead, ahead + TimeDelta::minutes(5));
    assert!(claimed.unwrap().is_some());
    server.step(now);
    assert_eq!(network.counts()["webhook"], 2);
}

/// How many notices wait.
fn waiting(server: &Server) -> u64 {
    let all = server.database.undelivered_notices(monday()).unwrap();
    all.iter().map(|own| own.waiting).sum()
}

/// Lets the senders of `server` do what they do at `now`.
fn send(server: &mut Server, now: Instant) {
    for sender in &mut server.senders {
        sender.step(&server.snapshot, &server.counts, || now).unwrap();
    }
}

/// Starts `server` again in its folder, with the team's file under this name.
fn start_with_file_as(server: &mut Server, name: &str) {
    let folder = server.config.path().join("teams");
    fs::rename(folder.join("data.toml"), folder.join(name)).unwrap();
    let builder = Builder::new(Publisher::new(Arc::clone(&server.database), None, "test".to_owned()));
    server.snapshot = builder.first(load(server.config.path(), monday()).unwrap(), monday()).unwrap();
    assert!(server.snapshot.team("data").is_none());
}

#[test]
fn notices_of_a_team_whose_file_is_missing_at_a_start_wait_for_it() {
    let is_up = Arc::<AtomicBool>::default();
    let (state, up) = (tempfile::tempdir().unwrap(), Arc::clone(&is_up));
    let down = Failure::general(Reason::MailUnreachable);
    let network = Recorder::new(move |_, _, _| if up.load(Ordering::Relaxed) { Ok(()) } else { Err(down) });
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let swapped = team_text(&swap("2026-12-04", ["a", "d"]));
    server.edit(&swapped, monday());
    let due = monday() + TimeDelta::minutes(3);
    server.step(due);
    assert_eq!(waiting(&server), 4);
    start_with_file_as(&mut server, "else.toml");
    assert!(server.snapshot.is_broken("data"), "its file is expected back");
    is_up.store(true, Ordering::Relaxed);
    for seconds in [20, 30, 40] {
        send(&mut server, due + TimeDelta::seconds(seconds));
    }
    assert_eq!((waiting(&server), network.arrived().len()), (4, 0));
    server.edit(&swapped, due + TimeDelta::seconds(45));
    send(&mut server, due + TimeDelta::seconds(50));
    assert_eq!((waiting(&server), network.arrived().len()), (0, 4));
}

#[test]
fn why_the_webhook_in_the_environment_cannot_be_used_is_shown() {
    let password =
        "the webhook in the environment cannot be used: it must not contain a user name or password";
    let plain = "the webhook in the environment cannot be used: it must begin with `https://`: without encryption only \
                 this machine (loopback) can be reached";
    let file = "the file that ONCAL_WEBHOOK_<TEAM>_FILE names cannot be read";
    for (variable, value, expected) in [
        ("ONCAL_WEBHOOK_DATA", "https://u:SECRET@hooks.example.org/x", password),
        ("ONCAL_WEBHOOK_DATA", "http://hooks.example.org/SECRET", plain),
        ("ONCAL_WEBHOOK_DATA_FILE", "/SECRET/missing", file),
    ] {
        let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
        let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
        server.use_environment(&Environment::new(move |name| (name == variable).then(|| value.to_owned())));
        server.step(monday());
        server.edit(&team_text(&swap("2026-12-04", ["a", "d"])), monday());
        server.step(monday() + TimeDelta::minutes(3));
        let undelivered = server.database.undelivered_notices(monday()).unwrap();
        let failures: Vec<&str> = undelivered.iter().map(|own| own.failure.as_str()).collect();
        assert_eq!(failures, [expected]);
    }
}

#[test]
fn what_was_known_is_written_again_after_the_journal_is_lost() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let leave = "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    let text = |more: &str| team_text(more).replace("id = \"a\"", leave);
    let mut server = Server::start(folder(state.path()), &text(""), monday(), &network);
    server.step(monday());
    assert_eq!(network.counts().values().sum::<usize>(), 2, "what is open, to the team");
    // A loss: the row is gone, and a change is published.
    server.database.forget_notified(&"data".parse_team()).unwrap();
    server.edit(&text(&swap("2026-12-04", ["a", "d"])), monday() + TimeDelta::seconds(1));
    server.step(monday() + TimeDelta::seconds(2));
    assert!(server.database.notified_of(&"data".parse_team()).unwrap().is_some(), "at once");
    server.step(monday() + TimeDelta::minutes(3));
    let counts: Vec<(String, usize)> = network.counts().into_iter().collect();
    let expected = [("b@example.org", 1), ("d@example.org", 1), ("team@example.org", 2), ("webhook", 2)];
    assert_eq!(
        counts,
        expected.map(|(to, count)| (to.to_owned(), count)),
        "the change, and no new beginning"
    );
}

#[test]
fn a_server_that_stops_begins_with_no_further_message() {
    let stopping = Arc::<AtomicBool>::default();
    let flag = Arc::clone(&stopping);
    let network = Recorder::new(move |_, _, _| {
        flag.store(true, Ordering::Relaxed);
        Ok(())
    });
    let state = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.senders = server.senders.into_iter().map(|sender| sender.until(Arc::clone(&stopping))).collect();
    server.step(monday());
    server.edit(&team_text(&swap("2026-12-04", ["a", "d"])), monday());
    server.step(monday() + TimeDelta::minutes(3));
    assert_eq!(network.arrived().len(), 1, "the one in flight");
    let undelivered = server.database.undelivered_notices(monday()).unwrap();
    assert_eq!(undelivered.iter().map(|own| own.waiting).sum::<u64>(), 3);
}

#[test]
fn notices_wait_while_the_journal_lacks_what_is_served() {
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let provisional = server.edited_without_journal(&team_text(&swap("2026-12-04", ["a", "d"])));
    let later = monday() + TimeDelta::minutes(5);
    let looked = server.planner.step(&provisional, later).unwrap();
    assert_eq!((looked.waiting_for_journal, looked.is_due), (1, false));
    server.snapshot = provisional;
    server.step(later);
    assert_eq!(network.arrived().len(), 4, "once it is written they are sent");
}

#[test]
fn that_notices_wait_for_the_journal_is_shown_until_it_is_written() {
    logged::start();
    let (state, network) = (tempfile::tempdir().unwrap(), Recorder::new(|_, _, _| Ok(())));
    let mut server = Server::start(folder(state.path()), &team_text(""), monday(), &network);
    server.step(monday());
    let provisional = server.edited_without_journal(&team_text(&swap("2026-12-04", ["a", "d"])));
    let store = Arc::new(Store::new(provisional));
    let notifier = Notifier::start(Options {
        store: Arc::clone(&store),
        database: Arc::clone(&server.database),
        environment: Environment::new(|_| None),
        // Before what changed has settled, so that nothing is sent.
        now: Box::new(|| monday() + TimeDelta::seconds(1)),
    })
    .unwrap();
    // What `/readyz` shows.
    let fault = || store.faults().get(FaultKind::Notices).map(|fault| fault.message.clone());
    assert_eq!(fault().as_deref(), Some("notices wait until the journal can be written"));
    let written = server.builder.renew(&store.load_full(), monday()).written().unwrap();
    store.replace(Arc::new(written));
    let since = std::time::Instant::now();
    while let Some(fault) = fault() {
        assert!(since.elapsed() < PATIENCE, "{fault}");
        thread::sleep(Duration::from_millis(20));
    }
    drop(notifier);
    assert!(!logged::lines_with("notices are delivered again").is_empty());
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_server_without_a_webhook_leaves_what_another_server_knows() {
    let postgres = Postgres::start();
    let network = Recorder::new(|_, _, _| Ok(()));
    let text = PLAN;
    let start = || Server::start(Location::Postgres(postgres.url.clone()), text, monday(), &network);
    let [mut one, mut other] = [start(), start()];
    let hook = |name: &str| (name == "ONCAL_WEBHOOK_DATA").then(|| "https://hooks.example.org/T1".to_owned());
    one.planner = Planner::new(Arc::clone(&one.database), Environment::new(hook));
    one.step(monday());
    let known = one.database.notified_of(&"data".parse_team()).unwrap();
    assert!(known.is_some());
    other.planner = Planner::new(Arc::clone(&other.database), Environment::new(|_| None));
    other.step(monday());
    assert_eq!(one.database.notified_of(&"data".parse_team()).unwrap(), known);
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_server_without_a_webhook_does_not_make_the_team_new_to_one_that_has_it() {
    let postgres = Postgres::start();
    let network = Recorder::new(|_, _, _| Ok(()));
    let leave = "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    // Something is open, so that the beginning is a message. Only the environment has where the team is reached.
    let text = |more: &str| team_text(more).replace("id = \"a\"", leave).replace(NOTICES, "");
    let start = || Server::start(Location::Postgres(postgres.url.clone()), &text(""), monday(), &network);
    let [mut one, mut other] = [start(), start()];
    let hook = |name: &str| (name == "ONCAL_WEBHOOK_DATA").then(|| "https://hooks.example.org/T1".to_owned());
    one.use_environment(&Environment::new(hook));
    one.step(monday());
    let later = monday() + TimeDelta::hours(1);
    let swapped = text(&swap("2026-12-04", ["a", "d"]));
    for server in [&mut one, &mut other] {
        server.edit(&swapped, later);
    }
    for minutes in [3, 4] {
        for server in [&mut other, &mut one] {
            server.step(later + TimeDelta::minutes(minutes));
        }
    }
    let begun = network.arrived().into_iter().filter(|one| one.body.starts_with("From now on"));
    assert_eq!(begun.count(), 1, "{:#?}", network.arrived());
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn a_server_without_a_webhook_leaves_what_goes_there_to_one_that_has_it() {
    let postgres = Postgres::start();
    let back = monday() + TimeDelta::minutes(4);
    let down = Failure::of_recipient(Reason::WebhookUnreachable);
    let network = Recorder::new(move |now, _, _| if now < back { Err(down) } else { Ok(()) });
    let text = |more: &str| team_text(more).replace(NOTICES, "");
    let start = || Server::start(Location::Postgres(postgres.url.clone()), &text(""), monday(), &network);
    let [mut one, mut other] = [start(), start()];
    let hook = |name: &str| (name == "ONCAL_WEBHOOK_DATA").then(|| "https://hooks.example.org/T1".to_owned());
    one.use_environment(&Environment::new(hook));
    one.step(monday());
    for server in [&mut one, &mut other] {
        server.edit(&text(&swap("2026-12-04", ["a", "d"])), monday());
    }
    one.step(monday() + TimeDelta::minutes(3));
    *network.now.lock().unwrap() = back;
    send(&mut other, back);
    assert!(other.senders.iter().any(Sender::has_left_some));
    assert_eq!(network.counts().get("webhook"), None);
    one.step(back + TimeDelta::seconds(10));
    assert_eq!(network.counts()["webhook"], 1);
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn notices_of_a_team_that_no_server_has_any_more_are_dropped_after_three_days() {
    let postgres = Postgres::start();
    let unreachable = Failure::general(Reason::MailUnreachable);
    let network = Recorder::new(move |_, _, _| Err(unreachable));
    let start =
        || Server::start(Location::Postgres(postgres.url.clone()), &team_text(""), monday(), &network);
    let [mut one, mut other] = [start(), start()];
    one.step(monday());
    let edited = monday() + TimeDelta::minutes(1);
    one.edit(&team_text(&swap("2026-12-04", ["a", "d"])), edited);
    let due = edited + TimeDelta::minutes(2);
    one.planner.step(&one.snapshot, due).unwrap();
    assert_eq!(waiting(&one), 4);
    // The other server knows only the plan before that, so it leaves the notices to the first.
    start_with_file_as(&mut other, "else.toml");
    for seconds in [0, 20, 40] {
        send(&mut other, due + TimeDelta::seconds(seconds));
    }
    assert_eq!(waiting(&other), 4);
    let at = due + TimeDelta::minutes(2);
    let claimed = other.database.claim_notice(Channel::Webhook, at, at).unwrap().unwrap();
    assert_eq!(claimed.attempts, 1, "those that were left to the other server do not count");
    send(&mut other, due + TimeDelta::days(3) - TimeDelta::seconds(20));
    assert_eq!(waiting(&other), 4);
    send(&mut other, due + TimeDelta::days(3));
    assert_eq!(waiting(&other), 0);
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn of_two_servers_on_one_postgresql_one_sends() {
    let postgres = Postgres::start();
    let network = Recorder::new(|_, _, _| Ok(()));
    let start =
        || Server::start(Location::Postgres(postgres.url.clone()), &team_text(""), monday(), &network);
    let mut servers = [start(), start()];
    servers.iter_mut().for_each(|server| server.step(monday()));
    for number in 0..10_i64 {
        let now = monday() + TimeDelta::minutes(30 * number + 1);
        let pair = if number % 2 == 0 { ["a", "d"] } else { ["c", "b"] };
        let text = team_text(&swap("2026-12-04", pair));
        // Both have the file; the second learns that the first published it.
        for server in &mut servers {
            fs::write(server.config.path().join("teams/data.toml"), &text).unwrap();
        }
        for server in &mut servers {
            server.edit(&text, now);
        }
        thread::scope(|scope| {
            for server in &mut servers {
                scope.spawn(move || {
                    for minutes in 2..14 {
                        server.step(now + TimeDelta::minutes(minutes));
                    }
                });
            }
        });
    }
    let arrived = network.arrived();
    let ids: BTreeSet<&str> = arrived.iter().map(|one| one.id.as_str()).filter(|id| !id.is_empty()).collect();
    let mails = arrived.iter().filter(|one| !one.id.is_empty()).count();
    assert_eq!(ids.len(), mails, "none twice: {:?}", network.counts());
    assert_eq!(network.counts()["team@example.org"], 10);
    assert_eq!(network.counts()["webhook"], 10);
}
