//! Notices of the real program, as they arrive at real mail servers and a webhook.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use oncal::config::{Encryption, MailAddress, MailServer, Mailbox, load};
use oncal::delivery::{Failure, Mail, Network, Reason, Transport};
use oncal::journal::{Channel, Database, Location, Notice, NoticeDraft};
use oncal::live::{Builder, NoticeCounts};
use oncal::notices::{Message, Recipient};
use oncal::notifier::{Environment, Sender};
use oncal::publish::Publisher;
use oncal::rota::TeamId;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rusqlite::types::ValueRef;
use serde_json::Value;
use tempfile::TempDir;

use crate::notices::{Event, PLAN, at, every_kind, make_hostile};
use crate::support::machine::free_port;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::within;

const PASSWORD: &str = "s3cret-password";
const FREE: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/bin/python")
}

/// A mail server (aiosmtpd); ends when dropped.
struct MailBox {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl MailBox {
    fn start(mode: &str) -> MailBox {
        let folder = tempfile::tempdir().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("ca.pem"), authority.pem()).unwrap();
        fs::write(path("server.crt"), certificate.pem()).unwrap();
        fs::write(path("server.key"), key.serialize_pem()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/smtp_server.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder.path()).args([path("server.crt"), path("server.key")]).arg(mode);
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let port = within(PATIENCE, "the mail server", || fs::read_to_string(path("port")).ok());
        MailBox { port: port.parse().unwrap(), folder, child }
    }

    /// The authority that signed the certificate of the server.
    fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        files.sort();
        files
    }

    /// What arrived, as Python's package email reads it.
    fn read(&self) -> Vec<Value> {
        read(&self.files())
    }
}

impl Drop for MailBox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(files: &[PathBuf]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/read_messages.py");
    let output = Command::new(python()).arg(script).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A webhook: keeps the bodies that it is sent and answers with `status`.
struct Webhook {
    port: u16,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Webhook {
    fn start(status: &'static str) -> Webhook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                kept.lock().unwrap().extend(answer(stream, status));
            }
        });
        Webhook { port, bodies }
    }

    fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, status: &str) -> Option<String> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let headers = "Location: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\nConnection: close";
    write!(stream, "HTTP/1.1 {status}\r\n{headers}\r\n\r\n").ok()?;
    String::from_utf8(body).ok()
}

/// A configuration whose notices go to these servers.
fn configuration(mail: &MailBox, webhook: &Webhook) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("teams")).unwrap();
    let settings = format!(
        "{FREE}[mail]\nserver = \"smtp://localhost:{}\"\nuser = \"oncal\"\nfrom = \"On-call <oncall@example.org>\"\n",
        mail.port
    );
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    fs::write(folder.path().join("teams/data.toml"), team(webhook, "")).unwrap();
    folder
}

fn team(webhook: &Webhook, more: &str) -> String {
    let with_address = |text: String, id: char| {
        text.replace(
            &format!("id = \"{id}\", name"),
            &format!("id = \"{id}\", email = \"{id}@example.org\", name"),
        )
    };
    let text = "abcd".chars().fold(PLAN.to_owned(), with_address);
    let hook = format!("http://127.0.0.1:{}/services/s3cret-hook", webhook.port);
    format!("{text}[notices]\nmail = [\"team@example.org\"]\nwebhook = \"{hook}\"\n{more}")
}

fn swap(number: usize) -> String {
    let pair = [["a", "d"], ["c", "b"], ["d", "c"]][number % 3];
    format!("[[swap]]\nweek = 2026-12-11\nprimary = \"{}\"\nsecondary = \"{}\"\n", pair[0], pair[1])
}

fn oncal(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.arg("--config").arg(folder).args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env_remove("ONCAL_SMTP_PASSWORD").env("NO_COLOR", "1");
    command
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn mail_to(address: &str) -> Mail {
    let mailbox = |address: &str| Mailbox { name: None, address: MailAddress::new(address).unwrap() };
    Mail {
        to: mailbox(address),
        subject: "On-call: Zoë – Ünïcode ✓ ".to_owned() + &"a long subject ".repeat(12),
        body: "Zoë\n.\nFrom here on\n".to_owned() + &"longer than a line may be ".repeat(60),
        date: at("2026-12-01T09:00:00Z"),
        message_id: "<1@oncal>".to_owned(),
        list_id: "<data.on-call.oncal>".to_owned(),
    }
}

fn server(port: u16, encryption: Encryption) -> MailServer {
    let from = Mailbox {
        name: Some("On-call, all".to_owned()),
        address: MailAddress::new("oncall@example.org").unwrap(),
    };
    MailServer { encryption, host: "localhost".to_owned(), port, user: Some("oncal".to_owned()), from }
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn mail_goes_over_tls_alone_and_only_to_a_server_that_is_trusted() {
    let (starttls, tls, plain) = (MailBox::start("starttls"), MailBox::start("tls"), MailBox::start("plain"));
    let mail = mail_to("a@example.org");
    let send = |server: &MailServer| Network.mail(server, Some(PASSWORD), &mail);
    let untrusted = Err(Failure::general(Reason::MailEncryption));
    // This process does not trust the certificates of the tests.
    assert_eq!(send(&server(starttls.port, Encryption::StartTls)), untrusted);
    // On this machine it may be plain, so any certificate is better than none.
    assert_eq!(send(&server(starttls.port, Encryption::IfOffered)), Ok(()));
    assert_eq!(send(&server(tls.port, Encryption::Tls)), untrusted);
    assert_eq!(send(&server(plain.port, Encryption::StartTls)), untrusted, "no STARTTLS, no mail");
    assert_eq!(send(&server(plain.port, Encryption::IfOffered)), Ok(()), "on this machine it may be plain");
    assert_eq!(send(&server(1, Encryption::Tls)), Err(Failure::general(Reason::MailUnreachable)));
    assert_eq!((starttls.files().len(), tls.files().len()), (1, 0));
    let [arrived] = &plain.read()[..] else { panic!("one message") };
    assert_eq!(arrived["subject"].as_str().unwrap().trim_end(), mail.subject.trim_end());
    assert_eq!(arrived["body"].as_str().unwrap().replace("\r\n", "\n").trim_end(), mail.body.trim_end());
    assert_eq!(arrived["from"], "\"On-call, all\" <oncall@example.org>");
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_test_by_hand_says_what_the_server_answered() {
    for mode in ["starttls", "tls"] {
        let (mail, webhook) = (MailBox::start(mode), Webhook::start("200 OK"));
        let folder = configuration(&mail, &webhook);
        if mode == "tls" {
            let settings = fs::read_to_string(folder.path().join("oncal.toml")).unwrap();
            fs::write(folder.path().join("oncal.toml"), settings.replace("smtp://", "smtps://")).unwrap();
        }
        let run = |arguments: &[&str], password: &str| {
            let mut command = oncal(folder.path(), arguments);
            command.env("SSL_CERT_FILE", mail.authority()).env("ONCAL_SMTP_PASSWORD", password);
            command.output().unwrap()
        };
        let output = run(&["notices", "test", "a"], PASSWORD);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(said(&output), "mail to a: accepted by the server\n");
        let output = run(&["notices", "test", "--team-list"], PASSWORD);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).starts_with("mail to the team: accepted by the server\n"), "{}", said(&output));
        let arrived = mail.read();
        assert_eq!(arrived.len(), 2);
        assert_eq!(arrived[0]["to"][0], "a@example.org");
        assert_eq!(arrived[0]["auto_submitted"], "auto-generated");
        assert_eq!(arrived[0]["list_id"], "<data.on-call.oncal>");
        let body: Value = serde_json::from_str(&webhook.bodies()[0]).unwrap();
        assert!(body["text"].as_str().unwrap().starts_with("On-call Data pipelines: test message\n\n"));

        let output = run(&["notices", "test", "a"], "wrong");
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("mail to a: the mail server refuses the login (535)"),
            "{}",
            said(&output)
        );
        let mut command = oncal(folder.path(), &["notices", "test", "a"]);
        let output = command.env("SSL_CERT_FILE", mail.authority()).output().unwrap();
        assert!(said(&output).contains("set ONCAL_SMTP_PASSWORD"), "{}", said(&output));
        let file = folder.path().join("password");
        fs::write(&file, format!("{PASSWORD}\n")).unwrap();
        let mut command = oncal(folder.path(), &["notices", "test", "Data Engineer B"]);
        command.env("SSL_CERT_FILE", mail.authority()).env("ONCAL_SMTP_PASSWORD_FILE", &file);
        assert_eq!(said(&command.output().unwrap()), "mail to b: accepted by the server\n");
        fs::remove_file(&file).unwrap();
        let output = command.output().unwrap();
        assert!(said(&output).contains("ONCAL_SMTP_PASSWORD_FILE names cannot be read"), "{}", said(&output));
        assert_eq!(run(&["notices", "test"], PASSWORD).status.code(), Some(2), "whom?");
        assert_eq!(run(&["notices", "test", "nobody"], PASSWORD).status.code(), Some(2));
    }
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_webhook_that_redirects_or_refuses_is_not_taken_for_one_that_works() {
    let mail = MailBox::start("plain");
    for (status, expected) in [
        ("302 Found", "the webhook redirects (302); redirects are not followed"),
        ("404 Not Found", "the webhook refuses (404)"),
    ] {
        let webhook = Webhook::start(status);
        let folder = configuration(&mail, &webhook);
        let command = || {
            let mut command = oncal(folder.path(), &["notices", "test", "--team-list"]);
            command.env("ONCAL_SMTP_PASSWORD", PASSWORD);
            command
        };
        let output = command().output().unwrap();
        assert!(said(&output).contains(expected), "{}", said(&output));
        assert_eq!((output.status.code(), webhook.bodies().len()), (Some(1), 1));
        let other = Webhook::start("204 No Content");
        let url = format!("http://127.0.0.1:{}/", other.port);
        let output = command().env("ONCAL_WEBHOOK_DATA", url).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(other.bodies().len(), 1, "the environment goes before the file");
    }
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_preview_shows_what_a_change_would_send_and_no_address_unless_asked() {
    let (mail, webhook) = (MailBox::start("plain"), Webhook::start("200 OK"));
    let (old, new) = (configuration(&mail, &webhook), configuration(&mail, &webhook));
    fs::write(new.path().join("teams/data.toml"), team(&webhook, &swap(0))).unwrap();
    let now = ["--now", "2026-11-23T15:00:00Z"];
    let run = |more: &[&str]| {
        let output = oncal(new.path(), &[&now, more].concat()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let from = old.path().to_str().unwrap();
    let shown = run(&["notices", "preview", "--from", from]);
    for expected in [
        "data: moved, to engineer a (by mail)\n  Subject: On-call: you have Fri 11 Dec 15:00",
        "data: moved, to the team (by mail, webhook at 127.0.0.1:",
        "(was Data Engineer B)",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    assert!(!shown.contains("@example.org") && !shown.contains("s3cret"), "{shown}");
    let shown = run(&["notices", "preview", "--from", from, "--show-addresses"]);
    assert!(shown.contains("engineer a (a@example.org)") && !shown.contains("s3cret"), "{shown}");
    let shown = run(&["notices", "preview", "--from", new.path().to_str().unwrap()]);
    assert_eq!(shown, "nothing would be sent\n");
    let shown = run(&["notices", "preview"]);
    assert!(shown.contains("this is what its first start would send"), "{shown}");
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("journal.sqlite"), "no journal").unwrap();
    let shown = run(&["--state", state.path().to_str().unwrap(), "notices", "preview"]);
    assert!(shown.contains("it is damaged") && !shown.contains("no server has published"), "{shown}");
    assert!(mail.files().is_empty() && webhook.bodies().is_empty());
}

/// The notice of `message` in the outbox.
fn notice(team: &TeamId, message: &Message, created: oncal::rota::Instant) -> Notice {
    let recipient = match &message.to {
        Recipient::Team => "mail:team@example.org".to_owned(),
        Recipient::Engineer(id) => format!("engineer:{id}"),
    };
    Notice {
        team: team.clone(),
        recipient,
        kind: message.kind.as_str().to_owned(),
        key: message.key.clone(),
        message: serde_json::to_string(&message.text).unwrap(),
        created,
        expires: message.text.expires(),
        attempts: 0,
    }
}

/// Whom `message` reaches, its subject and its text.
fn expected(message: &Message, now: oncal::rota::Instant) -> [String; 3] {
    let to = match &message.to {
        Recipient::Team => "team@example.org".to_owned(),
        Recipient::Engineer(id) => format!("{id}@example.org"),
    };
    let (subject, body) = message.text.at(now).unwrap();
    let link = message.text.link.iter().map(|link| format!("\n\n{link}")).collect::<String>();
    [to, subject, format!("{body}{link}")]
}

/// Whether `text` is one line without invisible or reordering characters.
fn is_plain_line(text: &str) -> bool {
    let reorders = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || reorders(c))
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_message_of_every_kind_arrives_once_and_hostile_names_add_nothing_to_it() {
    let (mail, webhook) = (MailBox::start("plain"), Webhook::start("200 OK"));
    let (folder, state) = (configuration(&mail, &webhook), tempfile::tempdir().unwrap());
    let events = every_kind();
    let mut configuration = load(folder.path(), events[0].at).unwrap();
    for config in configuration.teams.values_mut() {
        make_hostile(&mut Arc::make_mut(config).team);
    }
    let database = Arc::new(Database::open(Location::folder(state.path().to_owned())).unwrap());
    let builder = Builder::new(Publisher::new(Arc::clone(&database), None, "test".to_owned()));
    let snapshot = builder.first(configuration, events[0].at).unwrap();
    let environment = Environment::new(|name| (name == "ONCAL_SMTP_PASSWORD").then(|| PASSWORD.to_owned()));
    let mut sender = Sender::new(Channel::Mail, Arc::clone(&database), environment, Network);
    let team = TeamId::new("data").unwrap();
    let published = snapshot.team("data").unwrap().version();
    let (counts, mut all, mut kinds) = (NoticeCounts::default(), Vec::new(), BTreeSet::new());
    for (revision, Event { at, subject, messages }) in events.into_iter().enumerate() {
        let notices: Vec<Notice> = messages.iter().map(|message| notice(&team, message, at)).collect();
        let revision = i64::try_from(revision).unwrap();
        let draft = NoticeDraft { team: &team, published, revision, record: "{}", notices: &notices };
        assert!(database.write_notices(&draft).unwrap());
        let expected: Vec<[String; 3]> = messages.iter().map(|message| expected(message, at)).collect();
        assert!(expected.iter().any(|[_, own, _]| own.contains(subject)), "{subject}: {expected:#?}");
        all.extend(expected);
        kinds.extend(messages.iter().map(|message| message.kind.as_str()));
        // Nothing is sent twice.
        for minutes in 0..3 {
            let now = at + chrono::TimeDelta::minutes(minutes);
            sender.step(&snapshot, &counts, || now).unwrap();
        }
    }
    assert_eq!(Vec::from_iter(kinds), ["agree", "digest", "first", "moved", "reminder", "test"]);
    let arrived = mail.read();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    let mut came: Vec<[String; 3]> = Vec::new();
    for one in &arrived {
        let (to, to_name) = (&one["to"], one["to_name"][0].as_str().unwrap());
        let (subject, body) = (text(one, "subject"), text(one, "body").replace("\r\n", "\n"));
        assert_eq!((to.as_array().unwrap().len(), one["to_name"].as_array().unwrap().len()), (1, 1));
        assert!(is_plain_line(&subject) && is_plain_line(to_name), "{one:#}");
        assert!(body.lines().all(is_plain_line), "{one:#}");
        assert!(body.lines().all(|line| !line.starts_with("Bcc:") && !line.starts_with("X-Header")));
        let headers: Vec<&str> =
            one["headers"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();

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
        came.push([to[0].as_str().unwrap().to_owned(), subject, body.trim_end().to_owned()]);
    }
    let ids: BTreeSet<String> = arrived.iter().map(|one| text(one, "id")).collect();
    assert_eq!(ids.len(), arrived.len(), "each has a Message-ID of its own");
    all.sort_unstable();
    came.sort_unstable();
    assert_eq!(came, all);
}

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

/// How much faster than the real one the clock of the servers runs below.
const SPEED: u32 = 60;

fn faketime() -> PathBuf {
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let library = folders.iter().map(|folder| Path::new(folder).join("faketime/libfaketime.so.1"));
    library.into_iter().find(|library| library.exists()).unwrap()
}

/// A server whose clock began at `start` at the real time `since` and runs fast.
fn fast_server(folder: &Path, mail: &MailBox, since: Instant) -> Running {
    let start = at("2026-11-23T15:00:00Z");
    let passed = chrono::TimeDelta::from_std(since.elapsed() * SPEED).unwrap();
    let clock = (start + passed).format("@%Y-%m-%d %H:%M:%S");
    let state = folder.join("state");
    let mut command = program(folder, &["--state", state.to_str().unwrap()]);
    command.env("LD_PRELOAD", faketime()).env("FAKETIME", format!("{clock} x{SPEED}")).env("TZ", "UTC");
    command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
    command.env("SSL_CERT_FILE", mail.authority()).env("ONCAL_SMTP_PASSWORD", PASSWORD);
    Running::start(&mut command)
}

fn write_team(folder: &Path, text: &str) {
    let aside = folder.join("teams/.data");
    fs::write(&aside, text).unwrap();
    fs::rename(aside, folder.join("teams/data.toml")).unwrap();
}

/// Nothing waits any more, and nothing fails.
fn is_settled(running: &Running) -> bool {
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    let zero = |name: &str| {
        let lines = metrics.lines().filter(|line| line.starts_with(name));
        lines.filter(|line| line.ends_with(" 0")).count() == 2
    };
    zero("oncal_notices_waiting{") && zero("oncal_notices_failed_total{")
}

#[test]
#[ignore = "needs aiosmtpd and faketime, which tests/run.sh installs"]
fn what_is_sent_arrives_once_and_no_secret_is_anywhere_else() {
    let (mail, webhook) = (MailBox::start("starttls"), Webhook::start("200 OK"));
    let folder = configuration(&mail, &webhook);
    let since = Instant::now();
    let running = fast_server(folder.path(), &mail, since);
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    for name in ["sent_total", "failed_total", "failed_attempts_total", "waiting"] {
        for channel in ["mail", "webhook"] {
            let line = format!("oncal_notices_{name}{{channel=\"{channel}\"}} 0");
            assert!(metrics.lines().any(|own| own == line), "{line} is not in {metrics}");
        }
    }
    fs::write(mail.folder.path().join("down"), "").unwrap();
    // Both of the pair are away, which is a conflict; and one address is refused.
    let text = team(&webhook, &swap(0)).replace("b@example.org", "refused@example.org");
    let leave = "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    write_team(folder.path(), &text.replace("id = \"a\"", leave));
    let readyz = || String::from_utf8(get(running.admin, "/readyz").1).unwrap();
    let page = || String::from_utf8(get(running.address, "/data/").1).unwrap();
    within(PATIENCE * 2, "the fault", || readyz().contains("the mail server refuses (421)").then_some(()));
    let waiting = || page().contains("waiting: the mail server refuses (421)").then_some(());
    within(PATIENCE, "the line of the page", waiting);
    fs::remove_file(mail.folder.path().join("down")).unwrap();
    // The swap concerns a, b, c and d; the conflict a, c and d, who is proposed or in the pair; both the team.
    within(PATIENCE * 6, "all messages", || (mail.files().len() >= 7).then_some(()));
    within(PATIENCE, "the refusal", || readyz().contains("the mail server refuses (550)").then_some(()));
    let arrived = mail.read();
    let ids: BTreeSet<&str> = arrived.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), arrived.len(), "none twice");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    arrived.iter().for_each(|one| *counts.entry(one["to"][0].as_str().unwrap()).or_default() += 1);
    assert!(counts["team@example.org"] == 2 && !counts.contains_key("refused@example.org"), "{counts:?}");
    assert!(
        arrived
            .iter()
            .any(|one| one["subject"].as_str().unwrap().starts_with("On-call: you have Fri 11 Dec"))
    );
    let texts = webhook.bodies();
    assert_eq!(texts.len(), 2);
    let mut shown = vec![("log".to_owned(), running.log())];
    let targets = [(running.address, &PUBLIC[..]), (running.admin, &["/readyz", "/metrics"][..])];
    for (address, targets) in targets {
        for target in targets {
            let (head, body) = get(address, target);
            assert!(head.starts_with("HTTP/1.1 200") && !body.is_empty(), "{target}: {head}");
            shown.push(((*target).to_owned(), head + &String::from_utf8(body).unwrap()));
        }
    }
    shown.extend(journal_texts(&folder.path().join("state/journal.sqlite")));
    for secret in [PASSWORD, "s3cret", "@example.org"] {
        for (place, shown) in &shown {
            assert!(!shown.contains(secret), "{secret} is in {place}: {shown}");
        }
    }
}

/// Everything that is shown to people who may see the team.
const PUBLIC: [&str; 26] = [
    "/",
    "/data/",
    "/data/coverage",
    "/data/pipelines",
    "/data/fairness",
    "/data/changes",
    "/data/changes.atom",
    "/data/subscribers",
    "/data/subscribe",
    "/data/engineers/a",
    "/data/engineers/d",
    "/data/team.ics",
    "/data/coverage.ics",
    "/data/primary.ics",
    "/data/secondary.ics",
    "/data/engineers/a.ics",
    "/data/engineers/b.ics",
    "/openapi.json",
    "/api/v1/teams",
    "/api/v1/teams/data/oncall",
    "/api/v1/teams/data/schedule",
    "/api/v1/teams/data/coverage",
    "/api/v1/teams/data/fairness",
    "/api/v1/teams/data/changes",
    "/api/v1/teams/data/pipelines",
    "/api/v1/teams/data/subscribers",
];

/// Every value of every table of a journal, by where it is. Left out: the copies of the team's own files, which have all
/// that these have, and the recipients of notices, which may be addresses of the team.
fn journal_texts(journal: &Path) -> Vec<(String, String)> {
    let journal = rusqlite::Connection::open(journal).unwrap();
    let mut tables = journal.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut texts = Vec::new();
    for table in &tables {
        let mut statement = journal.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = statement.column_names().map(|name| format!("{table}.{name}")).collect();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (place, column) in columns.iter().enumerate() {
                if ["source.content", "outbox.recipient"].contains(&column.as_str()) {
                    continue;
                }
                let text = match row.get_ref(place).unwrap() {
                    ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                    ValueRef::Blob(packed) => {
                        let mut bytes = Vec::new();
                        GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
                        String::from_utf8_lossy(&bytes).into_owned()
                    }
                    _ => continue,
                };
                texts.push((column.clone(), text));
            }
        }
    }
    for column in ["publication.journal", "change.record", "notified.record", "outbox.failure"] {
        assert!(texts.iter().any(|(place, _)| place == column), "{column} is not in {tables:?}");
    }
    texts
}

#[test]
#[ignore = "needs aiosmtpd and faketime, which tests/run.sh installs"]
fn fifty_changes_with_kills_at_random_moments_lose_no_message_and_repeat_at_most_one_each() {
    let (mail, webhook) = (MailBox::start("starttls"), Webhook::start("200 OK"));
    let folder = configuration(&mail, &webhook);
    let since = Instant::now();
    let mut running = fast_server(folder.path(), &mail, since);
    let mut kills = 0;
    for number in 0..50 {
        write_team(folder.path(), &team(&webhook, &swap(number)));
        // Some are undone by the next before they are due, others are sent; the odd pauses fall on different moments.
        let pause = 300 + (number * 977) % 3400;
        thread::sleep(Duration::from_millis(u64::try_from(pause).unwrap()));
        if number % 2 == 1 {
            running.signal("KILL");
            running.ended();
            kills += 1;
            running = fast_server(folder.path(), &mail, since);
        }
    }
    thread::sleep(Duration::from_secs(4));
    within(PATIENCE * 3, "the end", || is_settled(&running).then_some(()));
    let journal = rusqlite::Connection::open(folder.path().join("state/journal.sqlite")).unwrap();
    let mut statement = journal.prepare("SELECT state, recipient FROM outbox").unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let rows: Vec<(String, String)> = rows.map(Result::unwrap).collect();
    assert!(rows.iter().all(|(state, _)| state == "sent"), "{rows:?}");
    let due = rows.iter().filter(|(_, recipient)| recipient != "webhook").count();
    let arrived = mail.read();
    let ids: BTreeSet<&str> = arrived.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), due, "each that was due arrived");
    assert!(
        arrived.len() - ids.len() <= kills,
        "{} of {} are repeated",
        arrived.len() - ids.len(),
        ids.len()
    );
    assert!(due > 20, "{due}");
    // Anybody who believes their last message knows their shifts.
    drop(running);
    let end = at("2026-11-23T15:00:00Z") + chrono::TimeDelta::from_std(since.elapsed() * SPEED).unwrap();
    let output = oncal(folder.path(), &["--now", &end.to_rfc3339(), "notices", "preview"]).output().unwrap();
    assert_eq!(said(&output), "nothing would be sent\n");
}

/// Postfix from Debian with a folder of its own; stopped when dropped.
struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// It offers STARTTLS and stores what it accepts in a file for each address.
    fn start(certificates: &Path) -> Postfix {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/postfix.sh");
        let mut command = Command::new(script);
        command.arg("start").arg(folder.path()).arg(port.to_string()).arg(certificates);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        Postfix { folder, port }
    }

    fn boxes(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/postfix.sh");
        let _ = Command::new(script).arg("stop").arg(self.folder.path()).status();
    }
}

#[test]
#[ignore = "needs Postfix, which tests/run.sh installs, and root"]
fn postfix_takes_a_message_and_refuses_one_to_nobody() {
    let (certificates, webhook) = (MailBox::start("plain"), Webhook::start("200 OK"));
    let postfix = Postfix::start(certificates.folder.path());
    let folder = configuration(&certificates, &webhook);
    let settings = format!(
        "{FREE}[mail]\nserver = \"smtp://localhost:{}\"\nfrom = \"oncall@example.org\"\n",
        postfix.port
    );
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let run = |whom: &str| {
        let mut command = oncal(folder.path(), &["notices", "test", whom]);
        // Its certificate is not trusted, like the one that Debian makes for it.
        command.output().unwrap()
    };
    let output = run("a");
    assert_eq!(said(&output), "mail to a: accepted by the server\n");
    let arrived = within(PATIENCE, "the message", || Some(postfix.boxes()).filter(|boxes| boxes.len() == 1));
    let message = &read(&arrived)[0];
    assert_eq!(message["to"][0], "a@example.org");
    assert!(
        message["body"].as_str().unwrap().starts_with("This is a test of the notices of Data pipelines.")
    );
    let received = fs::read_to_string(&arrived[0]).unwrap();
    assert!(received.contains("with ESMTPS id") || received.contains("using TLSv1.3"), "{received}");
    let text = fs::read_to_string(folder.path().join("teams/data.toml")).unwrap();
    let text = text.replace("b@example.org", "b@elsewhere.example");
    fs::write(folder.path().join("teams/data.toml"), text).unwrap();
    let output = run("b");
    assert_eq!(
        (output.status.code(), said(&output).contains("the mail server refuses (554)")),
        (Some(1), true),
        "{}",
        said(&output)
    );
}
