//! What a page or API call costs the server's processor: `cargo bench --bench pages`.
//!
//! For a team of fifty in five countries, with the parameters that cost most, and for the team of eight that browsers
//! test; then how long a feed takes while others request the dearest address. ONCAL is the program to measure, if not
//! the one of this build.
//!
//! `benches/README.md` has figures.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement stops at what it did not expect"
)]

#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/it/support/running.rs"]
mod running;

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use running::{Running, get, program};

const ENGINEERS: usize = 50;

/// How often each address is requested. The first time, which may compute what is then kept, is printed by itself.
const REQUESTS: usize = 21;

/// The address that costs most.
const DEAREST: &str = "/api/v1/teams/fifty/coverage?from=2034-12-01&to=2036-11-14";

/// How many clients request it at once.
const CLIENTS: usize = 64;

const PLACES: [(&str, &str); 5] = [
    ("America/New_York", "us-federal"),
    ("Europe/London", "gb-eng"),
    ("Europe/Berlin", "de"),
    ("Asia/Tokyo", "jp"),
    ("Australia/Sydney", "au-nsw"),
];

const ADDRESSES: [&str; 37] = [
    "/",
    "/rich/",
    "/rich/?from=2026-12-18",
    "/rich/?view=month&month=2026-12",
    "/rich/coverage",
    "/fifty/",
    "/fifty/?weeks=104",
    "/fifty/?weeks=104&from=2035-01-01",
    "/fifty/?view=month&month=2026-12",
    "/fifty/?view=year&year=2027",
    "/fifty/?view=list&weeks=104",
    "/fifty/coverage",
    "/fifty/coverage?weeks=104",
    "/fifty/coverage?weeks=104&from=2035-01-01",
    "/fifty/fairness",
    "/fifty/fairness?years=10",
    "/fifty/changes",
    "/fifty/subscribers",
    "/fifty/subscribe",
    "/fifty/engineers/e1",
    "/api/v1/teams",
    "/api/v1/teams/fifty/oncall?at=2036-01-01",
    "/api/v1/teams/fifty/schedule?from=2034-12-01&to=2036-11-14",
    "/api/v1/teams/fifty/coverage?from=2034-12-01&to=2036-11-14",
    "/api/v1/teams/fifty/fairness?to=2036-01-01",
    "/api/v1/teams/fifty/subscribers",
    "/fifty/?view=year&year=2036",
    "/fifty/?view=list&weeks=104&from=2034-11-01",
    "/fifty/coverage?engineer=e3",
    "/fifty/changes.atom",
    "/fifty/pipelines",
    "/api/v1/teams/fifty/oncall",
    "/api/v1/teams/fifty/schedule",
    "/api/v1/teams/fifty/coverage",
    "/api/v1/teams/fifty/fairness",
    "/api/v1/teams/fifty/changes",
    "/openapi.json",
];

fn main() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("teams")).unwrap();
    fs::write(folder.path().join("teams/fifty.toml"), team()).unwrap();
    fs::write(folder.path().join("teams/rich.toml"), include_str!("../tests/browser/rich/rich.toml"))
        .unwrap();
    let settings = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    fs::write(folder.path().join("oncal.toml"), settings).unwrap();
    let mut own = program(folder.path(), &["--now", "2026-11-20T12:00:00Z"]);
    let running = match std::env::var_os("ONCAL") {
        Some(other) => {
            let mut command = Command::new(other);
            command.args(own.get_args()).current_dir(folder.path()).stderr(std::process::Stdio::piped());
            Running::start(&mut command)
        }
        None => Running::start(&mut own),
    };
    println!("processor time in milliseconds, for a team of {ENGINEERS}");
    println!("{:<62} {:>7} {:>7} {:>7} {:>9}", "", "first", "median", "most", "bytes");
    for address in ADDRESSES {
        let mut bytes = 0;
        let mut times: Vec<f64> = (0..REQUESTS)
            .map(|_| {
                let before = processor_milliseconds(&running);
                let (head, body) = get(running.address, address);
                assert!(head.starts_with("HTTP/1.1 200"), "{address}: {head}");
                bytes = body.len();
                processor_milliseconds(&running) - before
            })
            .collect();
        let first = times.remove(0);
        times.sort_by(f64::total_cmp);
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{address:<62} {first:>7.2} {median:>7.2} {most:>7.2} {bytes:>9}");
    }
    let (median, slowest) = feed_beside_clients(running.address);
    println!(
        "a feed beside {CLIENTS} clients of {DEAREST}: {median:.1?} at the median, {slowest:.1?} at most"
    );
}

/// How long a feed takes meanwhile, at the median and at most.
fn feed_beside_clients(address: SocketAddr) -> (Duration, Duration) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    get(address, DEAREST);
                }
            });
        }
        thread::sleep(Duration::from_secs(1));
        let mut times: Vec<Duration> = (0..201)
            .map(|_| {
                let since = Instant::now();
                get(address, "/fifty/team.ics");
                since.elapsed()
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        times.sort();
        (times[times.len() / 2], times[times.len() - 1])
    })
}

fn team() -> String {
    let mut text =
        "name = \"Fifty\"\ntime_zone = \"America/New_York\"\nholidays = [\"us-federal\"]\n".to_owned();
    for number in 0..ENGINEERS {
        let (zone, calendar) = PLACES[number % PLACES.len()];
        let engineer = format!("id = \"e{number}\"\nname = \"Engineer {number}\"\ntime_zone = \"{zone}\"");
        writeln!(text, "[[engineer]]\n{engineer}\nholidays = [\"{calendar}\"]").unwrap();
    }
    let week =
        |number| format!("{{ primary = \"e{number}\", secondary = \"e{}\" }}", (number + 1) % ENGINEERS);
    let weeks: Vec<String> = (0..ENGINEERS).map(week).collect();
    format!("{text}[[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [{}]\n[handover]\n", weeks.join(", "))
}

/// What all threads of the server have used so far.
fn processor_milliseconds(running: &Running) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", running.child.id())).unwrap();
    let nanoseconds = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}
