//! Random faults while clients read and files are edited: no revision that was served ever falls, every fault shows
//! within fifteen seconds and is cleared within fifteen seconds of its end. `ONCAL_CHAOS_SECONDS=3600` runs it for an
//! hour; another `ONCAL_CHAOS_SEED` gives other faults in another order.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::edited::Edited;
use crate::support::faked_clock::FakedClock;
use crate::support::injection::Injection;
use crate::support::postgres::Postgres;
use crate::support::revisions::Seen;
use crate::support::running::{Running, program, try_get};

/// Within this time a fault shows, and is cleared after its end.
const SHOWN: Duration = Duration::from_secs(15);

/// How long readers and edits pause.
const EVERY: Duration = Duration::from_millis(500);

/// Room for the changes of an hour: each of the edits adds some 40 KB to the log of changes.
const DISK: &str = "size=600m";

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Numbers that are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Something that ends when it is dropped.
type Fault = Box<dyn FnOnce()>;

/// What can go wrong, and the fault that the server is expected to show.
struct Kind<'k> {
    name: &'static str,
    fault: Option<&'static str>,
    begin: Box<dyn Fn(&World<'_>) -> Fault + 'k>,
}

/// A server that comes and goes, and those who use it.
struct World<'w> {
    edited: &'w Edited,
    start: &'w (dyn Fn() -> Running + Sync),
    running: Mutex<Option<Running>>,
    /// Of the site and of monitoring, where a server runs.
    addresses: RwLock<Option<(SocketAddr, SocketAddr)>>,
    edits: AtomicUsize,
    is_over: AtomicBool,
    /// What readers saw and must never see.
    wrong: Mutex<Vec<String>>,
    reads: AtomicUsize,
}

impl World<'_> {
    fn start(&self) {
        let running = (self.start)();
        *self.addresses.write().unwrap() = Some((running.address, running.admin));
        *self.running.lock().unwrap() = Some(running);
    }

    /// Like `kill -9`, or the failure of a machine.
    fn kill(&self) {
        *self.addresses.write().unwrap() = None;
        self.running.lock().unwrap().take();
    }

    fn pid(&self) -> u32 {
        self.running.lock().unwrap().as_ref().unwrap().child.id()
    }

    fn log(&self) -> String {
        self.running.lock().unwrap().as_ref().map_or_else(String::new, Running::log)
    }

    /// One of many clients, each of which remembers what it was given.
    fn read(&self) {
        let (mut seen, mut expected) = (Seen::default(), BTreeSet::new());
        while !self.is_over.load(Ordering::Relaxed) {
            thread::sleep(EVERY / 10);
            let Some((site, _)) = *self.addresses.read().unwrap() else { continue };
            let Some((head, body)) = try_get(site, "/data/team.ics") else { continue };
            if !head.starts_with("HTTP/1.1 200") {
                self.wrong.lock().unwrap().push(head);
                continue;
            }
            self.reads.fetch_add(1, Ordering::Relaxed);
            let feed = String::from_utf8_lossy(&body);
            if let Err(why) = seen.look(&feed) {
                self.wrong.lock().unwrap().push(why);
            }
            let uids = uids(&feed);
            if expected.is_empty() {
                // Those in the middle, which no clock that moves takes out of the window.
                expected = uids[uids.len() / 3..uids.len() * 2 / 3].iter().cloned().collect();
            }
            let uids = uids.into_iter().collect();
            let vanished: Vec<&String> = expected.difference(&uids).collect();
            if !vanished.is_empty() || expected.len() < 10 {
                self.wrong.lock().unwrap().push(format!("of {expected:?} these vanished: {vanished:?}"));
            }
        }
    }

    fn edit(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            // The folder may be away just now.
            let _ = self.edited.try_edit(self.edits.fetch_add(1, Ordering::Relaxed));
            thread::sleep(EVERY);
        }
    }

    /// What `/readyz` answers, if it does.
    fn readiness(&self) -> Option<serde_json::Value> {
        let (_, admin) = (*self.addresses.read().unwrap())?;
        let (_, body) = try_get(admin, "/readyz")?;
        serde_json::from_slice(&body).ok()
    }

    /// The faults that `/readyz` reports; `None` without a response.
    fn faults(&self) -> Option<Vec<String>> {
        let readiness = self.readiness()?;
        let faults = readiness["faults"].as_array()?;
        Some(faults.iter().map(|fault| fault["what"].as_str().unwrap_or_default().to_owned()).collect())
    }

    fn serves(&self, edit: usize) -> bool {
        let Some((site, _)) = *self.addresses.read().unwrap() else { return false };
        try_get(site, "/data/team.ics")
            .is_some_and(|(_, body)| String::from_utf8_lossy(&body).contains(&format!("Edit {edit}.")))
    }

    fn wait(&self, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
        let since = Instant::now();
        while !is_so() {
            if since.elapsed() > SHOWN {
                self.is_over.store(true, Ordering::Relaxed);
                let readiness = self.readiness().unwrap_or_default();
                panic!("{what}: not within {SHOWN:?}: {}\n{}", readiness["faults"], self.log());
            }
            thread::sleep(Duration::from_millis(30));
        }
        since.elapsed()
    }

    /// Faults, one after the other, until the time is over.
    fn trouble(&self, kinds: &[Kind<'_>], random: &mut Random, end: Instant) {
        let (mut longest, mut count) = ([Duration::ZERO; 2], 0);
        // All of them first, however long that takes, then any.
        while count < kinds.len() || Instant::now() < end {
            let kind = if count < kinds.len() { &kinds[count] } else { &kinds[random.below(kinds.len())] };
            count += 1;
            let fault = (kind.begin)(self);
            if let Some(expected) = kind.fault {
                let shown = self.wait(&format!("{} shows", kind.name), || {
                    self.faults().is_some_and(|faults| faults.iter().any(|fault| fault == expected))
                });
                longest[0] = longest[0].max(shown);
            }
            thread::sleep(Duration::from_millis(500 + u64::try_from(random.below(4000)).unwrap()));
            fault();
            let cleared = self.wait(&format!("{} is over", kind.name), || {
                self.faults().is_some_and(|faults| faults.is_empty())
            });
            longest[1] = longest[1].max(cleared);
            let wrong = self.wrong.lock().unwrap().clone();
            if !wrong.is_empty() {
                self.is_over.store(true, Ordering::Relaxed);
                panic!("after {}: {}\n{}", kind.name, wrong.join("\n"), self.log());
            }
        }
        let [shown, cleared] = longest;
        let reads = self.reads.load(Ordering::Relaxed);
        println!(
            "{count} faults, each shown within {shown:.1?} and cleared within {cleared:.1?}; {reads} feeds read"
        );
    }
}

/// The UIDs of a feed, in order.
fn uids(feed: &str) -> Vec<String> {
    let unfolded = feed.replace("\r\n ", "");
    unfolded.lines().filter_map(|line| line.strip_prefix("UID:")).map(str::to_owned).collect()
}

/// Stops the other threads too, however this one ends.
struct Ending<'e>(&'e AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn chaos(edited: &Edited, start: &(dyn Fn() -> Running + Sync), kinds: &[Kind<'_>]) {
    let world = World {
        edited,
        start,
        running: Mutex::new(None),
        addresses: RwLock::new(None),
        edits: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
        wrong: Mutex::default(),
        reads: AtomicUsize::new(0),
    };
    world.start();
    let mut random = Random(number("ONCAL_CHAOS_SEED", 1));
    let end = Instant::now() + Duration::from_secs(number("ONCAL_CHAOS_SECONDS", 120));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| world.read());
        }
        let editor = scope.spawn(|| world.edit());
        let ending = Ending(&world.is_over);
        world.trouble(kinds, &mut random, end);
        drop(ending);
        editor.join().unwrap();
        // Any of those before may have failed while the folder was away.
        let last = world.edits.load(Ordering::Relaxed);
        world.edited.edit(last);
        world.wait("the last edit is served", || world.serves(last));
        world.kill();
        world.start();
        world.wait("the last edit is served again", || world.serves(last));
    });
    assert!(world.reads.load(Ordering::Relaxed) > 100);
    assert_eq!(*world.wrong.lock().unwrap(), Vec::<String>::new());
}

fn killed<'k>() -> Kind<'k> {
    let begin = |world: &World<'_>| -> Fault {
        world.kill();
        world.start();
        Box::new(|| {})
    };
    Kind { name: "kill -9", fault: None, begin: Box::new(begin) }
}

/// Calls of the server that fail in a way of strace.
fn failing(calls: &'static str, how: &'static str) -> impl Fn(&World<'_>) -> Fault {
    move |world| {
        let injection = Injection::new(world.pid(), calls, how);
        Box::new(move || drop(injection))
    }
}

/// What can happen to the machine wherever the journal is.
fn of_the_machine<'k>(clock: &'k FakedClock) -> impl Iterator<Item = Kind<'k>> {
    let moved = |offset: &'static str| {
        move |_: &World<'_>| -> Fault {
            clock.set(offset);
            let clock = clock.clone();
            Box::new(move || clock.set("+0"))
        }
    };
    let config_goes = |world: &World<'_>| -> Fault {
        let (config, away) = (world.edited.config(), world.edited.folder.path().join("config-away"));
        fs::rename(&config, &away).unwrap();
        Box::new(move || fs::rename(away, config).unwrap())
    };
    let kinds = [
        killed(),
        Kind {
            name: "no more threads",
            fault: None,
            begin: Box::new(failing("clone,clone3", "error=EAGAIN")),
        },
        Kind { name: "a clock three days ahead", fault: None, begin: Box::new(moved("+3d")) },
        Kind { name: "a clock nine days behind", fault: None, begin: Box::new(moved("-9d")) },
        Kind {
            name: "a configuration folder that goes",
            fault: Some("configuration"),
            begin: Box::new(config_goes),
        },
    ];
    kinds.into_iter()
}

/// A separate file system, if the tests may mount one.
struct Disk {
    folder: PathBuf,
    is_mounted: bool,
}

impl Disk {
    fn new(folder: &Path) -> Disk {
        fs::create_dir(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(folder);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        Disk { folder: folder.to_owned(), is_mounted }
    }

    /// Fills it, and all space that becomes free on it, until the end.
    fn fill(&self) -> Fault {
        let (is_over, file) = (std::sync::Arc::new(AtomicBool::new(false)), self.folder.join("filler"));
        let (stop, path) = (std::sync::Arc::clone(&is_over), file.clone());
        let filler = thread::spawn(move || {
            let mut filler = fs::File::create(path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                for size in [1 << 20, 4096, 512] {
                    while std::io::Write::write(&mut filler, &vec![1; size]).is_ok() {}
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        Box::new(move || {
            is_over.store(true, Ordering::Relaxed);
            filler.join().unwrap();
            fs::remove_file(file).unwrap();
        })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            drop(Command::new("umount").arg("-l").arg(&self.folder).status());
        }
    }
}

#[test]
#[ignore = "needs strace and faketime, which tests/run.sh installs"]
fn whatever_happens_to_sqlite_no_revision_falls() {
    let edited = Edited::new("");
    let disk = Disk::new(&edited.folder.path().join("disk"));
    let (state, clock) = (disk.folder.join("state"), FakedClock::new(edited.folder.path().join("clock")));
    let start = || {
        let mut command = program(&edited.config(), &["--state", state.to_str().unwrap()]);
        clock.apply(&mut command, false);
        Running::start(&mut command)
    };
    let file = state.join("journal.sqlite");
    let kinds = [
        Kind {
            name: "failing syncs",
            fault: Some("journal"),
            begin: Box::new(failing("fsync,fdatasync", "error=EIO")),
        },
        Kind {
            name: "a full disk",
            fault: Some("journal"),
            begin: Box::new(|world| match disk.is_mounted {
                true => disk.fill(),
                false => failing("pwrite64,ftruncate,fallocate", "error=ENOSPC")(world),
            }),
        },
        Kind {
            name: "a lock that another program holds",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let other = Connection::open(&file).unwrap();
                other.busy_timeout(SHOWN).unwrap();
                other.execute_batch("BEGIN IMMEDIATE").unwrap();
                Box::new(move || drop(other))
            }),
        },
        Kind {
            name: "a state folder that goes",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let away = disk.folder.join("away");
                fs::rename(&state, &away).unwrap();
                Box::new(move || fs::remove_dir_all(away).unwrap())
            }),
        },
    ];
    let kinds: Vec<Kind<'_>> = kinds.into_iter().chain(of_the_machine(&clock)).collect();
    chaos(&edited, &start, &kinds);
}

/// Locks the journals in another session until the end.
fn lock(postgres: &Postgres) -> Child {
    let lock = "BEGIN; LOCK TABLE publication IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)";
    postgres.psql(&[lock]).env("PGAPPNAME", "locker").stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// What PostgreSQL reports to clients when its disk is full.
const FULL: &str = "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                    RAISE EXCEPTION 'could not extend a file' USING ERRCODE = 'disk_full'; END $$";

#[test]
#[ignore = "needs PostgreSQL, strace and faketime, which tests/run.sh installs"]
fn whatever_happens_to_postgresql_no_revision_falls() {
    let postgres = Rc::new(Postgres::start());
    postgres.set(&["fsync = on"]);
    let edited = Edited::new(&format!("journal = \"{}\"\n", postgres.url));
    let (state, clock) = (edited.state(), FakedClock::new(edited.folder.path().join("clock")));
    let start = || {
        let mut command = program(&edited.config(), &["--state", state.to_str().unwrap()]);
        clock.apply(&mut command, false);
        Running::start(&mut command)
    };
    let server = || Rc::clone(&postgres);
    let own = "SET default_transaction_read_only = off";
    let kinds = [
        Kind {
            name: "a server that stopped",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let postgres = server();
                postgres.kill();
                Box::new(move || postgres.restart())
            }),
        },
        Kind {
            name: "a server whose syncs fail",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let pid = postgres.pid().unwrap();
                let injection = Injection::with_children(pid, "fsync,fdatasync", "error=EIO");
                let postgres = server();
                Box::new(move || {
                    drop(injection);
                    postgres.revive();
                })
            }),
        },
        Kind {
            name: "a server that does not answer",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let postgres = server();
                postgres.pause();
                Box::new(move || postgres.go_on())
            }),
        },
        Kind {
            name: "a server that only reads",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let set = "ALTER SYSTEM SET default_transaction_read_only = on";
                postgres.run(&[own, set, "SELECT pg_reload_conf()"]);
                let postgres = server();
                Box::new(move || {
                    let reset = "ALTER SYSTEM RESET default_transaction_read_only";
                    postgres.run(&[own, reset, "SELECT pg_reload_conf()"]);
                })
            }),
        },
        Kind {
            name: "a table that another session locks",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let (mut locker, postgres) = (lock(&postgres), server());
                Box::new(move || {
                    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                               WHERE application_name = 'locker'";
                    postgres.run(&[end]);
                    drop(locker.wait());
                })
            }),
        },
        Kind {
            name: "a full disk",
            fault: Some("journal"),
            begin: Box::new(|_| {
                let on = |table: &str| {
                    format!(
                        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} \
                         FOR EACH ROW EXECUTE FUNCTION full_disk()"
                    )
                };
                postgres.run(&[FULL, &on("publication"), &on("write_check")]);
                let postgres = server();
                Box::new(move || {
                    postgres.run(&["DROP FUNCTION full_disk CASCADE"]);
                })
            }),
        },
    ];
    let kinds: Vec<Kind<'_>> = kinds.into_iter().chain(of_the_machine(&clock)).collect();
    chaos(&edited, &start, &kinds);
}
