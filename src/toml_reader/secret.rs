//! Addresses in configuration files are secrets: of each, diagnostics and the source lines shown with them give the
//! host alone.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::span::Span;

/// Keys whose values may be addresses or hold passwords.
const SECRET_KEYS: [&str; 7] =
    ["time_off_calendar", "url", "webhook", "server", "password", "journal", "user"];

/// Keys whose values hold mail addresses.
const MAIL_KEYS: [&str; 3] = ["email", "mail", "from"];

/// Keys whose addresses everybody may read, unless they hold a user name or password.
const PUBLIC_KEYS: [&str; 3] = ["public_url", "pages_url", "run_book"];

/// Shown in place of what is secret.
const HIDDEN: &str = "…";

/// A secret of at least this many bytes cannot be part of a sentence by chance.
const MIN_UNMISTAKABLE_BYTES: usize = 12;

/// What a file holds that no message may quote, each with what is shown instead.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// The secrets in the values, and keys, of `table`.
    pub(super) fn of(table: &DeTable<'_>) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.gather(table);
        // A longer one may contain a shorter one.
        secrets.0.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        secrets.0.dedup();
        secrets
    }

    fn gather(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            let key = key.get_ref();
            if key.contains("://") {
                self.add(key, &shown(key));
            }
            self.value(key, value.get_ref());
        }
    }

    fn value(&mut self, key: &str, value: &DeValue<'_>) {
        match value {
            DeValue::String(text) if is_secret(key, text) => self.add(text, &shown(text)),
            DeValue::Array(items) => items.iter().for_each(|item| self.value(key, item.get_ref())),
            DeValue::Table(table) => self.gather(table),
            _ => {}
        }
    }

    fn add(&mut self, secret: &str, shown: &str) {
        for secret in [secret.to_owned(), secret.escape_debug().to_string(), secret.to_lowercase()] {
            // A short word may be part of any sentence; as a value it is in quotes.
            if secret.contains("://") || secret.len() >= MIN_UNMISTAKABLE_BYTES {
                self.0.push((secret, shown.to_owned()));
            } else {
                for quote in ['`', '"'] {
                    self.0.push((format!("{quote}{secret}{quote}"), format!("{quote}{shown}{quote}")));
                }
            }
        }
    }

    /// `message` with what is shown in place of each secret.
    pub(super) fn hide(&self, message: String) -> String {
        let hide = |message: String, (secret, shown): &(String, String)| {
            if message.contains(secret.as_str()) { message.replace(secret, shown) } else { message }
        };
        self.0.iter().fold(message, hide)
    }
}

/// Whether the value `text` of `key` is not to be shown.
fn is_secret(key: &str, text: &str) -> bool {
    if PUBLIC_KEYS.contains(&key) || MAIL_KEYS.contains(&key) {
        return text.contains('@');
    }
    text.contains("://") || SECRET_KEYS.contains(&key) && !text.is_empty() && !is_file_name(text)
}

/// Whether `text` can only be the name or path of a file: people need to see which one is missing.
fn is_file_name(text: &str) -> bool {
    let ends = [".ics", ".ical", ".url"].iter().any(|end| text.to_ascii_lowercase().ends_with(end));
    let is_relative = text.starts_with("../") || text.starts_with("./") || !text.contains('/');
    ends && is_relative && !text.contains(['\\', ':', '@', '?', '='])
}

/// What may be shown of an address: its host, without user name and password.
///
/// ```
/// use oncal::toml_reader::shown_address;
///
/// assert_eq!(shown_address("https://ann:pw@example.org:8443/private-1234"), "example.org:8443/…");
/// assert_eq!(shown_address("private-1234"), "…");
/// ```
pub fn shown_address(text: &str) -> String {
    let Some((_, rest)) = text.split_once("://") else { return HIDDEN.to_owned() };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    // With a slash in the password it is not known where the host begins.
    if rest.get(authority.len()..).is_some_and(|path| path.contains('@')) {
        return HIDDEN.to_owned();
    }
    let (has_user, host) = authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
    let fits = |c: char| c.is_alphanumeric() || ".-:[]_".contains(c);
    if host.is_empty() || !host.chars().all(fits) || !has_plain_port(host, has_user) {
        return HIDDEN.to_owned();
    }
    format!("{host}/{HIDDEN}")
}

/// Whether `host` has no port, or one that cannot be a password: without the `@host` after them, a user name and a
/// password are in the place of the host and its port.
fn has_plain_port(host: &str, has_user: bool) -> bool {
    let (name, port) = match host.rsplit_once(']') {
        Some((ip, rest)) => (ip, rest.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let is_host = has_user || name == "localhost" || name.contains(['.', ':']);
    port.is_none_or(|port| is_host && port.parse::<u16>().is_ok())
}

use shown_address as shown;

/// A line of a file as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLine {
    /// The line, with the hosts of addresses in place of the addresses.
    pub text: String,
    /// Each replaced range of the line, and its range in `text`.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

impl ShownLine {
    /// What may be shown of `line`, which may be any line of a file, and need not be valid TOML.
    pub fn of(line: &str) -> ShownLine {
        let found = addresses(line).chain(values_of_secret_keys(line)).chain(local_parts(line));
        let mut found: Vec<Range<usize>> = found.collect();
        found.sort_by_key(|range| (range.start, range.end));
        let mut shown_line = ShownLine { text: String::new(), replaced: Vec::new() };
        let mut at = 0;
        for range in found {
            if range.end <= at {
                continue;
            }
            let range = range.start.max(at)..range.end;
            shown_line.text.push_str(&line[at..range.start]);
            let start = shown_line.text.len();
            shown_line.text.push_str(&shown(&line[range.clone()]));
            at = range.end;
            shown_line.replaced.push((range, start..shown_line.text.len()));
        }
        shown_line.text.push_str(&line[at..]);
        shown_line
    }

    /// The place in [`ShownLine::text`] of what is at `span`, in bytes, of the line.
    pub fn span(&self, span: &Span) -> Span {
        let place = |at: usize, is_end: bool| {
            let mut shift = (0, 0);
            for (from, to) in &self.replaced {
                if at < from.start || at == from.start && !is_end {
                    break;
                }
                if at < from.end {
                    return if is_end { to.end } else { to.start };
                }
                shift = (from.end, to.end);
            }
            at - shift.0 + shift.1
        };
        let start = place(span.start, false);
        start..place(span.end, true).max(start)
    }
}

/// Where addresses are in `line`: from the scheme to the quote that closes the value.
fn addresses(line: &str) -> impl Iterator<Item = Range<usize>> {
    line.match_indices("://").filter_map(|(at, _)| {
        let before = &line[..at];
        let scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let start = before.trim_end_matches(scheme).len();
        let end = closing_quote(line, start);
        let address = &line[start..end];
        let is_page = ["http", "https"].contains(&&line[start..at]) && !address.contains('@');
        // Everybody may read the value of a public key.
        let is_public = is_page && PUBLIC_KEYS.iter().any(|key| value_begins(line, key, start));
        (!is_public).then_some(start..end)
    })
}

/// Where mail addresses are in `line`, each up to its `@`: the host is shown, since it helps to find a mistake.
fn local_parts(line: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || ".!#$%&*+-/?^_{|}~".contains(c);
    line.match_indices('@').filter_map(move |(at, _)| {
        let start = line[..at].trim_end_matches(is_part).len();
        let has_host = line[at + 1..].starts_with(is_part);
        (start < at && has_host).then_some(start..at)
    })
}

/// Whether the value of `key` begins at `start`, after its quotes.
fn value_begins(line: &str, key: &str, start: usize) -> bool {
    let before = line[..start].trim_end_matches(['"', '\'']).trim_end();
    let before = before.strip_suffix('=').map(|before| before.trim_end().trim_end_matches(['"', '\'']));
    before.is_some_and(|before| {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        before.strip_suffix(key).is_some_and(|before| !before.ends_with(word))
    })
}

/// Where the values of secret keys are in `line`, without their quotes.
fn values_of_secret_keys(line: &str) -> impl Iterator<Item = Range<usize>> {
    SECRET_KEYS.iter().flat_map(move |key| {
        line.match_indices(key).filter_map(move |(at, _)| {
            let (before, after) = (&line[..at], &line[at + key.len()..]);
            let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
            if before.ends_with(word) || after.starts_with(word) {
                return None;
            }
            let value = after.trim_start_matches(['"', '\'']).trim_start().strip_prefix('=')?.trim_start();
            let value = value.trim_start_matches(['"', '\'']);
            let start = line.len() - value.len();
            let range = start..closing_quote(line, start);
            (!range.is_empty() && !is_file_name(&line[range.clone()])).then_some(range)
        })
    })
}

/// Where the value that starts at `start` ends: at its unescaped closing quote, else at the end of the line.
fn closing_quote(line: &str, start: usize) -> usize {
    let quotes = &line[..start];
    let opened = quotes.chars().next_back().filter(|quote| ['"', '\''].contains(quote));
    let rest = &line[start..];
    let mut escaped = false;
    for (at, character) in rest.char_indices() {
        if Some(character) == opened && !escaped {
            return start + at;
        }
        escaped = character == '\\' && !escaped && opened == Some('"');
    }
    start + rest.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_of_an_address_is_shown() {
        for (text, expected) in [
            ("https://calendar.google.com/calendar/ical/x/private-1/basic.ics", "calendar.google.com/…"),
            ("postgres://user:pw@db.example.org:5432/oncal?x=y", "db.example.org:5432/…"),
            ("smtps://me:p@ss@mail.example.org", "mail.example.org/…"),
            ("https://user:pa/ss@example.org/", "…"),
            ("smtps://mail.example.org:SECRET", "…"),
            ("smtps://oncal:1234567", "…"),
            ("smtps://oncal:1234", "…"),
            ("smtps://oncal:1234@mail:465", "mail:465/…"),
            ("smtp://localhost:2525", "localhost:2525/…"),
            ("smtp://mail", "mail/…"),
            ("smtp://[::1]:2525", "[::1]:2525/…"),
            ("smtp://[::1]", "[::1]/…"),
            ("https://", "…"),
            ("https://exa mple.org/x", "…"),
            ("private-1", "…"),
        ] {
            assert_eq!(shown_address(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_shows_no_address() {
        for (line, expected) in [
            ("journal = \"mysql://u:pw@h\"", "journal = \"h/…\""),
            ("  \"journal\"=\"p\"", "  \"journal\"=\"…\""),
            ("jurnal = \"postgres://u:p=w@h/ü\" # see", "jurnal = \"h/…\" # see"),
            ("postgres://u:pw@h?sslmode=x\"\"\"", "h/…"),
            ("public_url = \"https://u:pw@h\"", "public_url = \"h/…\""),
            (
                "holidays = [\"de\", \"https://example.org/private\"]",
                "holidays = [\"de\", \"example.org/…\"]",
            ),
            (
                "{ id = \"a\", time_off_calendar = \"example.org/private\" },",
                "{ id = \"a\", time_off_calendar = \"…\" },",
            ),
            ("time_off_calendar = \"https://example.org/priv", "time_off_calendar = \"example.org/…"),
            ("time_off_calendar = 'webcal://example.org/it\"s'", "time_off_calendar = 'example.org/…'"),
            ("url = https://example.org/private", "url = example.org/…"),
            (
                "email = \"ana@example.org\\nBcc: eve@example.org\"",
                "email = \"…@example.org\\nBcc: …@example.org\"",
            ),
            (
                "  \"team@example.org\", 'a.b+c@x..org', # ask bob@example.org",
                "  \"…@example.org\", '…@x..org', # ask …@example.org",
            ),
            ("from = \"On-call <oncall@example.org>\"", "from = \"On-call <…@example.org>\""),
            ("user = \"oncal\"", "user = \"…\""),
            ("a = \"https://x.org/\\\"private\" b = 'ftp://y.org/z'", "a = \"x.org/…\" b = 'y.org/…'"),
        ] {
            assert_eq!(ShownLine::of(line).text, expected, "{line}");
        }
        for line in [
            "",
            "name = \"@all\"",
            "email = \"bob\"",
            "from = 2026-12-24",
            "public_url = \"https://example.org/rota\"",
            "run_book = \"https://wiki.example.org/profit\"",
            "bind = \"journal\"",
            "time_off_calendar = \"ana.ics\"",
            "time_off_calendar = \"../other/ana.ics\"",
            "journal",
            "server_url_path = \"x\"",
        ] {
            assert_eq!(ShownLine::of(line).text, line);
        }
    }

    #[test]
    fn what_is_underlined_is_underlined_in_the_shown_line_too() {
        let line = "a = [\"https://example.org/private\", \"x\"]";
        let shown = ShownLine::of(line);
        let underlined = |text: &str| {
            let start = line.find(text).unwrap();
            &shown.text[shown.span(&(start..start + text.len()))]
        };
        assert_eq!(underlined("\"https://example.org/private\""), "\"example.org/…\"");
        assert_eq!(underlined("private"), "example.org/…");
        assert_eq!(underlined("\"x\""), "\"x\"");
        assert_eq!(underlined("a ="), "a =");
        assert_eq!(shown.span(&(line.len()..line.len())), shown.text.len()..shown.text.len());
    }
}
