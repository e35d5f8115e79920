//! What it costs to start, and to take over one changed team beside all others: `cargo bench --bench reload`.
//!
//! Prints a table with a row for the plan's team and for 100, 1,000 and 10,000 teams; for other numbers name them:
//! `cargo bench --bench reload -- 2500`. Each time is the median, with the least and the most in brackets.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement stops at what it did not expect"
)]

#[expect(dead_code, reason = "the tests need more of it")]
#[path = "../tests/it/support/running.rs"]
mod running;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use chrono::{DateTime, TimeDelta};
use oncal::config::{self, Scope};
use oncal::journal::{Database, Location};
use oncal::live::{Builder, Snapshot};
use oncal::publish::Publisher;
use oncal::rota::TeamId;
use running::{Running, get, program};

const TEAM: &str = r#"
name = "Team"
time_zone = "America/New_York"
holidays = ["us-federal"]
engineer = [{ id = "a", name = "Ann" }, { id = "b", name = "Bob" }, { id = "c", name = "Cy" }, { id = "d", name = "Dee" }]
[[rotation]]
starts = 2026-01-02T10:00:00
weeks = [
  { primary = "a", secondary = "b" }, { primary = "b", secondary = "c" },
  { primary = "c", secondary = "d" }, { primary = "d", secondary = "a" },
]
[handover]
"#;

const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

/// How often each start is measured, and how often a change.
const STARTS: usize = 5;
const CHANGES: usize = 50;

/// How long a start may take: that of thousands of teams on a busy machine takes a while.
const PATIENCE: Duration = Duration::from_secs(300);

const HEAD: &str = "\
| teams of 4 | first start | its processor time | memory | started again | its processor time | memory \
| one changed, known to have | of which reading files | one changed, all looked at | one changed, nothing written |
|---|---|---|---|---|---|---|---|---|---|---|";

fn main() {
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    println!("{HEAD}");
    if asked.is_empty() {
        let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let file = fs::read_dir(plan.join("teams")).unwrap().next().unwrap().unwrap().path();
        let cells = starts(file.file_stem().unwrap().to_str().unwrap(), |folder| {
            for part in ["teams", "runbooks"] {
                copy(&plan.join(part), &folder.join(part));
            }
        });
        println!("| the plan's | {} | | | | |", cells.join(" | "));
    }
    for count in if asked.is_empty() { vec![100, 1_000, 10_000] } else { asked } {
        let all = |folder: &Path| (0..count).for_each(|number| write(folder, number, TEAM));
        let cells = [starts(&id_of(count / 2), all), changes(count, all)].concat();
        println!("| {count} | {} |", cells.join(" | "));
    }
}

fn id_of(number: usize) -> String {
    format!("t{number:04}")
}

fn write(folder: &Path, number: usize, text: &str) {
    fs::write(folder.join(format!("teams/{}.toml", id_of(number))), text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// The real program, from its start to its first answer, with an empty journal and again: time, processor time, memory.
fn starts(team: &str, fill: impl Fn(&Path)) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let config = folder(root.path(), fill);
    let mut times: [(Vec<Duration>, Vec<Duration>, String); 2] = Default::default();
    for number in 0..STARTS {
        let state = root.path().join(format!("state-{number}"));
        for (taken, processor, memory) in &mut times {
            let start = Moment::now();
            let mut serve = program(&config, &["--state", state.to_str().unwrap()]);
            let running = Running::start_within(PATIENCE, &mut serve);
            let (head, _) = get(running.address, &format!("/{team}/team.ics"));
            taken.push(start.elapsed());
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            processor.push(processor_time(running.child.id()));
            *memory = memory_of(running.child.id());
        }
        fs::remove_dir_all(state).unwrap();
    }
    let cells = times.into_iter().map(|(taken, processor, memory)| [shown(taken), shown(processor), memory]);
    cells.flatten().collect()
}

/// One team changed, within one process.
fn changes(count: usize, fill: impl Fn(&Path)) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let config = folder(root.path(), fill);
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_781);
    let (team, number) = (id_of(count / 2), count / 2);
    let only = Scope::Teams(BTreeSet::from([TeamId::new(&team).unwrap()]));
    let (mut version, mut cells) = (0, Vec::new());
    for (scope, has_journal) in [(&only, true), (&Scope::All, true), (&only, false)] {
        let database = || Database::open(Location::folder(root.path().join("state"))).unwrap();
        let publisher = match has_journal {
            true => Publisher::new(database(), None, String::new()),
            false => Publisher::without_journal(),
        };
        let builder = Builder::new(publisher);
        let loaded = config::load(&config, now).unwrap();
        let mut current = Arc::new(builder.first(loaded, now).unwrap());
        let (mut read, mut all) = (Vec::new(), Vec::new());
        for _ in 0..CHANGES {
            version += 1;
            write(&config, number, &TEAM.replace("\"Team\"", &format!("\"Team {version}\"")));
            let start = Moment::now();
            let loaded = Arc::new(config::reload(&config, now, current.configuration(), scope).unwrap());
            read.push(start.elapsed());
            let next = builder.reload(&current, loaded, BTreeSet::new(), now).written().unwrap();
            all.push(start.elapsed());
            assert_eq!(built(&current, &next), [&*team], "nothing but the changed team is expanded again");
            current = Arc::new(next);
        }
        cells.push(shown(all));
        if cells.len() == 1 {
            cells.push(shown(read));
        }
    }
    cells
}

fn folder(root: &Path, fill: impl Fn(&Path)) -> std::path::PathBuf {
    let config = root.join("config");
    fs::create_dir_all(config.join("teams")).unwrap();
    fs::write(config.join("oncal.toml"), SETTINGS).unwrap();
    fill(&config);
    config
}

/// The teams of `next` that are not those of `current`.
fn built<'n>(current: &Snapshot, next: &'n Snapshot) -> Vec<&'n str> {
    let ids = next.teams().map(|team| team.team().id.as_str());
    ids.filter(|id| !std::ptr::eq(current.team(id).unwrap(), next.team(id).unwrap())).collect()
}

fn median(mut taken: Vec<Duration>) -> Duration {
    taken.sort_unstable();
    taken[taken.len() / 2]
}

fn shown(taken: Vec<Duration>) -> String {
    let (least, most) = (*taken.iter().min().unwrap(), *taken.iter().max().unwrap());
    format!("{} ms ({} to {})", ms(median(taken)), ms(least), ms(most))
}

fn ms(taken: Duration) -> String {
    format!("{:.1}", taken.as_secs_f64() * 1e3)
}

/// What the process holds, and the most that it held; nothing where the system does not tell.
fn memory_of(process: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1_000)
    };
    of("VmRSS:")
        .zip(of("VmHWM:"))
        .map_or_else(String::new, |(now, most)| format!("{now} MB, at most {most} MB"))
}

/// What the process has used so far, in steps of 10 ms; nothing where the system does not tell.
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
