//! oncal: an on-call plan kept as TOML, expanded into calendar feeds.
//!
//! In reading order: [`rota`] knows the rules and nothing else. [`toml_reader`] reads TOML with places, [`ics`] reads
//! other people's calendars, which [`fetch`] gets from addresses, [`time_off`] decides which of their entries are
//! leave, and [`holidays`] makes dated names of rules and calendars. [`config`] makes valid teams; [`calendars`] keeps
//! fetched calendars current. [`text`] is shared wording; [`feed`] writes the rota as iCalendar, [`json`] as JSON, and
//! [`notices`] as messages. [`journal`] stores what was published, and [`publish`] updates it. [`access`] knows who may
//! read what; [`live`] holds what is served; [`notifier`] plans notices and [`delivery`] sends them; [`web`] is the
//! server, [`export`] writes files, and [`cli`] has the commands. [`state_dir`] is the folder of the server's state,
//! `parallel` distributes work over the processors, [`team_map`] has a value for each of thousands of teams, and only
//! [`clock`] knows what time it is.
//!
//! What always holds: a [`rota::Team`] that exists is valid; the primary role is held at every instant from the first
//! duty change on; the same configuration, zone data, window and `now` give the same bytes; nothing that can fail
//! happens after something live was changed; dependencies between modules run one way (`tests/it/dependencies.rs`).

pub mod access;
pub mod calendars;
pub mod cli;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod export;
pub mod feed;
pub mod fetch;
pub mod holidays;
pub mod ics;
pub mod journal;
pub mod json;
pub mod live;
pub mod notices;
pub mod notifier;
mod parallel;
pub mod publish;
pub mod rota;
pub mod state_dir;
pub mod team_map;
pub mod text;
pub mod time_off;
pub mod toml_reader;
pub mod web;
