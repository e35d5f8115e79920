//! Notices over TLS to other machines: certificates are verified, and nothing is sent without encryption.

use std::fs;

use tempfile::TempDir;

use crate::mail::{PASSWORD, configuration, elsewhere, oncal, said};
use crate::support::certificates::Authority;
use crate::support::host_names::HostNames;
use crate::support::mail_box::MailBox;
use crate::support::webhook::Webhook;

const MAIL_HOST: &str = "smtp.example.org";
const HOOK_HOST: &str = "hooks.example.org";

/// A program that trusts an authority, and takes this machine for others.
struct Client {
    folder: TempDir,
    names: HostNames,
    trusted: Authority,
}

impl Client {
    fn new() -> Client {
        let (mail, webhook) = (MailBox::start("plain"), Webhook::start("200 OK"));
        let (folder, trusted) = (configuration(&mail, &webhook), Authority::new());
        Client { folder, names: HostNames::new(&[MAIL_HOST, HOOK_HOST]), trusted }
    }

    /// Sends a test, with its exit code and all that is printed.
    fn test(&self, whom: &str, webhook: &str) -> (Option<i32>, String) {
        let mut command = oncal(self.folder.path(), &["notices", "test", whom]);
        self.names.apply(&mut command);
        command.env("SSL_CERT_FILE", self.trusted.file()).env("ONCAL_SMTP_PASSWORD", PASSWORD);
        let output = command.env("ONCAL_WEBHOOK_DATA", webhook).output().unwrap();
        (output.status.code(), said(&output))
    }

    /// Sends one by mail through `server`.
    fn mail(&self, server: &str) -> (Option<i32>, String) {
        fs::write(self.folder.path().join("oncal.toml"), elsewhere(server)).unwrap();
        self.test("a", "https://127.0.0.1:1/")
    }

    /// Sends one to `webhook` alone.
    fn webhook(&self, webhook: &Webhook) -> (Option<i32>, String) {
        fs::write(self.folder.path().join("oncal.toml"), "").unwrap();
        self.test("--team-list", &format!("https://{HOOK_HOST}:{}/services/s3cret", webhook.port))
    }
}

fn failure(text: &str) -> (Option<i32>, String) {
    (Some(1), format!("error: {text}\n"))
}

const TRUST: &str = "to trust an authority of your own, add it to the certificates of the system, or name a file with it in \
                     SSL_CERT_FILE";

#[test]
#[ignore = "needs aiosmtpd and libnss-wrapper, which tests/run.sh installs"]
fn mail_to_another_machine_goes_over_verified_tls_or_not_at_all() {
    let client = Client::new();
    for (mode, scheme) in [("starttls", "smtp"), ("tls", "smtps")] {
        let right = MailBox::start_with(mode, &client.trusted.issue(&[MAIL_HOST]));
        let url = |mail: &MailBox| format!("{scheme}://{MAIL_HOST}:{}", mail.port);
        assert_eq!(client.mail(&url(&right)), (Some(0), "mail to a: accepted by the server\n".to_owned()));
        assert!(right.saw_password());
        assert_eq!(right.read()[0]["to"][0], "a@example.org");

        let another = "`server` in oncal.toml must have a name that the certificate is for";
        for (certificate, fault, help) in [
            (Authority::new().issue(&[MAIL_HOST]), "is not signed by a trusted authority", Some(TRUST)),
            (client.trusted.issue(&["other.example.org"]), "is for another host", Some(another)),
            (client.trusted.issue_expired(&[MAIL_HOST]), "has expired", None),
        ] {
            let wrong = MailBox::start_with(mode, &certificate);
            let help = help.map_or_else(String::new, |help| format!("\n  help: {help}"));
            let expected = failure(&format!("mail to a: the certificate of the mail server {fault}{help}"));
            assert_eq!(client.mail(&url(&wrong)), expected, "{mode}");
            assert!(wrong.files().is_empty() && !wrong.saw_password(), "{mode}: {fault}");
        }
    }
}

#[test]
#[ignore = "needs aiosmtpd and libnss-wrapper, which tests/run.sh installs"]
fn a_mail_server_elsewhere_that_does_not_offer_starttls_is_shown_no_password_and_no_message() {
    let client = Client::new();
    let plain = MailBox::start_with("plain", &client.trusted.issue(&[MAIL_HOST]));
    let expected = "mail to a: the mail server does not offer STARTTLS, and nothing is sent without encryption\n  \
                    help: if the server speaks TLS from the start, write `smtps://` in oncal.toml";
    assert_eq!(client.mail(&format!("smtp://{MAIL_HOST}:{}", plain.port)), failure(expected));
    assert!(plain.files().is_empty() && !plain.saw_password());
}

#[test]
#[ignore = "needs libnss-wrapper, which tests/run.sh installs"]
fn a_webhook_is_reached_over_verified_tls_or_not_at_all() {
    let client = Client::new();
    let right = Webhook::start_tls(&client.trusted.issue(&[HOOK_HOST]));
    assert_eq!(client.webhook(&right), (Some(0), "webhook: accepted by the server\n".to_owned()));
    let [request] = &right.requests()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/services/s3cret"));
    for (certificate, fault, help) in [
        (Authority::new().issue(&[HOOK_HOST]), "is not signed by a trusted authority", Some(TRUST)),
        (client.trusted.issue(&["other.example.org"]), "is for another host", None),
        (client.trusted.issue_expired(&[HOOK_HOST]), "has expired", None),
    ] {
        let wrong = Webhook::start_tls(&certificate);
        let help = help.map_or_else(String::new, |help| format!("\n  help: {help}"));
        let expected = failure(&format!("webhook: the certificate of the webhook {fault}{help}"));
        assert_eq!(client.webhook(&wrong), expected);
        assert!(wrong.requests().is_empty(), "{fault}");
    }
    let plain = Webhook::start("200 OK");
    assert_eq!(client.webhook(&plain).0, Some(1));
    assert!(plain.requests().is_empty(), "without TLS");
}
