//! All integration tests in one binary, one module for each area.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod access;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod api;
#[cfg(test)]
mod calendar_programs;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod changes;
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod chaos;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod config;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod edit;
#[cfg(test)]
mod edit_laws;
#[cfg(test)]
mod export;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod feeds_http;
#[cfg(test)]
mod fetch_commands;
#[cfg(test)]
mod fetched;
#[cfg(test)]
mod holidays;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_calendars;
#[cfg(test)]
mod hostile_programs;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod last_good;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod licences;
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod limits;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod notice_kills;
#[cfg(test)]
mod notice_kinds;
#[cfg(test)]
mod notice_tls;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod notifier;
#[cfg(test)]
mod on_duty;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod recipes;
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod reload;
#[cfg(test)]
mod reloader;
#[cfg(test)]
mod second_opinions;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod shared_calendars;
#[cfg(test)]
mod sizes;
#[cfg(test)]
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod soak;
#[cfg(test)]
mod subscribers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod zones;
