//! `oncal.toml`: the settings of the server.
//!
//! Not here: settings of teams (`schema`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;

use super::base_url::{BaseUrl, is_loopback};
use super::link_generations::{FIRST_GENERATION, generation};
use super::mail::MailServer;
use super::zones::ZoneDataSource;
use crate::journal::is_unverified;
use crate::toml_reader::{At, Problems, TableReader};

/// The maximum number of past or future weeks in feeds: ten years.
const MAX_WEEKS: u32 = 520;

/// The content of `oncal.toml`. A key with an error has its default; the defaults are safe, since they listen only on
/// loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the server listens.
    pub bind: SocketAddr,
    /// The beginning of subscription links.
    pub public_url: BaseUrl,
    /// Who may read.
    pub access: Access,
    /// How many weeks before the current one feeds contain.
    pub past_weeks: u32,
    /// How many weeks after the current one feeds contain.
    pub future_weeks: u32,
    /// Where the server answers `/readyz` and `/metrics`.
    pub admin_bind: SocketAddr,
    /// Whether `access = "open"` may be reached from other machines.
    pub open_to_network: bool,
    /// The beginning of links within events; without it, events have no links.
    pub pages_url: Option<BaseUrl>,
    /// Whose time-zone rules are in use.
    pub tzdata: ZoneDataSource,
    /// The PostgreSQL database of a journal that servers share; without it, the journal is in the state folder.
    pub journal: Option<JournalUrl>,
    /// How often all secret links were renewed.
    pub link_generation: u32,
    /// The networks whose `X-Request-Id` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The server that takes mail; without it no notice goes by mail.
    pub mail: Option<MailServer>,
}

/// Who may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody who reaches the server.
    Open,
    /// Whoever has a secret link.
    Links,
}

impl Default for Settings {
    fn default() -> Self {
        let bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let public_url = BaseUrl::at(bind);
        Settings {
            bind,
            pages_url: Some(public_url.clone()),
            public_url,
            access: Access::Open,
            past_weeks: 8,
            future_weeks: 52,
            admin_bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            open_to_network: false,
            tzdata: ZoneDataSource::Bundled,
            journal: None,
            link_generation: FIRST_GENERATION,
            trusted_proxies: Vec::new(),
            mail: None,
        }
    }
}

impl Settings {
    /// These settings as far as a server that runs with `running` can apply them, and the keys that need a restart.
    pub(super) fn applied_to(self, running: &Settings) -> (Settings, Vec<&'static str>) {
        let mut waiting = Vec::new();
        let mut wait = |key, differs: bool| waiting.extend(differs.then_some(key));
        wait("bind", self.bind != running.bind);
        wait("admin_bind", self.admin_bind != running.admin_bind);
        wait("access", self.access != running.access);
        wait("open_to_network", self.open_to_network != running.open_to_network);
        wait("public_url", self.public_url != running.public_url);
        wait("tzdata", self.tzdata != running.tzdata);
        wait("journal", self.journal != running.journal);
        let is_default = self.pages_url == default_pages(self.access, &self.public_url);
        let default = default_pages(running.access, &running.public_url);
        let settings = Settings {
            past_weeks: self.past_weeks,
            future_weeks: self.future_weeks,
            pages_url: if is_default { default } else { self.pages_url },
            link_generation: self.link_generation,
            trusted_proxies: self.trusted_proxies,
            mail: self.mail,
            ..running.clone()
        };
        (settings, waiting)
    }

    /// Reads the root of `oncal.toml`.
    pub(super) fn read(mut root: TableReader<'_>) -> Settings {
        let defaults = Settings::default();
        let problems = root.problems();
        let bind = root.text("bind").and_then(|at| address("bind", at, problems));
        let admin_bind = root.text("admin_bind").and_then(|at| address("admin_bind", at, problems));
        let public_url = root.text("public_url").and_then(|at| base_url("public_url", at, problems));
        let pages_url = root.text("pages_url").and_then(|at| base_url("pages_url", at, problems));
        let choices = [("open", Access::Open), ("links", Access::Links)];
        let access = root.choice("access", &choices).unwrap_or(defaults.access);
        let access_span = root.span_of("access");
        let link_generation = generation(&mut root);
        let past_weeks = root.integer("past_weeks", 0..=MAX_WEEKS).unwrap_or(defaults.past_weeks);
        let future_weeks = root.integer("future_weeks", 1..=MAX_WEEKS).unwrap_or(defaults.future_weeks);
        let open_to_network = root.flag("open_to_network").unwrap_or_default();
        let sources = [("bundled", ZoneDataSource::Bundled), ("system", ZoneDataSource::System)];
        let tzdata = root.choice("tzdata", &sources).unwrap_or(defaults.tzdata);
        let journal = root.text("journal").and_then(|at| journal_url(at, problems));
        let trusted_proxies = proxies(&mut root);
        let mail = root.table("mail").and_then(MailServer::read);
        root.finish();

        let admin_address = admin_bind.as_ref().map_or(defaults.admin_bind, |at| at.value);
        check_admin_bind(bind.as_ref(), admin_bind.as_ref(), &defaults, problems);
        let is_for_all = open_to_network || access == Access::Links;
        let bind =
            bind.filter(|at| is_for_all || is_allowed("bind", is_loopback(at.value.ip()), at, problems));
        let public_url = public_url
            .filter(|at| is_for_all || is_allowed("public_url", at.value.is_loopback(), at, problems));
        if let Some(at) = public_url.as_ref().filter(|_| access == Access::Links) {
            warn_of_plain_text(at, problems);
        }

        let named = public_url.as_ref().map(|at| at.span.clone());
        let bind = bind.map_or(defaults.bind, |at| at.value);
        let public_url = public_url.map_or_else(|| BaseUrl::at(bind), |at| at.value);
        if access == Access::Links && public_url.is_loopback() {
            problems.warning_with_help(
                "links-to-this-machine",
                &named.unwrap_or(access_span),
                "secret links start with `public_url`, which only this machine can open",
                "set it to the address that people's calendars use, such as \"https://oncall.example.org\"",
            );
        }
        Settings {
            bind,
            pages_url: pages_url.map(|at| at.value).or_else(|| default_pages(access, &public_url)),
            public_url,
            access,
            past_weeks,
            future_weeks,
            admin_bind: admin_address,
            open_to_network,
            tzdata,
            journal,
            link_generation,
            trusted_proxies,
            mail,
        }
    }
}

/// With secret links, events contain no address: it would show the key to others.
fn default_pages(access: Access, public_url: &BaseUrl) -> Option<BaseUrl> {
    match access {
        Access::Open => Some(public_url.clone()),
        Access::Links => None,
    }
}

fn address(key: &str, at: At<String>, problems: &Problems) -> Option<At<SocketAddr>> {
    if let Ok(value) = at.value.parse() {
        return Some(At { value, span: at.span });
    }
    let help = "an IP address and a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned();
    problems.error_with_help("invalid-address", at.span, format!("`{key}` is not an address"), help);
    None
}

fn base_url(key: &str, at: At<String>, problems: &Problems) -> Option<At<BaseUrl>> {
    match BaseUrl::parse(&at.value) {
        Ok(value) => Some(At { value, span: at.span }),
        Err(error) => {
            let help = format!("{error}, for instance \"https://oncall.example.org\"");
            let message = format!("`{key}` is not an address that links can start with");
            problems.error_with_help("invalid-url", at.span, message, help);
            None
        }
    }
}

/// The URL of a journal. Its debug output is hidden, since it may contain a password.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalUrl(String);

impl JournalUrl {
    /// The URL as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JournalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JournalUrl")
    }
}

fn journal_url(at: At<String>, problems: &Problems) -> Option<JournalUrl> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| at.value.starts_with(scheme)) {
        if is_unverified(&at.value) {
            problems.warning_with_help(
                "unverified-journal",
                &at.span,
                "the identity of the PostgreSQL server in `journal` is not verified, so somebody on the network path could \
                 read and change the journal",
                "add `?sslmode=verify-full` to the URL, and `&sslrootcert=FILE` if the server has its own certificate \
                 authority",
            );
        }
        return Some(JournalUrl(at.value));
    }
    let help =
        "such as \"postgres://oncal@db.example.org/oncal\"; without this line it is kept in the state folder";
    let message = "`journal` is not the URL of a PostgreSQL database";
    problems.error_with_help("invalid-url", at.span, message, help.to_owned());
    None
}

/// The networks of proxies; an address alone is a network of one.
fn proxies(root: &mut TableReader<'_>) -> Vec<IpNet> {
    let problems = root.problems();
    let read = |at: At<String>| {
        let network = network(&at.value);
        if network.is_none() {
            let message = "this is not the address of a proxy or a network";
            let help = "an IP address without a port, or a network, such as \"127.0.0.1\", \"2001:db8::1\" or \"10.0.0.0/8\"";
            problems.error_with_help("invalid-address", at.span.clone(), message, help.to_owned());
        }
        if network.is_some_and(|network| network.prefix_len() == 0) {
            let help = "give the addresses of the proxies, or their network";
            problems.warning_with_help(
                "trusts-everybody",
                &at.span,
                "this network contains every address, so everybody is trusted",
                help,
            );
        }
        network
    };
    root.texts("trusted_proxies").unwrap_or_default().into_iter().filter_map(read).collect()
}

fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    address.or_else(|| text.parse::<IpNet>().ok()).map(|network| network.trunc())
}

/// Monitoring has an address that is not the server's, and should not be open to everybody.
fn check_admin_bind(
    bind: Option<&At<SocketAddr>>,
    admin_bind: Option<&At<SocketAddr>>,
    defaults: &Settings,
    problems: &Problems,
) {
    let address = bind.map_or(defaults.bind, |at| at.value);
    let admin_address = admin_bind.map_or(defaults.admin_bind, |at| at.value);
    let named = admin_bind.or(bind);
    if let Some(named) = named.filter(|_| address == admin_address && address.port() != 0) {
        let message = "`bind` and `admin_bind` are the same address";
        let help = "monitoring needs its own address or port".to_owned();
        problems.error_with_help("same-address", named.span.clone(), message, help);
    }
    if let Some(at) = admin_bind.filter(|at| at.value.ip().to_canonical().is_unspecified()) {
        problems.warning_with_help(
            "admin-open-to-network",
            &at.span,
            "`admin_bind` shows faults and metrics to everybody who can reach this machine",
            "use the address that monitoring connects to; in a container, publish the port only there",
        );
    }
}

fn warn_of_plain_text(at: &At<BaseUrl>, problems: &Problems) {
    if at.value.as_str().starts_with("http:") && !at.value.is_loopback() {
        let message = "secret links would go over the network unencrypted";
        let help = "use an address that starts with `https://`, behind a proxy such as nginx or Caddy";
        problems.warning_with_help("unencrypted-links", &at.span, message, help);
    }
}

fn is_allowed<T>(key: &str, is_loopback: bool, at: &At<T>, problems: &Problems) -> bool {
    if !is_loopback {
        let message = format!("`{key}` opens names, absences and run books to everybody on the network");
        let help =
            "keep it on 127.0.0.1, or add `open_to_network = true` if everybody may read them".to_owned();
        problems.error_with_help("open-to-network", at.span.clone(), message, help);
    }
    is_loopback
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml_reader;

    #[track_caller]
    fn read(text: &str) -> (Settings, Vec<&'static str>) {
        let problems = Problems::default();
        let settings = toml_reader::read(text, &problems, Settings::read).unwrap();
        (settings, problems.into_sorted().iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn an_empty_file_means_all_defaults() {
        assert_eq!(read(""), (Settings::default(), vec![]));
    }

    #[test]
    fn links_start_with_the_bound_address_by_default() {
        let (settings, _) = read("bind = \"127.0.0.1:9000\"");
        assert_eq!(settings.public_url.as_str(), "http://127.0.0.1:9000");
        assert_eq!(settings.pages_url, Some(settings.public_url));
        let (settings, _) =
            read("public_url = \"http://localhost/a\"\npages_url = \"https://wiki.example/b/\"");
        assert_eq!(settings.pages_url.unwrap().as_str(), "https://wiki.example/b");
    }

    #[test]
    fn open_access_leaves_the_machine_only_with_open_to_network() {
        let inside = ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "[::ffff:127.0.0.1]:80"];
        let outside = ["0.0.0.0:80", "[::]:80", "192.168.0.1:80", "[2001:db8::1]:80"];
        for bind in inside {
            assert_eq!(read(&format!("bind = \"{bind}\"")).1, [""; 0], "{bind}");
        }
        for bind in outside {
            let (settings, codes) = read(&format!("bind = \"{bind}\""));
            assert_eq!(codes, ["open-to-network"], "{bind}");
            assert_eq!(settings.bind, Settings::default().bind, "what is left is safe");
            let (settings, codes) = read(&format!("bind = \"{bind}\"\nopen_to_network = true"));
            assert_eq!((settings.bind.to_string().as_str(), codes), (bind, vec![]));
        }
        assert_eq!(read("public_url = \"https://oncall.example.org\"").1, ["open-to-network"]);
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let (settings, codes) = read("trusted_proxies = [\"10.0.0.1\", \"::1\"]");
        assert_eq!((settings.trusted_proxies.len(), codes), (2, vec![]));
        let (settings, codes) = read("trusted_proxies = [\"10.1.2.3/8\", \"fd00::/8\", \"::ffff:10.0.0.1\"]");
        let networks: Vec<_> = settings.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(
            (networks, codes),
            (["10.0.0.0/8", "fd00::/8", "10.0.0.1/32"].map(String::from).to_vec(), vec![])
        );
        for wrong in ["10.0.0.1:80", "10.0.0.0/33", "proxy.example.org", "10.0.0.0/255.0.0.0", ""] {
            assert_eq!(read(&format!("trusted_proxies = [\"{wrong}\"]")).1, ["invalid-address"], "{wrong}");
        }
        assert_eq!(read("trusted_proxies = [\"0.0.0.0/0\"]").1, ["trusts-everybody"]);
    }

    #[test]
    fn secret_links_may_leave_the_machine_and_events_then_have_none() {
        let (settings, codes) =
            read("access = \"links\"\nbind = \"0.0.0.0:80\"\npublic_url = \"https://rota.example\"");
        assert_eq!((settings.access, settings.pages_url, codes), (Access::Links, None, vec![]));
        let (settings, _) = read("access = \"links\"\npages_url = \"https://wiki.example\"");
        assert_eq!(settings.pages_url.unwrap().as_str(), "https://wiki.example");
        assert_eq!(read("access = \"links\"\npublic_url = \"http://rota.example\"").1, ["unencrypted-links"]);
        assert_eq!(read("access = \"closed\"").1, ["unknown-value"]);
    }

    #[test]
    fn links_to_this_machine_and_open_monitoring_are_warnings() {
        let links = "access = \"links\"\n";
        for (text, expected) in [
            (links.to_owned(), &["links-to-this-machine"][..]),
            (format!("{links}public_url = \"http://localhost/a\""), &["links-to-this-machine"]),
            (format!("{links}bind = \"192.168.0.1:80\""), &[]),
            ("admin_bind = \"0.0.0.0:81\"".to_owned(), &["admin-open-to-network"]),
            ("admin_bind = \"[::]:81\"".to_owned(), &["admin-open-to-network"]),
            ("admin_bind = \"192.168.0.1:81\"".to_owned(), &[]),
        ] {
            assert_eq!(read(&text).1, expected, "{text}");
        }
    }

    #[test]
    fn links_are_of_the_first_generation_by_default() {
        assert_eq!(read("").0.link_generation, 1);
        assert_eq!(read("link_generation = 7").0.link_generation, 7);
        assert_eq!(read("link_generation = 0").1, ["out-of-range"]);
    }

    #[test]
    fn a_journal_is_a_postgresql_database() {
        let url = "postgres://oncal:geheim@db/oncal";
        let (settings, codes) = read(&format!("journal = \"{url}\""));
        assert_eq!(
            (settings.journal.as_ref().map(JournalUrl::as_str), codes),
            (Some(url), vec!["unverified-journal"])
        );
        let verified = "journal = \"postgres://oncal@db/oncal?sslmode=verify-full\"";
        assert!(read(verified).1.is_empty());
        assert!(!format!("{settings:?}").contains("geheim"));
        assert_eq!(read("journal = \"mysql://db/oncal\"").1, ["invalid-url"]);
    }

    #[test]
    fn a_running_server_takes_over_what_it_can_and_names_the_rest() {
        let (running, _) = read("");
        let (next, _) = read("bind = \"127.0.0.1:9\"\npast_weeks = 1\nfuture_weeks = 2");
        let (applied, waiting) = next.applied_to(&running);
        assert_eq!(waiting, ["bind", "public_url"]);
        let expected = Settings { past_weeks: 1, future_weeks: 2, ..running.clone() };
        assert_eq!(applied, expected);
        let (next, _) = read("pages_url = \"https://wiki.example\"");
        let (applied, waiting) = next.applied_to(&running);
        assert_eq!((applied.pages_url.unwrap().as_str(), waiting), ("https://wiki.example", vec![]));
        let (next, _) = read("access = \"links\"\nlink_generation = 2");
        let (applied, waiting) = next.applied_to(&running);
        assert_eq!((applied.link_generation, waiting), (2, vec!["access"]));
        assert_eq!(applied.pages_url, running.pages_url, "as with the access that runs");
    }

    #[test]
    fn the_number_of_weeks_is_limited() {
        assert_eq!(read("past_weeks = 0\nfuture_weeks = 520").1, [""; 0]);
        assert_eq!(read("past_weeks = -1\nfuture_weeks = 0").1, ["out-of-range"; 2]);
        assert_eq!(read("past_weeks = 521").1, ["out-of-range"]);
    }

    #[test]
    fn monitoring_has_its_own_address() {
        assert_eq!(read("bind = \"127.0.0.1:9\"\nadmin_bind = \"127.0.0.1:9\"").1, ["same-address"]);
        assert_eq!(read("bind = \"127.0.0.1:8081\"").1, ["same-address"], "its default is taken too");
        assert_eq!(read("bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"").1, [""; 0], "two free ports");
    }
}
