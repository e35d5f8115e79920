//! oncal: an on-call plan kept as TOML, expanded into calendar feeds.
//!
//! In reading order: [`rota`] knows the rules and nothing else; [`toml_reader`] reads TOML with places and [`ics`] the
//! calendars of others, which [`fetch`] gets from addresses; [`holidays`] makes dated names of both; [`config`] makes valid teams; [`calendars`] keeps fetched calendars current; [`text`] is the wording that
//! others share; [`notices`] says which messages are due; [`feed`] writes what the rota says as iCalendar and [`json`] as JSON; [`journal`] remembers what was
//! published, and [`publish`] has it updated; [`access`] knows who may read what; [`live`] holds what is served, [`notifier`] has notices planned
//! and [`delivery`] carry them, [`web`] serves it, [`export`] writes it to a folder, and [`cli`] is how people start it. [`state_dir`] is the folder that a
//! server keeps its state in, `parallel` shares work out among the processors, [`team_map`] has one value for each of thousands of teams, and [`clock`] alone knows what time it is.
//!
//! What always holds: a [`rota::Team`] that exists is valid; the primary role is held at every instant from the first
//! duty change on; the same configuration, zone data, window and `now` give the same bytes; nothing that can fail
//! happens after something live was touched; arrows between the rooms run one way (`tests/it/dependencies.rs`).

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
