//! `oncal export`: which files it writes, what is in them, and what happens to earlier ones.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::machine::stdout_of;
use crate::support::postgres::Postgres;
use crate::support::running::{PATIENCE, Running, get, program};
use crate::support::wait::wait;
use oncal::state_dir::StateDir;

const NOW: &str = "2026-06-15T12:00:00Z";
const SETTINGS: &str = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";

/// A configuration, a state folder and a folder to export to.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new(settings: &str) -> Site {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        stdout_of(Command::new("cp").args(["-r", "config"]).arg(site.config()));
        fs::write(site.config().join("oncal.toml"), format!("{SETTINGS}{settings}")).unwrap();
        site
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn web(&self) -> PathBuf {
        self.folder.path().join("web")
    }

    fn team(&self) -> PathBuf {
        self.config().join("teams/data-pipelines.toml")
    }

    fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.team()).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.team(), text.replacen(from, to, 1)).unwrap();
    }

    fn command(&self, now: &str, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.arg("--config").arg(self.config()).arg("--state").arg(self.state());
        command.args(["--now", now, "export"]).arg(self.web()).args(options);
        for name in ["ONCAL_CONFIG", "ONCAL_LOG", "RUST_LOG", "ONCAL_SECRET", "ONCAL_SECRET_FILE"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    fn try_export(&self, now: &str, options: &[&str]) -> Output {
        self.command(now, options).output().unwrap()
    }

    /// What a successful export prints.
    fn export(&self, now: &str, options: &[&str]) -> String {
        let output = self.try_export(now, options);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn serve(&self) -> Running {
        let state = self.state();
        Running::start(&mut program(&self.config(), &["--now", NOW, "--state", state.to_str().unwrap()]))
    }

    /// Every file of the export by its path, except the list.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.web()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if entry.file_name() != ".oncal-export" {
                    let below = path.strip_prefix(self.web()).unwrap().to_str().unwrap().to_owned();
                    // While it is exported to, files come and go.
                    if let Ok(bytes) = fs::read(path) {
                        found.insert(below, bytes);
                    }
                }
            }
        }
        found
    }

    fn paths(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }

    fn has(&self, path: &str) -> bool {
        self.web().join(path).exists()
    }

    /// The paths of secret links, by what `oncal links` calls whom they are for.
    fn links(&self) -> BTreeMap<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.arg("--config").arg(self.config()).arg("--state").arg(self.state()).args(["links", "--json"]);
        let shape: Value = serde_json::from_str(&stdout_of(&mut command)).unwrap();
        let folder = |link: &Value| link.as_str().unwrap().split("/k/").nth(1).unwrap()[..32].to_owned();
        let team = &shape["teams"][0];
        let engineers = team["engineers"].as_array().unwrap().iter();
        let engineers =
            engineers.map(|one| (one["engineer"].as_str().unwrap().to_owned(), folder(&one["link"])));
        let others =
            [("all".to_owned(), folder(&shape["organisation"])), ("team".to_owned(), folder(&team["link"]))];
        engineers.chain(others).collect()
    }
}

/// An export with `--watch`; killed when dropped.
struct Watching(Child);

impl Watching {
    fn start(site: &Site, options: &[&str]) -> Watching {
        let mut command = site.command(NOW, &[&["--watch"], options].concat());
        let watching = Watching(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        wait(PATIENCE, "the first export", || site.has("data-pipelines/secondary.ics") || site.has("k"));
        watching
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

const FEEDS: [&str; 8] = [
    "coverage.ics",
    "engineers/a.ics",
    "engineers/b.ics",
    "engineers/c.ics",
    "engineers/d.ics",
    "primary.ics",
    "secondary.ics",
    "team.ics",
];

/// Each feed of the export, and each download, is what the server sends.
#[track_caller]
fn is_served(site: &Site, running: &Running, prefix: &str) {
    assert_eq!(not_as_served(site, running, prefix), Vec::<String>::new());
}

/// The feeds and downloads of the export that are not what the server sends.
fn not_as_served(site: &Site, running: &Running, prefix: &str) -> Vec<String> {
    let mut others = Vec::new();
    for feed in FEEDS {
        let path = format!("{prefix}data-pipelines/{feed}");
        let download = format!("{}.download.ics", path.strip_suffix(".ics").unwrap());
        for (file, target) in [(path.clone(), format!("/{path}")), (download, format!("/{path}?download=1"))]
        {
            let (head, body) = get(running.address, &target);
            assert!(head.starts_with("HTTP/1.1 200"), "{target}: {head}");
            if !fs::read(site.web().join(&file)).is_ok_and(|bytes| bytes == body) {
                others.push(file);
            }
        }
    }
    others
}

#[test]
fn the_files_have_the_paths_and_the_bytes_of_the_server() {
    let site = Site::new("");
    let printed = site.export(NOW, &["--download"]);
    let mut expected: Vec<String> = FEEDS
        .iter()
        .flat_map(|feed| [(*feed).to_owned(), feed.replace(".ics", ".download.ics")])
        .chain(["index.html".to_owned()])
        .map(|name| format!("data-pipelines/{name}"))
        .collect();
    expected.extend(
        ["api/v1/teams.json", "api/v1/teams/data-pipelines/changes.json", "index.html"].map(str::to_owned),
    );
    expected.push("api/v1/teams/data-pipelines/schedule.json".to_owned());
    expected.sort();
    assert_eq!(site.paths(), expected);
    assert_eq!(printed, format!("21 files in {}: 21 written, 0 deleted\n", site.web().display()));

    let running = site.serve();
    is_served(&site, &running, "");
    drop(running);

    // Something that moves a shift, so that a download has a cancelled event.
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    site.export(NOW, &["--download"]);
    let download =
        String::from_utf8(site.files()["data-pipelines/engineers/d.download.ics"].clone()).unwrap();
    assert!(download.contains("STATUS:CANCELLED"));
    is_served(&site, &site.serve(), "");
}

#[test]
fn only_what_changed_is_written() {
    let site = Site::new("");
    site.export(NOW, &[]);
    let inodes = || -> BTreeMap<String, u64> {
        let inode = |path: &String| fs::metadata(site.web().join(path)).unwrap().ino();
        site.paths().into_iter().map(|path| (path.clone(), inode(&path))).collect()
    };
    let before = inodes();
    assert!(site.export(NOW, &[]).ends_with(": 0 written, 0 deleted\n"));
    assert_eq!(inodes(), before);
    // Later in the same week only the pages say something else: as of when they are.
    let printed = site.export("2026-06-16T12:00:00Z", &[]);
    assert!(printed.ends_with(": 2 written, 0 deleted\n"), "{printed}");
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    site.export("2026-06-16T12:00:00Z", &[]);
    let changed: Vec<String> = inodes()
        .into_iter()
        .filter(|(path, inode)| before.get(path) != Some(inode))
        .map(|(path, _)| path)
        .collect();
    for path in ["data-pipelines/team.ics", "data-pipelines/engineers/a.ics", "data-pipelines/primary.ics"] {
        assert!(changed.contains(&path.to_owned()), "{path}: {changed:?}");
    }
    assert!(!changed.contains(&"api/v1/teams.json".to_owned()), "{changed:?}");
}

#[test]
fn with_secret_links_nothing_is_above_a_key_and_each_key_has_what_is_its_own() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    site.export(NOW, &[]);
    assert!(site.state().join("secret").exists(), "the secret is made");
    let links = site.links();
    assert_eq!(links.len(), 6);
    assert!(site.paths().iter().all(|path| links.values().any(|key| path.starts_with(&format!("k/{key}/")))));
    let below = |who: &str| -> Vec<String> {
        let prefix = format!("k/{}/", links[who]);
        site.paths().iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect()
    };
    let own = ["coverage.ics", "engineers/b.ics", "index.html", "primary.ics", "secondary.ics", "team.ics"];
    assert_eq!(below("b"), own.map(|name| format!("data-pipelines/{name}")));
    let mut of_team: Vec<String> = FEEDS.map(|feed| format!("data-pipelines/{feed}")).to_vec();
    of_team.push("data-pipelines/index.html".to_owned());
    of_team.extend(["changes", "schedule"].map(|name| format!("api/v1/teams/data-pipelines/{name}.json")));
    of_team.sort();
    assert_eq!(below("team"), of_team);
    of_team.extend(["api/v1/teams.json", "index.html"].map(str::to_owned));
    of_team.sort();
    assert_eq!(below("all"), of_team);

    // No file holds the key of another, nor does the list.
    for (path, bytes) in site.files() {
        let text = String::from_utf8(bytes).unwrap();
        let others = links.values().filter(|key| text.contains(*key) && !path.contains(*key));
        assert_eq!(others.count(), 0, "{path}");
    }
    let list = fs::read_to_string(site.web().join(".oncal-export")).unwrap();
    assert!(links.values().all(|key| !list.contains(key)));
    let page =
        fs::read_to_string(site.web().join(format!("k/{}/data-pipelines/index.html", links["b"]))).unwrap();
    let address = format!("https://rota.example.org/k/{}/data-pipelines/engineers/b.ics", links["b"]);
    assert!(page.contains(&address) && !page.contains("engineers/a.ics"), "{page}");

    let running = site.serve();
    for who in ["all", "team", "b"] {
        let path = format!("k/{}/data-pipelines/team.ics", links[who]);
        assert!(get(running.address, &format!("/{path}")).1 == site.files()[&path]);
    }
}

#[test]
fn an_export_deletes_what_is_below_keys_that_are_no_longer_valid() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    site.export(NOW, &[]);
    let before = site.links();
    site.edit("id = \"b\"\n", "id = \"b\"\nlink_generation = 2\n");
    site.edit(
        "\n[[rotation]]\n",
        "\n[[engineer]]\nid = \"z\"\nname = \"Zed\"\nleft = 2026-07-01\n\n[[rotation]]\n",
    );
    site.export(NOW, &[]);
    let after = site.links();
    assert!(!site.has(&format!("k/{}", before["b"])));
    assert!(site.has(&format!("k/{}/data-pipelines/engineers/b.ics", after["b"])));
    for who in ["a", "c", "d", "team", "all"] {
        assert_eq!(before[who], after[who]);
        assert!(site.has(&format!("k/{}/data-pipelines/team.ics", before[who])), "{who}");
    }
    // Only the time decides when the last key ends.
    site.export("2026-06-30T12:00:00Z", &[]);
    assert!(site.has(&format!("k/{}/data-pipelines/engineers/z.ics", after["z"])));
    site.export("2026-07-02T12:00:00Z", &[]);
    assert!(!site.has(&format!("k/{}", after["z"])));
    assert!(site.has(&format!("k/{}/data-pipelines/engineers/z.ics", after["team"])));

    // Every key at once.
    let settings = fs::read_to_string(site.config().join("oncal.toml")).unwrap();
    fs::write(site.config().join("oncal.toml"), format!("{settings}link_generation = 2\n")).unwrap();
    site.export("2026-07-02T12:00:00Z", &[]);
    assert!(before.values().chain(after.values()).all(|key| !site.has(&format!("k/{key}"))));
    assert!(site.has(&format!("k/{}/index.html", site.links()["all"])));
}

#[test]
fn a_broken_file_and_no_journal_keep_no_revoked_link() {
    for (of, revoked) in [
        ("b", &["b"][..]),
        ("team", &["a", "b", "c", "d", "team"]),
        ("all", &["a", "all", "b", "c", "d", "team"]),
    ] {
        let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
        let other = "name = \"Other\"\ntime_zone = \"UTC\"\nholidays = [\"us-federal\"]\n\
                     engineer = [{ id = \"x\", name = \"Xi\" }, { id = \"y\", name = \"Ypsilon\" }]\n\n\
                     [[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [{ primary = \"x\", secondary = \"y\" }]\n";
        fs::write(site.config().join("teams/other.toml"), other).unwrap();
        site.export(NOW, &[]);
        let links = site.links();
        site.edit("time_zone = \"America/New_York\"", "time_zone = \"Nowhere\"");
        let settings = fs::read_to_string(site.config().join("oncal.toml")).unwrap();
        match of {
            "b" => site.edit("id = \"b\"\n", "id = \"b\"\nlink_generation = 2\n"),
            "team" => site.edit("name = ", "link_generation = 2\nname = "),
            _ => {
                let settings = format!("{settings}link_generation = 2\n");
                fs::write(site.config().join("oncal.toml"), settings).unwrap();
            }
        }
        for file in fs::read_dir(site.state()).unwrap().map(|entry| entry.unwrap().path()) {
            if file.file_name().unwrap() != "secret" {
                fs::remove_file(file).unwrap();
            }
        }
        let output = site.try_export(NOW, &[]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains("team `data-pipelines` is not exported"), "{errors}");
        for (who, key) in &links {
            let is_there = site.has(&format!("k/{key}/data-pipelines/team.ics"));
            assert_eq!(is_there, !revoked.contains(&who.as_str()), "{of} raised: {who}");
        }
    }
}

#[test]
fn a_file_that_is_not_toml_keeps_its_links_until_those_of_everybody_are_renewed() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    let plan = fs::read_to_string(site.team()).unwrap();
    fs::write(site.config().join("teams/other.toml"), plan.replace("run_book", "#run_book")).unwrap();
    site.export(NOW, &[]);
    let links = site.links();
    site.edit("name = ", "name == ");
    for file in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
        drop(fs::remove_file(site.state().join(file)));
    }
    let there = || -> Vec<bool> {
        let files = links.values().map(|key| site.has(&format!("k/{key}/data-pipelines/team.ics")));
        files.collect()
    };
    assert_eq!(site.try_export(NOW, &[]).status.code(), Some(1));
    assert_eq!(there(), [true; 6]);
    let settings = site.config().join("oncal.toml");
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + "link_generation = 2\n").unwrap();
    assert_eq!(site.try_export(NOW, &[]).status.code(), Some(1));
    assert_eq!(there(), [false; 6]);
}

#[test]
fn a_team_that_breaks_while_it_is_watched_keeps_its_files_until_it_is_right_again() {
    let site = Site::new("");
    let other = site.config().join("teams/other.toml");
    let plan = fs::read_to_string(site.team()).unwrap();
    fs::write(&other, plan.replace("run_book", "#run_book")).unwrap();
    let _watching = Watching::start(&site, &[]);
    // Nine files of each team, two of its API, and two of all teams.
    let is_whole = || {
        let paths = site.paths();
        paths.len() == 24 && !paths.iter().any(|path| path.ends_with("-part"))
    };
    wait(PATIENCE, "the first export", is_whole);
    let listed = || fs::read_to_string(site.web().join(".oncal-export")).unwrap();
    let (before, list) = (site.files(), listed());
    site.edit("name = ", "name == ");
    let swap = "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]";
    fs::write(&other, plan.replace("run_book", "#run_book").replacen("[[pipeline]]", swap, 1)).unwrap();
    let changes = "api/v1/teams/other/changes.json";
    wait(PATIENCE, "the other team is exported", || {
        let files = site.files();
        ["other/team.ics", changes]
            .iter()
            .all(|path| files.get(*path).is_some_and(|new| *new != before[*path]))
    });
    wait(PATIENCE, "each file is still there", is_whole);
    for (path, bytes) in site.files().iter().filter(|(path, _)| path.starts_with("data-pipelines/")) {
        assert!(path.ends_with(".html") || *bytes == before[path], "{path}");
    }
    wait(PATIENCE, "each file is known as oncal's", || listed() == list);
    fs::write(site.team(), plan.replacen("[[pipeline]]", swap, 1)).unwrap();
    let feed = "data-pipelines/team.ics";
    wait(PATIENCE, "the corrected team is exported", || {
        site.files().get(feed).is_some_and(|new| *new != before[feed])
    });
}

#[test]
fn of_the_only_team_with_a_broken_file_and_no_journal_all_stays_but_revoked_links() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    site.edit("name = ", "name == ");
    let refused = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("toml-syntax") && errors.contains("not exporting: no team could be loaded"),
        "{errors}"
    );
    assert_eq!(site.paths(), [""; 0], "nothing of a first export is written");

    site.edit("name == ", "name = ");
    site.export(NOW, &[]);
    let (links, before) = (site.links(), site.files());
    site.edit("name = ", "name == ");
    let without_journal = || {
        for file in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
            drop(fs::remove_file(site.state().join(file)));
        }
        let output = site.try_export(NOW, &[]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(
            errors.contains("team `data-pipelines` is not exported: its file has errors; its files stay"),
            "{errors}"
        );
    };
    without_journal();
    let feeds = |files: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, Vec<u8>> {
        files.clone().into_iter().filter(|(path, _)| path.ends_with(".ics")).collect()
    };
    assert!(feeds(&site.files()) == feeds(&before), "calendars go on as they were");
    let index = |key: &str| fs::read_to_string(site.web().join(format!("k/{key}/index.html"))).unwrap();
    assert!(index(&links["all"]).contains("data-pipelines: not exported, because its file has errors"));
    let settings = site.config().join("oncal.toml");
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + "link_generation = 2\n").unwrap();
    without_journal();
    let keys =
        |files: Vec<String>| -> Vec<String> { files.iter().map(|path| path[2..34].to_owned()).collect() };
    assert!(keys(site.paths()).iter().all(|key| !links.values().any(|old| old == key)), "{:?}", site.paths());
}

#[test]
fn revoked_links_go_even_if_nothing_can_be_written() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    site.export(NOW, &[]);
    let before = site.links();
    site.edit("id = \"b\"\n", "id = \"b\"\nlink_generation = 2\n");
    // A file that oncal did not write where one is to be written.
    let taken = site.web().join(format!("k/{}/data-pipelines/team.ics", site.links()["b"]));
    fs::create_dir_all(taken.parent().unwrap()).unwrap();
    fs::write(&taken, "mine").unwrap();
    assert_eq!(site.try_export(NOW, &[]).status.code(), Some(1));
    assert!(!site.has(&format!("k/{}", before["b"])), "revoked");
    assert!(site.has(&format!("k/{}/data-pipelines/team.ics", before["a"])));
    assert_eq!(fs::read(&taken).unwrap(), b"mine");
    fs::remove_file(&taken).unwrap();

    // A full disk: no file can become longer than nothing.
    site.edit("id = \"c\"\n", "id = \"c\"\nlink_generation = 2\n");
    let command = site.command(NOW, &[]);
    let mut full = Command::new("strace");
    full.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=ENOSPC"]);
    full.arg(command.get_program()).args(command.get_args());
    let output = full.output().unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(!site.has(&format!("k/{}", before["c"])), "{}", String::from_utf8_lossy(&output.stderr));
    site.export(NOW, &[]);
    assert!(site.has(&format!("k/{}/data-pipelines/team.ics", site.links()["c"])));
}

#[test]
fn root_does_not_export_with_the_state_folder_of_another_user() {
    let site = Site::new("");
    fs::create_dir(site.state()).unwrap();
    // Only root can give a folder away.
    if std::os::unix::fs::chown(site.state(), Some(65_534), None).is_err() {
        return;
    }
    let refused = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("belongs to user `nobody`") && errors.contains("runuser -u nobody -- oncal export"),
        "{errors}"
    );
    assert_eq!(fs::read_dir(site.state()).unwrap().count(), 0);
    assert!(!site.web().exists());
}

#[test]
#[ignore = "needs PostgreSQL, which tests/run.sh installs"]
fn beside_a_server_that_publishes_to_postgresql_it_publishes_nothing() {
    let postgres = Postgres::start();
    let site = Site::new(&format!("journal = \"{}\"\n", postgres.url));
    fs::create_dir(site.state()).unwrap();
    let versions = || {
        let statement = "SELECT team, version, generation FROM publication ORDER BY team";
        stdout_of(&mut postgres.psql(&[statement]))
    };
    let running = site.serve();
    let before = versions();
    // Another folder in its place is locked as soon as the server looks.
    fs::rename(site.state(), site.folder.path().join("away")).unwrap();
    fs::create_dir(site.state()).unwrap();
    wait(PATIENCE, "the lock", || StateDir::new(site.state()).lock().is_err());
    running.signal("STOP");
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    let output = site.try_export(NOW, &[]);
    let after = versions();
    running.signal("CONT");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains("the running server has not published the current files yet"), "{errors}");
    assert_eq!(after, before);
}

#[test]
fn files_of_others_stay_and_a_folder_that_oncal_did_not_write_is_refused() {
    let site = Site::new("");
    fs::create_dir(site.web()).unwrap();
    fs::write(site.web().join("robots.txt"), "mine").unwrap();
    let refused = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors.contains("it has files that oncal did not write"), "{errors}");
    assert_eq!(site.paths(), ["robots.txt"]);
    assert!(!site.state().exists(), "nothing is published either");

    fs::remove_file(site.web().join("robots.txt")).unwrap();
    site.export(NOW, &[]);
    fs::write(site.web().join("robots.txt"), "mine").unwrap();
    // An engineer who comes and goes, and with them a feed.
    let zed = "[[engineer]]\nid = \"z\"\nname = \"Zed\"\n\n";
    site.edit("\n[[rotation]]\n", &format!("\n{zed}[[rotation]]\n"));
    site.export(NOW, &[]);
    assert!(site.has("data-pipelines/engineers/z.ics"));
    site.edit(zed, "");
    let printed = site.export(NOW, &[]);
    assert!(printed.ends_with(" 1 deleted\n"), "{printed}");
    assert!(site.has("robots.txt") && !site.has("data-pipelines/engineers/z.ics"));

    fs::write(site.web().join("other"), "").unwrap();
    fs::rename(site.team(), site.config().join("teams/other.toml")).unwrap();
    let runbooks = site.config().join("runbooks");
    fs::rename(runbooks.join("data-pipelines"), runbooks.join("other")).unwrap();
    let refused = site.try_export(NOW, &[]);
    assert_eq!(refused.status.code(), Some(1), "`other` is a file of somebody else");
    assert!(site.has("data-pipelines/team.ics"));
    fs::remove_file(site.web().join("other")).unwrap();
    site.export(NOW, &[]);
    assert!(site.has("other/team.ics") && !site.has("data-pipelines"), "a team without a file is gone");
}

#[test]
fn the_feeds_of_a_team_with_errors_stay_and_the_others_are_exported() {
    let site = Site::new("");
    let other = site.config().join("teams/other.toml");
    let plan = "name = \"Other\"\ntime_zone = \"UTC\"\nholidays = [\"us-federal\"]\n\
                engineer = [{ id = \"x\", name = \"Xi\" }, { id = \"y\", name = \"Ypsilon\" }]\n\n\
                [[rotation]]\nstarts = 2026-01-02T10:00:00\nweeks = [{ primary = \"x\", secondary = \"y\" }]\n";
    fs::write(&other, plan).unwrap();
    site.export(NOW, &[]);
    let before = site.files();
    fs::write(&other, plan.replace("primary = \"x\"", "primary = \"nobody\"")).unwrap();
    let served_as_it_was = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&served_as_it_was.stderr).into_owned();
    assert_eq!(served_as_it_was.status.code(), Some(1));
    assert!(errors.contains("team `other` is exported as last published"), "{errors}");
    assert!(site.files()["other/team.ics"] == before["other/team.ics"]);

    // Without the journal nothing is known of it.
    fs::remove_dir_all(site.state()).unwrap();
    let output = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("team `other` is not exported"), "{errors}");
    assert!(site.has("other/team.ics") && site.has("other/engineers/x.ics"));
    let index = String::from_utf8(site.files()["index.html"].clone()).unwrap();
    assert!(index.contains("other: not exported, because its file has errors"), "{index}");
    fs::write(&other, plan).unwrap();
    site.export(NOW, &[]);
    fs::remove_file(&other).unwrap();
    site.export(NOW, &[]);
    assert!(!site.has("other"), "what was kept is still known as oncal's");

    fs::write(site.config().join("oncal.toml"), "nonsense = 1\n").unwrap();
    let output = site.try_export(NOW, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not exporting: oncal.toml has errors"));
    assert!(site.has("data-pipelines/team.ics"));
}

#[test]
fn pages_and_the_api_say_as_of_when_they_are_and_nothing_of_now() {
    let site = Site::new("");
    site.export(NOW, &["--download"]);
    let text = |path: &str| String::from_utf8(site.files()[path].clone()).unwrap();
    let (index, team) = (text("index.html"), text("data-pipelines/index.html"));
    assert!(index.contains("As of Mon 15 Jun 2026 12:00 UTC") && index.contains("href=\"data-pipelines/\""));
    assert!(team.contains("As of Mon 15 Jun 2026 08:00 EDT"), "{team}");
    for part in [
        "href=\"team.ics\"",
        "href=\"engineers/a.download.ics\"",
        "webcal://127.0.0.1",
        "Fri 12 Jun 2026 10:00",
    ] {
        assert!(team.contains(part), "{part}: {team}");
    }
    for page in [&index, &team] {
        assert!(!page.to_lowercase().contains("on call now"), "{page}");
    }
    let json = |path: &str| -> Value { serde_json::from_str(&text(path)).unwrap() };
    let teams = json("api/v1/teams.json");
    let listed = &teams["teams"][0];
    assert_eq!(listed["team"], "data-pipelines");
    assert!(listed.get("primary").is_none() && listed.get("to_agree").is_none(), "{listed}");
    let schedule = json("api/v1/teams/data-pipelines/schedule.json");
    assert!(schedule["shifts"].as_array().unwrap().len() > 100);
    assert_eq!(json("api/v1/teams/data-pipelines/changes.json")["changes"], Value::Array(vec![]));
    let later = "2026-06-18T12:00:00Z";
    let before = site.files();
    site.export(later, &["--download"]);
    for (path, bytes) in site.files() {
        assert!(path.ends_with(".html") || bytes == before[&path], "{path} depends on the time");
    }
}

/// What the journal has of each team.
fn publications(site: &Site) -> Vec<(String, i64, i64)> {
    let journal = rusqlite::Connection::open(site.state().join("journal.sqlite")).unwrap();
    let mut statement =
        journal.prepare("SELECT team, version, generation FROM publication ORDER BY team").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn beside_a_running_server_it_reads_the_journal_and_publishes_nothing() {
    let site = Site::new("");
    let running = site.serve();
    let before = publications(&site);
    site.export(NOW, &["--download"]);
    assert_eq!(publications(&site), before);
    is_served(&site, &running, "");

    // It waits for what the server is about to publish.
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    site.export(NOW, &["--download"]);
    let after = publications(&site);
    assert_eq!(after[0].1, before[0].1 + 1, "the server's one publication");
    is_served(&site, &running, "");
    assert!(!running.log().contains("journal"), "{}", running.log());
}

#[test]
fn what_changes_is_exported_as_it_changes() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    let _watching = Watching::start(&site, &[]);
    let links = site.links();
    let feed = format!("k/{}/data-pipelines/primary.ics", links["team"]);
    wait(PATIENCE, "the first export", || site.has(&feed));
    let refused = program(&site.config(), &["--state", site.state().to_str().unwrap()]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("uses it"),
        "it has the lock of the state folder"
    );
    let before = fs::read(site.web().join(&feed)).unwrap();
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    wait(PATIENCE, "the exported swap", || {
        fs::read(site.web().join(&feed)).is_ok_and(|bytes| bytes != before)
    });
    site.edit("id = \"b\"\n", "id = \"b\"\nlink_generation = 2\n");
    wait(PATIENCE, "the end of the revoked link", || !site.has(&format!("k/{}", links["b"])));
}

#[test]
fn beside_a_server_what_it_publishes_is_exported_as_it_changes() {
    let site = Site::new("");
    let running = site.serve();
    let _watching = Watching::start(&site, &["--download"]);
    wait(PATIENCE, "the first export", || not_as_served(&site, &running, "").is_empty());
    let before = fs::read(site.web().join("data-pipelines/primary.ics")).unwrap();
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    wait(PATIENCE, "the exported swap", || {
        let now = fs::read(site.web().join("data-pipelines/primary.ics")).unwrap();
        now != before && not_as_served(&site, &running, "").is_empty()
    });
}

#[test]
fn a_killed_export_leaves_whole_files_that_the_next_one_knows() {
    let site = Site::new("access = \"links\"\npublic_url = \"https://rota.example.org\"\n");
    site.export(NOW, &["--download"]);
    let whole = site.files();
    fs::remove_dir_all(site.web()).unwrap();
    for delay in [5, 40, 80, 120, 160, 200, 300] {
        let mut child =
            site.command(NOW, &["--download"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(delay));
        drop(child.kill());
        child.wait().unwrap();
        if site.web().exists() {
            let files = site.files().into_iter().filter(|(path, _)| !path.ends_with(".oncal-export-part"));
            for (path, bytes) in files {
                assert!(whole[&path] == bytes, "{path} after {delay} ms");
            }
        }
    }
    site.export(NOW, &["--download"]);
    assert!(site.files() == whole);
}

#[test]
fn what_a_running_server_does_not_publish_is_exported_and_not_published() {
    let site = Site::new("");
    let running = site.serve();
    site.export(NOW, &[]);
    let before = publications(&site);
    running.signal("STOP");
    site.edit(
        "[[pipeline]]",
        "[[swap]]\nweek = 2026-07-03\nprimary = \"c\"\nsecondary = \"a\"\n\n[[pipeline]]",
    );
    let output = site.try_export(NOW, &[]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    running.signal("CONT");
    assert!(output.status.success(), "{errors}");
    assert!(errors.contains("the running server has not published the current files yet"), "{errors}");
    let feed = String::from_utf8(site.files()["data-pipelines/primary.ics"].clone()).unwrap();
    let swapped = feed.split("BEGIN:VEVENT").find(|event| event.contains("primary.20260703T140000Z"));
    let swapped = swapped.unwrap();
    assert!(swapped.contains("Data Engineer A") && swapped.contains("SEQUENCE:1"), "{swapped}");
    // Only the server publishes, once it can.
    wait(PATIENCE, "the publication", || publications(&site) != before);
    assert_eq!(publications(&site)[0].1, before[0].1 + 1);
}
