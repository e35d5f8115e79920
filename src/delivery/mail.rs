//! A message by mail: SMTP with TLS, plain text (crate lettre).

use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::response::{Code, Severity};
use lettre::{Address, SmtpTransport, Transport as _};

use super::failure::{Failure, Reason, TlsFault, tls_fault};
use crate::config::{self, Encryption, MailServer};
use crate::rota::Instant;

/// How long each step of the conversation may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);

/// A message to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom it goes, as one line.
    pub to: config::Mailbox,
    /// One line.
    pub subject: String,
    /// Plain text; lines end in `\n`.
    pub body: String,
    /// When it was written.
    pub date: Instant,
    /// `<id@domain>`, the same for each attempt.
    pub message_id: String,
    /// `<list.domain>` (RFC 2919).
    pub list_id: String,
}

/// Sends `mail` through `server`.
pub(super) fn send(server: &MailServer, password: Option<&str>, mail: &Mail) -> Result<(), Failure> {
    let message = message(server, mail).ok_or(Failure::of_message(Reason::MailMessage))?;
    let mut builder = SmtpTransport::builder_dangerous(&server.host)
        .port(server.port)
        .timeout(Some(STEP_TIMEOUT))
        .tls(tls(server).ok_or(Failure::general(Reason::MailEncryption))?);
    if let Some(user) = &server.user {
        let password = password.ok_or(Failure::general(Reason::MailPassword))?;
        builder = builder.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    builder.build().send(&message).map(drop).map_err(|error| failure(&error))
}

fn tls(server: &MailServer) -> Option<Tls> {
    let mut parameters = TlsParameters::builder(server.host.clone());
    if server.encryption == Encryption::IfOffered {
        // On this machine a connection may be plain, so any certificate is accepted: Postfix comes with a self-signed
        // one, for the name of the machine.
        parameters = parameters.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true);
    }
    // The system's certificates are added by default; a container may have none.
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        parameters = parameters.add_root_certificate(Certificate::from_der(root.to_vec()).ok()?);
    }
    let parameters = parameters.build_rustls().ok()?;
    Some(match server.encryption {
        Encryption::Tls => Tls::Wrapper(parameters),
        Encryption::StartTls => Tls::Required(parameters),
        Encryption::IfOffered => Tls::Opportunistic(parameters),
    })
}

/// `mail` as it is transmitted. `None` if an address or a header cannot be written.
fn message(server: &MailServer, mail: &Mail) -> Option<Message> {
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    Message::builder()
        .from(mailbox(&server.from)?)
        .to(mailbox(&mail.to)?)
        .subject(&mail.subject)
        .date(SystemTime::from(mail.date))
        .message_id(Some(mail.message_id.clone()))
        .raw_header(header("List-Id", &mail.list_id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.replace('\n', "\r\n"))
        .ok()
}

fn mailbox(mailbox: &config::Mailbox) -> Option<Mailbox> {
    let address: Address = mailbox.address.as_str().parse().ok()?;
    Some(Mailbox::new(mailbox.name.clone(), address))
}

fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    if let Some(code) = error.status() {
        return refusal(code);
    }
    let reason = match tls_fault(error) {
        Some(TlsFault::Certificate(bad)) => Reason::MailCertificate(bad),
        Some(TlsFault::Handshake) => Reason::MailEncryption,
        None if error.is_tls() => Reason::MailEncryption,
        None if error.is_client() => client_reason(error),
        None if error.is_response() => Reason::MailProtocol,
        None if is_timeout(error) => Reason::MailTimeout,
        None => Reason::MailUnreachable,
    };
    Failure::general(reason)
}

/// Why lettre itself gave up, which only its text says.
fn client_reason(error: &lettre::transport::smtp::Error) -> Reason {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    if text.contains("STARTTLS") {
        Reason::MailNoStartTls
    } else if text.contains("authentication mechanism") {
        Reason::MailNoLogin
    } else {
        Reason::MailProtocol
    }
}

fn is_timeout(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)) {
            return true;
        }
        source = error.source();
    }
    false
}

/// What a reply means. A refused login, or a server that is closing, is the same for every recipient; 452 says most
/// often that one mailbox is full.
fn refusal(code: Code) -> Failure {
    let number = code.into();
    match (code.severity, number) {
        (_, 454 | 530 | 534 | 535 | 538) => Failure::general(Reason::MailLogin(number)),
        (_, 421) | (Severity::TransientNegativeCompletion, 432) => {
            Failure::general(Reason::MailRefused(number))
        }
        // Codes do not say for certain whether the server refuses the address or the text.
        _ => Failure::of_message(Reason::MailRefused(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MailAddress;

    fn mailbox_of(name: &str, address: &str) -> config::Mailbox {
        config::Mailbox { name: Some(name.to_owned()), address: MailAddress::new(address).unwrap() }
    }

    #[test]
    fn a_message_has_the_headers_of_an_automatic_one_and_no_line_is_added() {
        let server = MailServer {
            encryption: Encryption::Tls,
            host: "smtp.example.org".to_owned(),
            port: 465,
            user: None,
            from: mailbox_of("On-call", "oncall@example.org"),
        };
        let mail = Mail {
            to: mailbox_of("Zoë \"Z\" O'Neill", "zoe@example.org"),
            subject: "On-call: you have Fri 25 Dec – Sat 26 Dec\r\nBcc: eve@example.org".to_owned(),
            body: "Ünïcode\nand more".to_owned(),
            date: "2026-12-01T09:00:00Z".parse().unwrap(),
            message_id: "<abc@oncal>".to_owned(),
            list_id: "<data.on-call.oncal>".to_owned(),
        };
        let bytes = message(&server, &mail).unwrap().formatted();
        let text = String::from_utf8(bytes).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "Message-ID: <abc@oncal>",
            "List-Id: <data.on-call.oncal>",
            "Auto-Submitted: auto-generated",
            "Date: Tue, 01 Dec 2026 09:00:00 +0000",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(head.lines().any(|own| own == line), "{line} is not in\n{head}");
        }
        assert!(head.lines().all(|line| !line.starts_with("Bcc")), "{head}");
    }

    #[test]
    fn a_refused_recipient_is_not_the_servers_failure() {
        let code = |text: &str| {
            let digits: Vec<u8> = text.bytes().map(|byte| byte - b'0').collect();
            let severity = if digits[0] == 4 {
                Severity::TransientNegativeCompletion
            } else {
                Severity::PermanentNegativeCompletion
            };
            use lettre::transport::smtp::response::{Category, Detail};
            let category = match digits[1] {
                0 => Category::Syntax,
                2 => Category::Connections,
                3 => Category::Unspecified3,
                _ => Category::MailSystem,
            };
            let detail = [Detail::Zero, Detail::One, Detail::Two, Detail::Three, Detail::Four, Detail::Five]
                [usize::from(digits[2])];
            refusal(Code::new(severity, category, detail))
        };
        assert_eq!(code("550"), Failure::of_message(Reason::MailRefused(550)));
        assert_eq!(code("451"), Failure::of_message(Reason::MailRefused(451)));
        assert_eq!(code("452"), Failure::of_message(Reason::MailRefused(452)));
        assert_eq!(code("535"), Failure::general(Reason::MailLogin(535)));
        assert_eq!(code("421"), Failure::general(Reason::MailRefused(421)));
    }
}
