//! Notices of the real program, as they arrive at real mail servers and a webhook.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use oncal::config::{Encryption, MailAddress, MailServer, Mailbox};
use oncal::delivery::{Failure, Mail, Network, Reason, Transport};
use oncal::fetch::BadCertificate;
use rusqlite::types::ValueRef;
use serde_json::Value;
use tempfile::TempDir;

use crate::notices::{PLAN, at};
use crate::support::certificates::Authority;
use crate::support::faked_clock::FastClock;
use crate::support::host_names::HostNames;
use crate::support::mail_box::{MailBox, Postfix, read};
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::within;
use crate::support::webhook::Webhook;

pub(crate) const PASSWORD: &str = "s3cret-password";
pub(crate) const FREE: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

/// A configuration whose notices go to these servers.
pub(crate) fn configuration(mail: &MailBox, webhook: &Webhook) -> TempDir {
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

pub(crate) fn team(webhook: &Webhook, more: &str) -> String {
    let with_address = |text: String, id: char| {
        text.replace(
            &format!("id = \"{id}\", name"),
            &format!("id = \"{id}\", email = \"{id}@example.org\", name"),
        )
    };
    let text = "abcd".chars().fold(PLAN.to_owned(), with_address);
    let hook = webhook.url();
    format!("{text}[notices]\nmail = [\"team@example.org\"]\nwebhook = \"{hook}\"\n{more}")
}

pub(crate) fn swap(number: usize) -> String {
    let pair = [["a", "d"], ["c", "b"], ["d", "c"]][number % 3];
    format!("[[swap]]\nweek = 2026-12-11\nprimary = \"{}\"\nsecondary = \"{}\"\n", pair[0], pair[1])
}

pub(crate) fn oncal(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.arg("--config").arg(folder).args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env_remove("ONCAL_SMTP_PASSWORD").env("NO_COLOR", "1");
    command
}

pub(crate) fn said(output: &std::process::Output) -> String {
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
    let untrusted = Err(Failure::general(Reason::MailCertificate(BadCertificate::Issuer)));
    // This process does not trust the certificates of the tests.
    assert_eq!(send(&server(starttls.port, Encryption::StartTls)), untrusted);
    // On this machine it may be plain, so any certificate is better than none.
    assert_eq!(send(&server(starttls.port, Encryption::IfOffered)), Ok(()));
    assert_eq!(send(&server(tls.port, Encryption::Tls)), untrusted);
    let unencrypted = Err(Failure::general(Reason::MailNoStartTls));
    assert_eq!(send(&server(plain.port, Encryption::StartTls)), unencrypted, "no STARTTLS, no mail");
    // Whoever expects a greeting in plain text never gets one, and the other way round.
    let wrong_port = Err(Failure::general(Reason::MailEncryption));
    assert_eq!(send(&server(plain.port, Encryption::Tls)), wrong_port);
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

/// A server with a fast clock and its state in `state`.
pub(crate) fn fast_program(folder: &Path, state: &str, mail: &MailBox, clock: &FastClock) -> Command {
    let mut command = program(folder, &["--state", folder.join(state).to_str().unwrap()]);
    clock.apply(&mut command);
    command.env("SSL_CERT_FILE", mail.authority()).env("ONCAL_SMTP_PASSWORD", PASSWORD);
    command
}

pub(crate) fn write_team(folder: &Path, text: &str) {
    let aside = folder.join("teams/.data");
    fs::write(&aside, text).unwrap();
    fs::rename(aside, folder.join("teams/data.toml")).unwrap();
}

#[test]
#[ignore = "needs aiosmtpd and faketime, which tests/run.sh installs"]
fn what_is_sent_arrives_once_and_no_secret_is_anywhere_else() {
    let (authority, names) = (Authority::new(), ["localhost"]);
    let mail = MailBox::start_with("starttls", &authority.issue(&names));
    fs::copy(authority.file(), mail.authority()).unwrap();
    let webhook = Webhook::start_tls(&authority.issue(&names));
    let folder = configuration(&mail, &webhook);
    let mut command =
        fast_program(folder.path(), "state", &mail, &FastClock::start(at("2026-11-23T15:00:00Z"), 60));
    // The most that it and its crates can log.
    let running = Running::start(command.env("ONCAL_LOG", "trace"));
    let metrics = String::from_utf8(get(running.admin, "/metrics").1).unwrap();
    for name in ["sent_total", "failed_total", "failed_attempts_total", "waiting"] {
        for channel in ["mail", "webhook"] {
            let line = format!("oncal_notices_{name}{{channel=\"{channel}\"}} 0");
            assert!(metrics.lines().any(|own| own == line), "{line} is not in {metrics}");
        }
    }
    mail.set("down", true);
    // Both of the pair are away, which is a conflict; and one address is refused.
    let text = team(&webhook, &swap(0)).replace("b@example.org", "refused@example.org");
    let leave = "id = \"a\", time_off = [{ from = 2026-12-24, to = 2026-12-26 }]";
    write_team(folder.path(), &text.replace("id = \"a\"", leave));
    let readyz = || String::from_utf8(get(running.admin, "/readyz").1).unwrap();
    let page = || String::from_utf8(get(running.address, "/data/").1).unwrap();
    within(PATIENCE * 2, "the fault", || readyz().contains("the mail server refuses (421)").then_some(()));
    let waiting = || page().contains("waiting: the mail server refuses (421)").then_some(());
    within(PATIENCE, "the line of the page", waiting);
    mail.set("down", false);
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
    let check = oncal(folder.path(), &["check"]).output().unwrap();
    shown.push(("check".to_owned(), said(&check)));
    let log = running.log();
    assert!(log.contains("\"level\":\"TRACE\"") && log.contains("notice sent"), "{log}");
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

/// Every value of every table of a journal, by where it is. Left out: the copies of the team's own files, which have
/// all that these have, and the recipients of notices, which may be addresses of the team.
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

/// `[mail]` for a server that another machine seems to have.
pub(crate) fn elsewhere(server: &str) -> String {
    format!("{FREE}[mail]\nserver = \"{server}\"\nuser = \"oncal\"\nfrom = \"oncall@example.org\"\n")
}

#[test]
#[ignore = "needs Postfix, Cyrus SASL and libnss-wrapper, which tests/run.sh installs, and root"]
fn postfix_takes_a_message_after_a_login_over_starttls_and_refuses_what_it_must() {
    let (authority, webhook) = (Authority::new(), Webhook::start("200 OK"));
    let (name, unused) = ("smtp.example.org", MailBox::start("plain"));
    let postfix = Postfix::start(&authority.issue(&[name]));
    let (folder, names) = (configuration(&unused, &webhook), HostNames::new(&[name]));
    let settings = elsewhere(&format!("smtp://{name}:{}", postfix.port));
    fs::write(folder.path().join("oncal.toml"), &settings).unwrap();
    let run = |whom: &str, password: &str| {
        let mut command = oncal(folder.path(), &["notices", "test", whom]);
        names.apply(&mut command);
        let command = command.env("SSL_CERT_FILE", authority.file()).env("ONCAL_SMTP_PASSWORD", password);
        let output = command.output().unwrap();
        (output.status.code(), said(&output))
    };
    assert_eq!(run("a", PASSWORD), (Some(0), "mail to a: accepted by the server\n".to_owned()));
    let arrived = within(PATIENCE, "the message", || Some(postfix.boxes()).filter(|boxes| boxes.len() == 1));
    let message = &read(&arrived)[0];
    assert_eq!(message["to"][0], "a@example.org");
    assert!(
        message["body"].as_str().unwrap().starts_with("This is a test of the notices of Data pipelines.")
    );
    let received = fs::read_to_string(&arrived[0]).unwrap();
    assert!(received.contains("with ESMTPSA id") && received.contains("using TLSv1.3"), "{received}");
    assert!(received.contains("(Authenticated sender: oncal"), "{received}");

    let refused = (Some(1), "error: mail to a: the mail server refuses the login (535)\n".to_owned());
    assert_eq!(run("a", "wrong"), refused);
    fs::write(folder.path().join("oncal.toml"), settings.replace("user = \"oncal\"\n", "")).unwrap();
    let refused = (Some(1), "error: mail to a: the mail server refuses (554)\n".to_owned());
    assert_eq!(run("a", PASSWORD), refused, "without a login");
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let text = fs::read_to_string(folder.path().join("teams/data.toml")).unwrap();
    let text = text.replace("b@example.org", "b@elsewhere.example");
    fs::write(folder.path().join("teams/data.toml"), text).unwrap();
    let refused = (Some(1), "error: mail to b: the mail server refuses (554)\n".to_owned());
    assert_eq!(run("b", PASSWORD), refused, "to nobody");
    assert_eq!(postfix.boxes().len(), 1);
}

#[test]
#[ignore = "needs Postfix, Cyrus SASL and libnss-wrapper, which tests/run.sh installs, and root"]
fn a_postfix_of_this_machine_may_have_a_certificate_of_its_own_making() {
    let webhook = Webhook::start("200 OK");
    let unused = MailBox::start("plain");
    let postfix = Postfix::start(&Authority::new().issue(&["mail.example.org"]));
    let folder = configuration(&unused, &webhook);
    let settings = elsewhere(&format!("smtp://localhost:{}", postfix.port));
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let mut command = oncal(folder.path(), &["notices", "test", "a"]);
    let output = command.env("ONCAL_SMTP_PASSWORD", PASSWORD).output().unwrap();
    assert_eq!(said(&output), "mail to a: accepted by the server\n");
    within(PATIENCE, "the message", || (postfix.boxes().len() == 1).then_some(()));
}
