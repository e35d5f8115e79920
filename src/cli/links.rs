//! `oncal links`: prints the secret links that people subscribe with.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::{self, Common};
use super::output::{Exit, Output, failed};
use super::plan::{self, Chosen};
use crate::access::{Key, SEGMENT, Secret, Sources};
use crate::config::{Access, BaseUrl, Configuration, LinkGenerations, Settings};
use crate::rota::Team;
use crate::state_dir::StateDir;
use crate::text::clean;

/// The environment variable that holds the secret.
const SECRET: &str = "ONCAL_SECRET";

/// The environment variable that names a file with the secret.
const SECRET_FILE: &str = "ONCAL_SECRET_FILE";

/// The folder in which systemd puts what `LoadCredential=` names.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

pub(super) fn run(common: &Common, args: &args::Links, output: &mut Output) -> anyhow::Result<Exit> {
    let configuration = plan::load_files(common)?;
    let settings = &configuration.settings;
    let chosen = Chosen::new(&configuration, args.of.team.as_deref(), output)?;
    if settings.access == Access::Open {
        anyhow::bail!(
            "there are no secret links, since everybody may read; set `access = \"links\"` in oncal.toml to use them"
        );
    }
    if settings.public_url.is_loopback() {
        let url = settings.public_url.as_str();
        output.warn(format_args!(
            "only this machine can open {url}; set `public_url` in oncal.toml to the address that people use"
        ));
    }
    let site = Site { secret: secret(&plan::state(common), settings, false)?, settings };
    let shape = Shape {
        organisation: args.of.team.is_none().then(|| site.organisation()),
        teams: chosen.teams.iter().filter_map(|team| site.team(&configuration, team)).collect(),
    };
    if args.format.json {
        output.json(&shape)?;
    } else {
        output.data(&rendered(&shape))?;
    }
    Ok(chosen.exit)
}

/// The secret that links are derived from. A missing one is created in the state folder `state` if `may_make`.
pub(super) fn secret(state: &StateDir, settings: &Settings, may_make: bool) -> anyhow::Result<Secret> {
    let given = |name| env::var_os(name).filter(|value| !value.is_empty());
    let (file, credentials) = (given(SECRET_FILE).map(PathBuf::from), given(CREDENTIALS));
    let sources = Sources {
        given: given(SECRET).map(OsString::into_vec),
        is_credential: file.as_ref().zip(credentials).is_some_and(|(file, folder)| file.starts_with(folder)),
        file,
        state: settings.journal.is_none().then(|| state.clone()),
        may_make,
    };
    Secret::find(&sources).map_err(failed)
}

/// Everything that the links are derived from.
struct Site<'a> {
    secret: Secret,
    settings: &'a Settings,
}

#[derive(Serialize)]
struct Shape {
    organisation: Option<String>,
    teams: Vec<TeamLinks>,
}

#[derive(Serialize)]
struct TeamLinks {
    team: String,
    name: String,
    link: String,
    engineers: Vec<EngineerLink>,
}

#[derive(Serialize)]
struct EngineerLink {
    engineer: String,
    name: String,
    link: String,
}

impl Site<'_> {
    fn organisation(&self) -> String {
        self.link(&self.secret.organisation(self.settings.link_generation), "")
    }

    fn team(&self, configuration: &Configuration, team: &Team) -> Option<TeamLinks> {
        let LinkGenerations { team: of_team, engineers } = &configuration.teams.get(&team.id)?.links;
        let all = self.settings.link_generation;
        let engineers = team.engineers.iter().filter_map(|engineer| {
            let link = engineers.iter().find(|link| link.id == engineer.id)?;
            let key = self.secret.engineer(all, (&team.id, *of_team), (&link.id, link.generation));
            Some(EngineerLink {
                engineer: link.id.to_string(),
                name: clean(&engineer.name),
                link: self.link(&key, &format!("{}/", team.id)),
            })
        });
        Some(TeamLinks {
            team: team.id.to_string(),
            name: clean(&team.name),
            link: self.link(&self.secret.team(all, &team.id, *of_team), &format!("{}/", team.id)),
            engineers: engineers.collect(),
        })
    }

    fn link(&self, key: &Key, below: &str) -> String {
        format!("{}/{SEGMENT}/{}/{below}", BaseUrl::as_str(&self.settings.public_url), key.text())
    }
}

/// Two columns. Links are never cut or broken, however wide the terminal is.
fn rendered(shape: &Shape) -> String {
    let mut rows = vec![("OPENS", "LINK")];
    rows.extend(shape.organisation.as_ref().map(|link| ("everything", link.as_str())));
    let names: Vec<_> = shape
        .teams
        .iter()
        .flat_map(|team| {
            let people = team
                .engineers
                .iter()
                .map(|person| (format!("team {}, for {}", team.name, person.name), &person.link));
            people.chain([(format!("team {}, for wall screens and managers", team.name), &team.link)])
        })
        .collect();
    rows.extend(names.iter().map(|(name, link)| (name.as_str(), link.as_str())));
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let line = |(name, link): &(&str, &str)| {
        format!("{name}{}  {link}\n", " ".repeat(width.saturating_sub(name.width())))
    };
    rows.iter().map(line).collect()
}
