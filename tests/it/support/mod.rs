//! What several tests need: sample teams, servers and clocks.

pub(crate) mod application;
pub(crate) mod calendar_server;
pub(crate) mod certificates;
pub(crate) mod edited;
pub(crate) mod faked_clock;
pub(crate) mod fetching;
pub(crate) mod files;
pub(crate) mod host_names;
pub(crate) mod injection;
pub(crate) mod logged;
pub(crate) mod machine;
pub(crate) mod mail_box;
pub(crate) mod pair;
pub(crate) mod passing_clock;
pub(crate) mod postgres;
pub(crate) mod published;
pub(crate) mod random;
pub(crate) mod revisions;
pub(crate) mod running;
pub(crate) mod wait;
pub(crate) mod webhook;
