//! `[mail]` of `oncal.toml`: the server that mail is sent through, and the sender.

use std::fmt;
use std::net::IpAddr;

use url::Url;

use super::base_url::is_loopback;
use crate::text::clean;
use crate::toml_reader::{At, Problems, TableReader};

/// RFC 5321 4.5.3.1.3.
const MAX_ADDRESS: usize = 254;

/// RFC 5321 4.5.3.1.1.
const MAX_LOCAL_PART: usize = 64;

/// The port for submissions over TLS from the start (RFC 8314).
const SMTPS_PORT: u16 = 465;

/// The port for submissions with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;

/// Where the password goes instead.
const PASSWORD_HELP: &str = "`user` beside `server` is the user name; the password comes from the environment, ONCAL_SMTP_PASSWORD, or from \
                             the file that ONCAL_SMTP_PASSWORD_FILE names";

/// A mail address. `Debug` shows none of it, so that it reaches no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailAddress(String);

impl MailAddress {
    /// Reads an address in the form that people use. Other forms that RFC 5321 allows, such as quoted local parts, are
    /// refused.
    ///
    /// ```
    /// use oncal::config::MailAddress;
    ///
    /// assert!(MailAddress::new("ana@example.org").is_some());
    /// assert!(MailAddress::new("ana@example.org\r\nBcc: eve@example.org").is_none());
    /// ```
    pub fn new(text: &str) -> Option<MailAddress> {
        let (local, domain) = text.rsplit_once('@')?;
        let is_atom = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(&byte))
        };
        let fits = text.len() <= MAX_ADDRESS
            && local.len() <= MAX_LOCAL_PART
            && local.split('.').all(is_atom)
            && domain.split('.').all(is_label);
        fits.then(|| MailAddress(text.to_owned()))
    }

    /// The address, for whoever sends mail.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `label` can be a part of a domain (RFC 1123 2.1).
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress")
    }
}

/// A mail address with the name that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// One line; `None` where only the address is given.
    pub name: Option<String>,
    /// The address.
    pub address: MailAddress,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From its first byte on.
    Tls,
    /// With STARTTLS; without it nothing is sent.
    StartTls,
    /// With STARTTLS where the server offers it, since it is this machine.
    IfOffered,
}

/// A mail server that takes messages. `Debug` does not show its user.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    /// How connections to it are encrypted.
    pub encryption: Encryption,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user who logs in; without one, nobody logs in.
    pub user: Option<String>,
    /// The sender of messages.
    pub from: Mailbox,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({:?} {}:{})", self.encryption, self.host, self.port)
    }
}

impl MailServer {
    /// Reads `[mail]`.
    pub(super) fn read(mut table: TableReader<'_>) -> Option<MailServer> {
        let problems = table.problems();
        let message =
            "a password does not belong in this file, which more people can read than may know the password";
        table.refuse("password", "password-in-file", message, PASSWORD_HELP);
        let server = table.required_text("server", "smtps://smtp.example.org");
        let user = table.text("user").map(|at| at.value).filter(|user| !user.is_empty());
        let from = table.required_text("from", "On-call <oncall@example.org>");
        table.finish();
        let server = server.and_then(|at| server_at(&at, problems));
        let from = from.and_then(|at| mailbox(at, problems));
        let (encryption, host, port) = server?;
        Some(MailServer { encryption, host, port, user, from: from? })
    }
}

/// Reads `smtps://smtp.example.org` or `smtp://127.0.0.1:25`.
fn server_at(at: &At<String>, problems: &Problems) -> Option<(Encryption, String, u16)> {
    let refuse = |code, message: &str, help: &str| {
        problems.error_with_help(code, at.span.clone(), message, help.to_owned());
        None
    };
    let example = "such as \"smtps://smtp.example.org\", or \"smtp://smtp.example.org\" for STARTTLS";
    let Ok(url) = Url::parse(at.value.trim()) else {
        return refuse("invalid-url", "`server` is not the address of a mail server", example);
    };
    if !["smtp", "smtps"].contains(&url.scheme()) {
        return refuse("unknown-scheme", "`server` must begin with `smtps://` or `smtp://`", example);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("password-in-url", "`server` must not contain a user name or password", PASSWORD_HELP);
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let has_more = !["", "/"].contains(&url.path()) || url.query().is_some() || url.fragment().is_some();
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if host.is_empty() || !host.chars().all(fits) || has_more || url.port() == Some(0) {
        return refuse("invalid-url", "`server` is not the address of a mail server", example);
    }
    let is_here = host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(is_loopback);
    let (encryption, port) = match (url.scheme(), is_here) {
        ("smtps", _) => (Encryption::Tls, SMTPS_PORT),
        (_, true) => (Encryption::IfOffered, SUBMISSION_PORT),
        _ => (Encryption::StartTls, SUBMISSION_PORT),
    };
    Some((encryption, host, url.port().unwrap_or(port)))
}

/// Reads `On-call <oncall@example.org>`, or an address alone.
fn mailbox(at: At<String>, problems: &Problems) -> Option<Mailbox> {
    let text = at.value.trim();
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (clean(name.trim().trim_matches('"')), address),
        None => (String::new(), text),
    };
    let address = address_at(At { value: address.to_owned(), span: at.span }, "from", problems)?;
    Some(Mailbox { name: Some(name).filter(|name| !name.is_empty()), address: address.value })
}

/// The mail address at `at`, the value of `key`.
pub(super) fn address_at(at: At<String>, key: &str, problems: &Problems) -> Option<At<MailAddress>> {
    if let Some(value) = MailAddress::new(&at.value) {
        return Some(At { value, span: at.span });
    }
    let help = "such as `ana@example.org`".to_owned();
    problems.error_with_help("invalid-email", at.span, format!("`{key}` is not a mail address"), help);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_people_have() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "a.".repeat(150));
        for (text, is_one) in [
            ("ana@example.org", true),
            ("ana.b+oncall@mail.example.org", true),
            ("o'neill@example.org", true),
            ("ana@localhost", true),
            ("ana", false),
            ("@example.org", false),
            ("ana@", false),
            ("ana@@example.org", false),
            ("ana@example..org", false),
            (".ana@example.org", false),
            ("ana@-example.org", false),
            ("ana@example.org\n", false),
            ("ana@example.org\r\nBcc: b@example.org", false),
            ("ana b@example.org", false),
            ("<ana@example.org>", false),
            (&long, false),
            (&longer, false),
        ] {
            assert_eq!(MailAddress::new(text).is_some(), is_one, "{text}");
        }
        let address = MailAddress::new("ana@example.org").unwrap();
        assert_eq!((address.as_str(), format!("{address:?}").as_str()), ("ana@example.org", "MailAddress"));
    }
}
