//! The configuration: a folder of TOML files and run books, read, checked and resolved.
//!
//! In reading order: `load` reads the folder; `schema` and `settings` are what the files say; `resolve` checks
//! everything that needs more than one value and makes a [`rota::Team`](crate::rota::Team) of it; `diagnostic` and
//! `render` report errors and warnings. A `Team` that exists is valid, so no other module checks it again.
//!
//! Not here: the syntax of TOML (`toml_reader`), the rules of holiday calendars (`holidays`), the schedule of a team
//! (`rota`).

mod address_file;
mod as_of;
mod base_url;
mod calendar_use;
mod configuration;
mod diagnostic;
mod edit;
mod entry;
mod fetch_codes;
mod files;
mod folder;
mod holiday_files;
mod ids;
mod inputs;
mod kept_calendars;
mod left_out;
mod legacy_zone_names;
mod link_generations;
mod load;
mod load_teams;
mod local_time;
mod mail;
mod notices;
mod places;
mod render;
mod resolve;
mod run_books;
mod schema;
mod scope;
mod settings;
mod sources;
mod team_files;
mod time_off;
mod webhook;
mod zone_hints;
mod zones;

pub use crate::toml_reader::Severity;
pub use as_of::AsOf;
pub use base_url::{BaseUrl, BaseUrlError, is_loopback, reached_at};
pub use calendar_use::{CalendarUse, Found, NamedAt};
pub(crate) use configuration::TEAMS;
pub use configuration::{BrokenTeam, Configuration, TeamConfig};
pub use diagnostic::{Diagnostic, Place};
pub use edit::{Change, EditError, Field, List, Original, ReplaceError, edit};
pub use entry::{end_field, override_entry, rotation_entry, time_field};
pub use fetch_codes::FETCH_PROBLEMS;
pub use folder::LoadError;
pub use kept_calendars::{CalendarReader, History, KeptCalendar, KeptCalendars, read_history};
pub use left_out::LeavesOut;
pub use link_generations::{EngineerLink, LinkGenerations};
pub use load::{load, load_edited, load_with, reload};
pub use mail::{Encryption, MailAddress, MailServer, Mailbox};
pub use notices::TeamNotices;
pub use places::TeamPlaces;
pub use render::render;
pub use scope::Scope;
pub use settings::{Access, JournalUrl, Settings};
pub use sources::Sources;
pub use team_files::{TeamFile, TeamFiles};
pub use webhook::{WebhookError, WebhookUrl};
pub use zones::{SYSTEM_FOLDERS, ZoneData, ZoneDataSource};
