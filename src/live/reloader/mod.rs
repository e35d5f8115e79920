//! Keeps the snapshot current: it replaces it when files change and when weeks end, also while the journal cannot be
//! written.
//!
//! One thread does this, step by step (`worker`), while requests are answered from the previous snapshot: `watch`
//! reports changes of the configuration folder, `debounce` waits until it is quiet and no file is half written,
//! `removed_teams` keeps a team in service for a while after its file is gone, `load_report` says what has errors, and
//! `faults` and `journal_health` what keeps the snapshot from being current. A second thread (`journal_monitor`) checks
//! that the journal can be written and does its `maintenance`, so that a journal that does not answer delays nothing
//! else. A third (`calendar_monitor`) fetches calendars. Nothing that can fail happens after the pointer to the
//! snapshot was swapped.

mod calendar_monitor;
mod debounce;
mod faults;
mod handle;
mod journal_health;
mod journal_monitor;
mod load_report;
mod maintenance;
mod names;
mod notice;
mod options;
mod removed_teams;
mod watch;
mod worker;

pub use handle::Reloader;
pub use options::Options;
