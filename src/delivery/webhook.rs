//! A message to a webhook: `{"text": "…"}`, which Slack, Mattermost and Google Chat read (crate ureq).

use std::time::Duration;

use ureq::Agent;

use super::failure::{Failure, Reason};
use crate::config::WebhookUrl;
use crate::fetch::tls;

/// For the whole request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// `text` without what chat programs take as markup: a name or a reason must not mention a channel, nor hide an
/// address. Characters with a meaning are replaced by ones that look alike, since chat programs differ in how they are
/// escaped.
///
/// ```
/// use oncal::delivery::neutralised;
///
/// assert_eq!(neutralised("<!channel> R&D @all"), "‹!channel› R＆D ＠all");
/// ```
pub fn neutralised(text: &str) -> String {
    let alike = |character| match character {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        '@' => '＠',
        other => other,
    };
    text.chars().map(alike).collect()
}

/// Sends `text` to `url`. Redirects are not followed: only the configured address may receive messages.
pub(super) fn send(url: &WebhookUrl, text: &str) -> Result<(), Failure> {
    let mut config = Agent::config_builder()
        .tls_config(tls())
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .user_agent(concat!("oncal/", env!("CARGO_PKG_VERSION")));
    if url.is_loopback() {
        config = config.proxy(None);
    }
    let body = serde_json::json!({ "text": text }).to_string();
    let request =
        config.build().new_agent().post(url.as_str()).content_type("application/json; charset=utf-8");
    let response = request.send(body).map_err(|error| Failure::of_recipient(reason(&error)))?;
    match response.status().as_u16() {
        200..=299 => Ok(()),
        status @ 300..=399 => Err(Failure::of_recipient(Reason::WebhookRedirects(status))),
        status => Err(Failure::of_recipient(Reason::WebhookRefused(status))),
    }
}

fn reason(error: &ureq::Error) -> Reason {
    match error {
        ureq::Error::Timeout(_) => Reason::WebhookTimeout,
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Reason::WebhookEncryption,
        _ => Reason::WebhookUnreachable,
    }
}
