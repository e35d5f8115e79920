//! A message to a webhook: `{"text": "…"}`, which Slack, Mattermost and Google Chat read (crate ureq).

use std::time::Duration;

use super::failure::{Failure, Reason, TlsFault, tls_fault};
use crate::config::WebhookUrl;
use crate::fetch::{requests, tls};

/// For the whole request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Statuses by which a webhook refuses a text but might accept another: bad request, too large, unsupported,
/// unprocessable.
const OF_MESSAGE: [u16; 4] = [400, 413, 415, 422];

/// The longest text in bytes. ntfy refuses longer ones, and Slack makes several messages of them.
const MAX_TEXT: usize = 4000;

/// Replaces the lines that do not fit.
const CUT: &str = "… (cut: too long for a chat program)";

/// `text` and then `link`, without the last lines if they are more than chat programs take.
pub fn fitted(text: &str, link: Option<&str>) -> String {
    let link = link.map_or_else(String::new, |link| format!("\n\n{link}"));
    if text.len() + link.len() <= MAX_TEXT {
        return format!("{text}{link}");
    }
    let room = MAX_TEXT.saturating_sub(link.len() + CUT.len() + 1);
    let fits = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
    let whole_lines = fits.rsplit_once('\n').map_or(fits, |(lines, _)| lines);
    format!("{}\n{CUT}{link}", whole_lines.trim_end())
}

/// `text` without what chat programs take as markup: a name or a reason must not mention a channel, nor hide an
/// address. Characters with a meaning are replaced by ones that look alike, since chat programs differ in how they are
/// escaped.
///
/// ```
/// use oncal::delivery::neutralised;
///
/// assert_eq!(neutralised("<!channel> R&D @all"), "‹!channel› R＆D ＠all");
/// assert_eq!(neutralised("[Day off](https://evil.example)"), "［Day off］(https://evil.example)");
/// ```
pub fn neutralised(text: &str) -> String {
    let alike = |character| match character {
        '<' => '‹',
        '>' => '›',
        '&' => '＆',
        '@' => '＠',
        '[' => '［',
        ']' => '］',
        other => other,
    };
    text.chars().map(alike).collect()
}

/// Sends `text` to `url`. Redirects are not followed: only the configured address may receive messages.
pub(super) fn send(url: &WebhookUrl, text: &str) -> Result<(), Failure> {
    let mut config = requests(tls(), TIMEOUT);
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
        status if OF_MESSAGE.contains(&status) => Err(Failure::of_message(Reason::WebhookRefused(status))),
        status => Err(Failure::of_recipient(Reason::WebhookRefused(status))),
    }
}

fn reason(error: &ureq::Error) -> Reason {
    let fault = match error {
        ureq::Error::Io(error) => tls_fault(error),
        ureq::Error::Rustls(error) => tls_fault(error),
        ureq::Error::Tls(_) => Some(TlsFault::Handshake),
        _ => None,
    };
    match (fault, error) {
        (Some(TlsFault::Certificate(bad)), _) => Reason::WebhookCertificate(bad),
        (Some(TlsFault::Handshake), _) => Reason::WebhookEncryption,
        (None, ureq::Error::Timeout(_)) => Reason::WebhookTimeout,
        (None, _) => Reason::WebhookUnreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_ends_after_a_whole_line_and_keeps_its_link() {
        let link = "https://oncall.example.org/data/";
        assert_eq!(fitted("Short\n\nText", Some(link)), format!("Short\n\nText\n\n{link}"));
        assert_eq!(fitted("Short", None), "Short");
        let lines: Vec<String> = (0..400).map(|number| format!("Zoë ✓ line {number:03}")).collect();
        let long = lines.join("\n");
        for link in [None, Some(link)] {
            let text = fitted(&long, link);
            assert!((MAX_TEXT - 40..=MAX_TEXT).contains(&text.len()), "{}", text.len());
            let (kept, end) = text.split_once(&format!("\n{CUT}")).unwrap();
            assert!(kept.lines().zip(&lines).all(|(kept, line)| kept == line), "{kept}");
            assert_eq!(end.trim_start(), link.unwrap_or_default());
        }
        let one_line = "é".repeat(MAX_TEXT);
        assert!(fitted(&one_line, None).len() <= MAX_TEXT);
    }
}
