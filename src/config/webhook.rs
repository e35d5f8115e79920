//! The address of a webhook. Whoever knows it can write to the team's channel, so it is a secret.

use std::fmt;

use thiserror::Error;
use url::Url;

use crate::fetch::is_loopback;

/// The address of a webhook. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Why a text is not the address of a webhook. Quotes no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebhookError {
    /// It is not a URL of HTTP or HTTPS.
    #[error("it is not an address that begins with `https://`")]
    Malformed,
    /// It is `http`, and its host is another machine.
    #[error("it must begin with `https://`: without encryption only this machine (loopback) can be reached")]
    NotEncrypted,
    /// It has a user name or a password.
    #[error("it must not contain a user name or password")]
    Password,
}

impl WebhookUrl {
    /// Reads an address: `https`, or `http` to this machine.
    ///
    /// # Errors
    ///
    /// What keeps it from being one.
    pub fn parse(text: &str) -> Result<WebhookUrl, WebhookError> {
        let url = Url::parse(text.trim()).map_err(|_| WebhookError::Malformed)?;
        match url.scheme() {
            _ if !url.has_host() => Err(WebhookError::Malformed),
            _ if !url.username().is_empty() || url.password().is_some() => Err(WebhookError::Password),
            "https" => Ok(WebhookUrl(url)),
            "http" => {
                let webhook = WebhookUrl(url);
                if webhook.is_loopback() { Ok(webhook) } else { Err(WebhookError::NotEncrypted) }
            }
            _ => Err(WebhookError::Malformed),
        }
    }

    /// Whether the name of its host alone shows that it is this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// All of it, for the request alone.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_https_or_on_this_machine() {
        for (text, expected) in [
            ("https://hooks.example.org/services/T0/B0/x", None),
            ("http://127.0.0.1:9000/", None),
            ("http://localhost/x", None),
            ("http://hooks.example.org/x", Some(WebhookError::NotEncrypted)),
            ("ftp://hooks.example.org/x", Some(WebhookError::Malformed)),
            ("https://u:SECRET@hooks.example.org/x", Some(WebhookError::Password)),
            ("https://u@hooks.example.org/x", Some(WebhookError::Password)),
            ("hooks.example.org", Some(WebhookError::Malformed)),
            ("", Some(WebhookError::Malformed)),
        ] {
            assert_eq!(WebhookUrl::parse(text).err(), expected, "{text}");
        }
        assert_eq!(format!("{:?}", WebhookUrl::parse("https://hooks.example.org/x").unwrap()), "WebhookUrl");
    }
}
