//! What carries messages: the network, or what a test replaces it with.

use super::failure::Failure;
use super::mail::{self, Mail};
use super::webhook;
use crate::config::{MailServer, WebhookUrl};

/// Carries messages.
pub trait Transport: Send + Sync {
    /// Sends `mail` through `server`.
    ///
    /// # Errors
    ///
    /// If the server does not take it.
    fn mail(&self, server: &MailServer, password: Option<&str>, mail: &Mail) -> Result<(), Failure>;

    /// Sends `text` to a webhook.
    ///
    /// # Errors
    ///
    /// If the server does not take it.
    fn webhook(&self, url: &WebhookUrl, text: &str) -> Result<(), Failure>;
}

/// The network. Each call waits until the message is delivered or has failed, which may take minutes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network;

impl Transport for Network {
    fn mail(&self, server: &MailServer, password: Option<&str>, mail: &Mail) -> Result<(), Failure> {
        mail::send(server, password, mail)
    }

    fn webhook(&self, url: &WebhookUrl, text: &str) -> Result<(), Failure> {
        webhook::send(url, text)
    }
}
