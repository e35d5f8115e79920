//! The recipes for chat programs and mailing lists in `docs/recipes.md`, as they reach those services: what each of
//! them documents of a request is what it is sent.

use std::fs;

use oncal::rota::Instant;
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::mail::{PASSWORD, configuration, oncal, said, team};
use crate::notices::{at, every_kind};
use crate::support::certificates::Authority;
use crate::support::host_names::HostNames;
use crate::support::mail_box::MailBox;
use crate::support::webhook::{Request, Webhook};

/// The longest text that ntfy takes, in bytes; longer ones are refused. The others take more.
const MAX_BYTES: usize = 4096;

fn recipes() -> String {
    fs::read_to_string("docs/recipes.md").unwrap()
}

/// The address that the recipe of `service` shows, with something in place of what is left out.
fn address(service: &str) -> Url {
    let recipes = recipes();
    let (_, rest) = recipes.split_once(&format!("- **{service}**")).unwrap_or_else(|| panic!("{service}"));
    let quoted = rest.split('`').skip(1).step_by(2).map(|text| text.replace('…', "T0S3CRET"));
    quoted.filter(|text| text.starts_with("https://")).find_map(|text| Url::parse(&text).ok()).unwrap()
}

/// What arrives at a service whose address a team has, for a test by hand.
fn request(service: &str) -> (Url, Request) {
    let mut url = address(service);
    let host = url.host_str().unwrap().to_owned();
    let authority = Authority::new();
    let webhook = Webhook::start_tls(&authority.issue(&[&host]));
    url.set_port(Some(webhook.port)).unwrap();
    let folder = configuration(&MailBox::start("plain"), &webhook);
    fs::write(folder.path().join("oncal.toml"), "").unwrap();
    fs::write(
        folder.path().join("teams/data.toml"),
        team(&webhook, "").replace(&webhook.url(), url.as_str()),
    )
    .unwrap();
    let mut command = oncal(folder.path(), &["notices", "test", "--team-list"]);
    let names = HostNames::new(&[&host]);
    names.apply(&mut command);
    let output = command.env("SSL_CERT_FILE", authority.file()).output().unwrap();
    assert_eq!(said(&output), "webhook: accepted by the server\n", "{service}");
    let [request] = &webhook.requests()[..] else { panic!("{service}: one request") };
    (url, request.clone())
}

/// The text of a request that has what Slack, Mattermost and Google Chat want: JSON with a text, and that is called so.
fn text(request: &Request) -> String {
    assert_eq!(request.method, "POST");
    let media_type = request.headers["content-type"].split(';').map(str::trim).collect::<Vec<_>>();
    assert_eq!(media_type, ["application/json", "charset=utf-8"], "Google Chat names the charset");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let fields = body.as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["text"], "Slack refuses what it does not know");
    fields["text"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs aiosmtpd and libnss-wrapper, which tests/run.sh installs"]
fn each_chat_program_is_sent_what_it_documents() {
    for service in ["Slack", "Mattermost", "Google Chat", "ntfy"] {
        let (url, request) = request(service);
        let (_, expected) = url.as_str().split_once(&format!(":{}", url.port().unwrap())).unwrap();
        assert_eq!(request.target, expected, "{service}");
        let text = text(&request);
        assert!(
            text.starts_with("On-call Data pipelines: test message\n\nThis is a test"),
            "{service}: {text}"
        );
    }
}

/// ntfy takes the body for the message, unless the query says that it is JSON and has a template (its documentation,
/// "Message templating"): `{{.text}}` is the field `text`.
#[test]
#[ignore = "needs aiosmtpd and libnss-wrapper, which tests/run.sh installs"]
fn ntfy_takes_the_text_out_of_the_json() {
    let (url, request) = request("ntfy");
    let query: Vec<(String, String)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let expected = [("template", "yes"), ("message", "{{.text}}")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(query, expected);
    assert!(url.path().len() > 1 && !text(&request).is_empty(), "a topic and a text");
}

#[test]
fn no_text_is_too_long_for_a_chat_program_and_the_link_is_kept() {
    let link = "https://oncall.example.org/data/coverage";
    let mut longest = 0;
    for event in every_kind() {
        let now: Instant = event.at;
        for message in event.messages {
            let (subject, body) = message.text.at(now).unwrap();
            let text = oncal::delivery::fitted(&format!("{subject}\n\n{body}"), Some(link));
            longest = longest.max(body.len());
            assert!(text.len() < MAX_BYTES && text.ends_with(link), "{text}");
        }
    }
    assert!(longest > 1000, "{longest}");
    let many = format!("On-call: 40 points\n\n{}", "Who is primary then?\n".repeat(400));
    let text = oncal::delivery::fitted(&many, Some(link));
    assert!(text.len() < MAX_BYTES && text.ends_with(&format!("chat program)\n\n{link}")), "{text}");
}

#[test]
#[ignore = "needs aiosmtpd, which tests/run.sh installs"]
fn a_mailing_list_is_sent_what_the_recipe_says() {
    let recipes = recipes();
    let (_, recipe) = recipes.split_once("## Notices for a mailing list").unwrap();
    let (_, toml) = recipe.split_once("```toml\n").unwrap();
    let (toml, rest) = toml.split_once("```").unwrap();
    let mail = MailBox::start("plain");
    let folder: TempDir = configuration(&mail, &Webhook::start("200 OK"));
    let plan = fs::read_to_string(folder.path().join("teams/data.toml")).unwrap();
    let (plan, _) = plan.split_once("[notices]").unwrap();
    fs::remove_file(folder.path().join("teams/data.toml")).unwrap();
    fs::write(folder.path().join("teams/data-pipelines.toml"), format!("{plan}{toml}")).unwrap();
    let mut command = oncal(folder.path(), &["notices", "test", "--team-list"]);
    let output = command.env("ONCAL_SMTP_PASSWORD", PASSWORD).output().unwrap();
    assert_eq!(said(&output), "mail to the team: accepted by the server\n");
    let [message] = &mail.read()[..] else { panic!("one message") };
    assert!(toml.contains(message["to"][0].as_str().unwrap()), "{message:#}");
    assert_eq!(message["auto_submitted"], "auto-generated");
    let list_id = message["list_id"].as_str().unwrap();
    assert!(rest.contains(&format!("`List-Id: {list_id}`")), "{list_id}");
    // And the digest of the recipe is one.
    let now = at("2026-12-04T13:59:59Z").to_rfc3339();
    let check = oncal(folder.path(), &["--now", &now, "check"]).output().unwrap();
    assert!(check.status.success(), "{}", said(&check));
}
