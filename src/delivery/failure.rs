//! Why a message could not be delivered. Of what a server replied it keeps only the status code.

use std::error::Error;
use std::io;

use crate::config::WebhookError;
use crate::fetch::BadCertificate;

/// Why a message could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub reason: Reason,
    /// What else would fail for the same reason.
    pub scope: FailureScope,
}

/// What else would fail for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureScope {
    /// Every message.
    Everybody,
    /// Every message to this recipient.
    Recipient,
    /// Perhaps no other: the server answered, and refused this one.
    Message,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// No connection, or it broke.
    #[error("the mail server cannot be reached")]
    MailUnreachable,
    /// It took too long.
    #[error("the mail server does not answer in time")]
    MailTimeout,
    /// TLS could not be agreed on.
    #[error("the TLS handshake with the mail server failed")]
    MailEncryption,
    /// TLS is required.
    #[error("the mail server does not offer STARTTLS, and nothing is sent without encryption")]
    MailNoStartTls,
    /// The certificate of the mail server cannot be accepted.
    #[error("the certificate of the mail server {0}")]
    MailCertificate(BadCertificate),
    /// A user is configured, but the server offers no login.
    #[error("the mail server offers no login with a password")]
    MailNoLogin,
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
    /// TLS could not be agreed on.
    #[error("the TLS handshake with the webhook failed")]
    WebhookEncryption,
    /// The certificate of the webhook cannot be accepted.
    #[error("the certificate of the webhook {0}")]
    WebhookCertificate(BadCertificate),
    /// Redirects are not followed.
    #[error("the webhook redirects ({0}); redirects are not followed")]
    WebhookRedirects(u16),
    /// Any other status but success.
    #[error("the webhook refuses ({0})")]
    WebhookRefused(u16),
    /// The value in the environment cannot be used.
    #[error("the webhook in the environment cannot be used: {0}")]
    WebhookAddress(WebhookError),
    /// The webhook is to come from a file that cannot be read.
    #[error("the file that ONCAL_WEBHOOK_<TEAM>_FILE names cannot be read")]
    WebhookFile,
}

impl Failure {
    /// One that would go wrong for everybody.
    pub fn general(reason: Reason) -> Failure {
        Failure { reason, scope: FailureScope::Everybody }
    }

    /// One that would go wrong for every message to the recipient.
    pub fn of_recipient(reason: Reason) -> Failure {
        Failure { reason, scope: FailureScope::Recipient }
    }

    /// One that may be this message's alone.
    pub fn of_message(reason: Reason) -> Failure {
        Failure { reason, scope: FailureScope::Message }
    }
}

impl Reason {
    /// What to do about it, where that is clear.
    pub fn help(self) -> Option<&'static str> {
        match self {
            Reason::MailCertificate(BadCertificate::Issuer)
            | Reason::WebhookCertificate(BadCertificate::Issuer) => Some(
                "to trust an authority of your own, add it to the certificates of the system, or name a file with it in \
                 SSL_CERT_FILE",
            ),
            Reason::MailCertificate(BadCertificate::Name) => {
                Some("`server` in oncal.toml must have a name that the certificate is for")
            }
            Reason::MailNoStartTls => {
                Some("if the server speaks TLS from the start, write `smtps://` in oncal.toml")
            }
            Reason::MailNoLogin => Some("if the server requires no login, remove `user` from oncal.toml"),
            _ => None,
        }
    }
}

/// Why a connection is not encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsFault {
    /// The certificate of the other side cannot be accepted.
    Certificate(BadCertificate),
    /// Anything else.
    Handshake,
}

/// The TLS fault that caused `error`, if one did.
pub(super) fn tls_fault(error: &(dyn Error + 'static)) -> Option<TlsFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(found) = error.downcast_ref::<rustls::Error>().or(inner) {
            return Some(match found {
                rustls::Error::InvalidCertificate(error) => TlsFault::Certificate(BadCertificate::of(error)),
                _ => TlsFault::Handshake,
            });
        }
        next = error.source();
    }
    None
}
