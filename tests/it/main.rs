//! All integration tests in one binary, one module for each area.

#![cfg(test)]

mod acceptance;
mod access;
mod alerts;
mod api;
mod calendar_programs;
mod cases;
mod changes;
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod chaos;
mod cli;
mod config;
mod dependencies;
mod deploy;
mod documents;
mod edit;
mod edit_laws;
mod export;
mod exports;
mod faults;
mod feeds;
mod feeds_http;
mod fetch_commands;
mod fetched;
mod holidays;
mod hostile;
mod hostile_calendars;
mod hostile_programs;
mod imports;
mod journal;
mod last_good;
mod laws;
mod licences;
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod limits;
mod mail;
mod notice_kills;
mod notice_kinds;
mod notice_tls;
mod notices;
mod notifier;
mod on_duty;
mod outages;
mod pages;
mod postgres_faults;
mod proxy;
mod recipes;
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod reload;
mod reloader;
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod response_times;
mod second_opinions;
mod serve;
mod shared_calendars;
mod sizes;
#[expect(clippy::print_stdout, reason = "figures are for whoever reads the log")]
mod soak;
mod subscribers;
mod support;
mod zones;
