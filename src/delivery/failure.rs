//! Why a message could not be delivered. Of what a server replied it keeps only the status code.

use thiserror::Error;

/// Why a message could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub reason: Reason,
    /// Whether it would go wrong for every recipient.
    pub is_general: bool,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Reason {
    /// No connection, or it broke.
    #[error("the mail server cannot be reached")]
    MailUnreachable,
    /// It took too long.
    #[error("the mail server does not answer in time")]
    MailTimeout,
    /// No encryption, or a certificate that is not trusted.
    #[error("no trusted TLS connection to the mail server")]
    MailEncryption,
    /// User or password is wrong.
    #[error("the mail server refuses the login ({0})")]
    MailLogin(u16),
    /// Any other refusal.
    #[error("the mail server refuses ({0})")]
    MailRefused(u16),
    /// It does not speak SMTP as it should.
    #[error("unexpected reply from the mail server")]
    MailProtocol,
    /// The password is to come from a file that cannot be read.
    #[error("the file that ONCAL_SMTP_PASSWORD_FILE names cannot be read")]
    MailPasswordFile,
    /// There is a user and no password.
    #[error(
        "the mail server requires a password: set ONCAL_SMTP_PASSWORD, or ONCAL_SMTP_PASSWORD_FILE to a file with it"
    )]
    MailPassword,
    /// An address or a name cannot be written into a message.
    #[error("the message cannot be written: it has an invalid address or header")]
    MailMessage,
    /// No connection, or it broke.
    #[error("the webhook cannot be reached")]
    WebhookUnreachable,
    /// It took too long.
    #[error("the webhook does not answer in time")]
    WebhookTimeout,
    /// A certificate that is not trusted.
    #[error("no trusted TLS connection to the webhook")]
    WebhookEncryption,
    /// Redirects are not followed.
    #[error("the webhook redirects ({0}); redirects are not followed")]
    WebhookRedirects(u16),
    /// Any other status but success.
    #[error("the webhook refuses ({0})")]
    WebhookRefused(u16),
    /// The value in the environment is not an address.
    #[error("the webhook that the environment names is not an address")]
    WebhookAddress,
}

impl Failure {
    /// One that would go wrong for every recipient.
    pub fn general(reason: Reason) -> Failure {
        Failure { reason, is_general: true }
    }

    /// One that may be this recipient's alone.
    pub fn of_recipient(reason: Reason) -> Failure {
        Failure { reason, is_general: false }
    }
}
