//! The systemd unit and the Dockerfile of `config/deploy`, as far as they can be tested without systemd or Docker.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::machine::{free_port, stdout_of};
use crate::support::running::{PATIENCE, Running, get, program};
use oncal::access::Secret;
use tempfile::TempDir;

#[test]
fn the_health_of_a_server_is_requested_at_the_address_for_monitoring() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
    let (port, admin) = (free_port(), free_port());
    let settings = format!("bind = \"127.0.0.1:{port}\"\nadmin_bind = \"127.0.0.1:{admin}\"\n");
    fs::write(config.join("oncal.toml"), settings).unwrap();
    let health = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.current_dir(&config).arg("health").arg("--config").arg(&config).output().unwrap()
    };
    let as_json = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        let output = command.args(["health", "--json", "--config"]).arg(&config).output().unwrap();
        (output.status.code(), serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap())
    };
    let before = health();
    assert_eq!(before.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&before.stderr).contains(&format!("127.0.0.1:{admin}")));
    let mut running = Running::start(&mut program(&config, &[]));
    assert_eq!(running.admin.port(), admin);
    assert!(get(running.address, "/healthz").0.starts_with("HTTP/1.1 200"));
    let after = health();
    assert_eq!((after.status.code(), &after.stdout[..]), (Some(0), &b"ok\n"[..]));
    let address = format!("127.0.0.1:{admin}");
    let healthy = serde_json::json!({ "address": address, "healthy": true, "problem": null });
    assert_eq!(as_json(), (Some(0), healthy));
    running.signal("TERM");
    running.ended();
}

#[test]
fn a_bad_edit_does_not_make_a_server_unhealthy() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let state = folder.path().join("state");
    stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
    let free = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n";
    fs::write(config.join("oncal.toml"), free).unwrap();
    let health = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.arg("health").arg("--config").arg(&config).arg("--state").arg(&state);
        command.output().unwrap().status.code()
    };
    let start = || Running::start(&mut program(&config, &["--state", state.to_str().unwrap()]));
    let mut running = start();
    assert_eq!(health(), Some(0), "on whatever port it has");
    for edit in ["admin_bind = \"127.0.0.1:9\"", "nonsense", "admin_bind = 1"] {
        fs::write(config.join("oncal.toml"), edit).unwrap();
        assert_eq!(health(), Some(0), "{edit}");
    }
    fs::rename(&config, folder.path().join("away")).unwrap();
    assert_eq!(health(), Some(0), "with its folder moved away");
    running.child.kill().unwrap();
    running.ended();
    assert_eq!(health(), Some(1), "killed");

    // The address file of a server that was killed is only a hint.
    fs::rename(folder.path().join("away"), &config).unwrap();
    fs::write(config.join("oncal.toml"), free).unwrap();
    let mut running = start();
    fs::write(state.join("admin-address"), "127.0.0.1:9\n").unwrap();
    fs::write(config.join("oncal.toml"), format!("admin_bind = \"{}\"\n", running.admin)).unwrap();
    assert_eq!(health(), Some(0), "by the configuration");
    running.signal("TERM");
    running.ended();
    assert_eq!(health(), Some(1));
}

/// The unit of the example, for the tested program.
fn unit(folder: &Path) -> PathBuf {
    let text = fs::read_to_string("config/deploy/oncal.service").unwrap();
    let (before, program) = ("ExecStart=/usr/local/bin/oncal ", env!("CARGO_BIN_EXE_oncal"));
    assert!(text.contains(before));
    let unit = folder.join("oncal.service");
    fs::write(&unit, text.replace(before, &format!("ExecStart={program} "))).unwrap();
    unit
}

#[test]
#[ignore = "needs systemd-analyze; tests/run.sh installs it"]
fn systemd_accepts_the_unit_and_it_exposes_little() {
    let folder = tempfile::tempdir().unwrap();
    let unit = unit(folder.path());
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let stderr = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !stderr.contains("oncal"), "{stderr}");

    let printed = stdout_of(Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(&unit));
    let figure = printed.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_default();
    let level = figure.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(level.is_some_and(|level| level < 2.0), "{printed}");
}

#[test]
fn a_service_manager_learns_that_the_server_is_ready_and_that_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
    fs::write(config.join("oncal.toml"), "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n").unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let received = || {
        let mut message = [0; 100];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length]).trim().to_owned()
    };
    let mut running = Running::start(program(&config, &[]).env("NOTIFY_SOCKET", &path));
    assert_eq!(received(), "READY=1");
    assert!(fs::read_to_string("config/deploy/oncal.service").unwrap().contains("\nType=notify\n"));
    running.signal("TERM");
    assert_eq!(received(), "STOPPING=1");
    running.ended();
}

/// What `LoadCredential=` of systemd gives: a folder that only the service can read, with a file whose access list
/// shows as permissions of its group.
#[test]
fn the_unit_can_give_the_secret_of_the_links_as_a_credential() {
    let unit = fs::read_to_string("config/deploy/oncal.service").unwrap();
    let line = |start: &str| unit.lines().find_map(|line| line.strip_prefix(start)).unwrap().to_owned();
    let name = line("#LoadCredential=").split(':').next().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let [config, state, credentials] =
        ["config", "state", "credentials"].map(|below| folder.path().join(below));
    stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
    let settings = "access = \"links\"\nbind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\n\
                    public_url = \"https://rota.example\"\n";
    fs::write(config.join("oncal.toml"), settings).unwrap();
    let secret = "0123456789abcdef0123456789abcdef";
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join(&name), secret).unwrap();
    fs::set_permissions(credentials.join(&name), fs::Permissions::from_mode(0o440)).unwrap();
    let file = line("#Environment=ONCAL_SECRET_FILE=").replace("%d", credentials.to_str().unwrap());
    let mut command = program(&config, &["--state", state.to_str().unwrap()]);
    command.env("CREDENTIALS_DIRECTORY", &credentials).env("ONCAL_SECRET_FILE", file);
    let mut running = Running::start(&mut command);
    let key = Secret::of(secret.as_bytes()).organisation(1);
    let (head, _) = get(running.address, &format!("/k/{}/", key.text()));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    running.signal("TERM");
    running.ended();
    assert!(!running.log().contains("\"WARN\""), "{}", running.log());
    assert!(!state.join("secret").exists(), "none is made beside the one that is given");
}

/// The system calls that `name` means, which is a call or an @group of calls.
fn calls(name: &str) -> BTreeSet<String> {
    if !name.starts_with('@') {
        return BTreeSet::from([name.to_owned()]);
    }
    let printed = stdout_of(Command::new("systemd-analyze").args(["syscall-filter", name]));
    let lines = printed.lines().skip(1).map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).flat_map(calls).collect()
}

#[test]
#[ignore = "needs strace and systemd-analyze; tests/run.sh installs them"]
fn the_unit_allows_every_system_call_that_oncal_makes() {
    let mut allowed = calls("@default");
    for line in fs::read_to_string("config/deploy/oncal.service").unwrap().lines() {
        let Some(filter) = line.strip_prefix("SystemCallFilter=") else { continue };
        let named: BTreeSet<String> =
            filter.trim_start_matches('~').split_whitespace().flat_map(calls).collect();
        if filter.starts_with('~') {
            allowed.retain(|call| !named.contains(call));
        } else {
            allowed.extend(named);
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let (config, trace) = (folder.path().join("config"), folder.path().join("trace"));
    stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
    let settings = "bind = \"127.0.0.1:0\"\nadmin_bind = \"127.0.0.1:0\"\naccess = \"links\"\n";
    fs::write(config.join("oncal.toml"), settings).unwrap();
    // -D: strace is the grandchild, so that signals reach oncal.
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq", "-o"]).arg(&trace).arg(env!("CARGO_BIN_EXE_oncal"));
    command.arg("--config").arg(&config).arg("--state").arg(folder.path().join("state")).arg("serve");
    let mut running = Running::start(command.stderr(Stdio::piped()));
    assert!(get(running.admin, "/metrics").0.starts_with("HTTP/1.1 200"));
    assert!(get(running.address, "/data-pipelines/").0.starts_with("HTTP/1.1 404"));
    let team = config.join("teams/data-pipelines.toml");
    let text = fs::read_to_string(&team).unwrap();
    fs::write(&team, text.replace("Data Engineer A", "Data Engineer Z")).unwrap();
    running.wait_for_log("configuration in service");
    running.signal("HUP");
    running.wait_for_log("reloading the configuration");
    running.signal("TERM");
    running.ended();

    let trace = fs::read_to_string(&trace).unwrap();
    let made: BTreeSet<&str> = trace
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('(').map(|(call, _)| call))
        .filter(|call| call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    assert!(
        ["inotify_add_watch", "fsync", "accept4", "getrandom"].iter().all(|call| made.contains(call)),
        "{made:?}"
    );
    // SQLite gives files to their folder's owner, but only if it runs as root.
    let denied: Vec<_> = made.iter().filter(|call| **call != "fchown" && !allowed.contains(**call)).collect();
    assert!(denied.is_empty(), "{denied:?}");
}

/// The user that the Dockerfile runs oncal as.
const USER: &str = "65532";

/// An image like the one of the Dockerfile: the program, the libraries it is linked with, and `/state`, the only folder
/// that it may write to.
struct Image {
    folder: TempDir,
}

impl Drop for Image {
    fn drop(&mut self) {
        drop(self.mode("u+w"));
    }
}

impl Image {
    fn new(settings: &str) -> Image {
        let image = Image { folder: tempfile::tempdir().unwrap() };
        let program = env!("CARGO_BIN_EXE_oncal");
        let linked = stdout_of(Command::new("ldd").arg(program));
        let linked = linked.split_whitespace().filter(|word| word.starts_with('/'));
        for (from, to) in linked.map(|path| (path, path)).chain([(program, "/oncal")]) {
            let to = image.folder.path().join(to.trim_start_matches('/'));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
        let (config, state) = (image.folder.path().join("config"), image.folder.path().join("state"));
        stdout_of(Command::new("cp").args(["-r", "config"]).arg(&config));
        fs::write(config.join("oncal.toml"), settings).unwrap();
        fs::create_dir(&state).unwrap();
        stdout_of(&mut image.mode("a=rX"));
        stdout_of(Command::new("chmod").arg("700").arg(&state));
        if is_root() {
            stdout_of(Command::new("chown").arg(format!("{USER}:{USER}")).arg(&state));
        }
        image
    }

    fn mode(&self, mode: &str) -> Command {
        let mut command = Command::new("chmod");
        command.args(["-R", mode]).arg(self.folder.path());
        command
    }

    /// `oncal arguments` in it, as its first process if the system allows a namespace of processes.
    fn command(&self, arguments: &[&str]) -> Command {
        let root = self.folder.path().display();
        let ways = if is_root() {
            [
                format!("unshare --pid --fork --kill-child --root={root} --setgid={USER} --setuid={USER}"),
                format!("chroot --userspec={USER}:{USER} {root}"),
            ]
        } else {
            let unshare = format!("unshare --user --map-user={USER} --map-group={USER} --root={root}");
            [format!("{unshare} --pid --fork --kill-child"), unshare]
        };
        let within = |way: &String, arguments: &[&str]| {
            let mut words = way.split(' ');
            let mut command = Command::new(words.next().unwrap());
            command.args(words).arg("/oncal").args(arguments).current_dir("/").env_clear();
            command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
            command.env("ONCAL_CONFIG", "/config").env("ONCAL_STATE", "/state");
            command
        };
        let works =
            |way: &&String| within(way, &["--version"]).output().is_ok_and(|tried| tried.status.success());
        let way = ways.iter().find(works).unwrap_or_else(|| panic!("no way into {root} of {ways:?}"));
        within(way, arguments)
    }

    /// Everything in it except the state, and when it changed.
    fn listed(&self) -> String {
        let mut command = Command::new("find");
        command.arg(self.folder.path()).args([
            "-path",
            "*/state/*",
            "-prune",
            "-o",
            "-printf",
            "%P %m %T@ %C@\n",
        ]);
        stdout_of(&mut command)
            .lines()
            .filter(|line| !line.starts_with("state "))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn is_root() -> bool {
    stdout_of(Command::new("id").arg("-u")).trim() == "0"
}

#[test]
#[ignore = "needs Linux, and to be root or to be let make namespaces"]
fn an_empty_image_has_everything_that_oncal_needs() {
    let (port, admin) = (free_port(), free_port());
    let image = Image::new(&format!(
        "bind = \"0.0.0.0:{port}\"\nadmin_bind = \"0.0.0.0:{admin}\"\naccess = \"links\"\n\
         public_url = \"https://rota.example.org\"\n"
    ));
    let before = image.listed();
    assert_eq!(image.command(&["health"]).output().unwrap().status.code(), Some(1));
    let mut running = Running::start(image.command(&["serve"]).stderr(Stdio::piped()));
    assert_eq!(stdout_of(&mut image.command(&["health"])), "ok\n");
    let links = stdout_of(&mut image.command(&["links", "--json"]));
    let mut paths = links.split('"').filter_map(|word| word.strip_prefix("https://rota.example.org/k/"));
    let page = paths.find(|path| path.ends_with("/data-pipelines/")).unwrap();
    let (head, body) = get(running.address, &format!("/k/{page}team.ics"));
    assert!(head.starts_with("HTTP/1.1 200") && body.starts_with(b"BEGIN:VCALENDAR"), "{head}");
    for made in ["secret", "journal.sqlite"] {
        assert!(image.folder.path().join("state").join(made).exists(), "{made}");
    }

    // The first process of a container gets only the signals that it handles.
    let id = running.child.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let process = children.split_whitespace().next().map_or_else(|| id.to_string(), str::to_owned);
    let since = Instant::now();
    stdout_of(Command::new("kill").args(["-s", "TERM", &process]));
    assert!(running.ended().success(), "{}", running.log());
    // After ten seconds Docker would kill it.
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
    assert_eq!(image.listed(), before);
}

/// The instructions of the Dockerfile, with what follows each.
fn instructions() -> Vec<(String, String)> {
    let text = fs::read_to_string("config/deploy/Dockerfile").unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

/// The words of `["a", "b"]`.
fn words(list: &str) -> Vec<&str> {
    list.split('"').skip(1).step_by(2).collect()
}

#[test]
fn the_dockerfile_names_existing_files() {
    let instructions = instructions();
    let all = |name: &str| -> Vec<&str> {
        instructions.iter().filter(|(named, _)| named == name).map(|(_, rest)| rest.as_str()).collect()
    };
    let [build, image] = all("FROM")[..] else { panic!("{instructions:?}") };
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    let package = &manifest["package"];
    let (base, digest) = build.split_once("@sha256:").expect("a digest");
    let version = format!("rust:{}.", package["rust-version"].as_str().unwrap());
    assert!(base.starts_with(&version) && base.contains("-alpine"), "{base}");
    let digest = digest.strip_suffix(" AS build").unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    assert_eq!(image, "scratch");

    // The program, whose lock file is up to date, and the folder that its user may write to.
    let name = package["name"].as_str().unwrap();
    let copied = format!("--from=build {}/target/dist/{name} /oncal", all("WORKDIR")[0]);
    let user = format!("{USER}:{USER}");
    let state = format!("--from=build --chown={user} --chmod=0700 /state /state");
    assert_eq!(all("COPY"), [". .", &copied, &state]);
    assert_eq!((all("USER"), all("VOLUME")), (vec![user.as_str()], vec!["/state"]));
    assert!(all("RUN").contains(&"cargo build --profile dist --locked && mkdir /state"));
    stdout_of(Command::new(env!("CARGO")).args(["tree", "--locked", "--offline", "--quiet", "--depth", "0"]));

    let help = stdout_of(Command::new(env!("CARGO_BIN_EXE_oncal")).args(["serve", "--help"]));
    for (variable, folder) in all("ENV")[0].split(' ').map(|set| set.split_once('=').unwrap()) {
        assert!(help.contains(&format!("[env: {variable}=")), "{variable}: {help}");
        assert!(["/config", "/state"].contains(&folder), "{folder}");
    }
    let check = words(all("HEALTHCHECK")[0].split_once(" CMD ").unwrap().1);
    let (entry, command) = (words(all("ENTRYPOINT")[0]), words(all("CMD")[0]));
    assert_eq!((check[0], &entry[..]), ("/oncal", &["/oncal"][..]));
    for arguments in [&check[1..], &command[..]] {
        stdout_of(Command::new(env!("CARGO_BIN_EXE_oncal")).args(arguments).arg("--help"));
    }

    let bind = format!("\"0.0.0.0:{}\"", all("EXPOSE")[0]);
    assert!(fs::read_to_string("config/deploy/Dockerfile").unwrap().contains(&bind));
    assert!(fs::read_to_string("config/oncal.toml").unwrap().contains(&format!(":{}\"", all("EXPOSE")[0])));
}

#[test]
fn the_image_is_built_only_from_tracked_files() {
    let read = |path: &str| fs::read_to_string(path).unwrap();
    let ignored = read("config/deploy/Dockerfile.dockerignore");
    let ignored: BTreeSet<&str> =
        ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let kept_nowhere = read(".gitignore");
    let kept_nowhere = kept_nowhere.lines().filter_map(|line| line.strip_prefix('/'));
    let folders = kept_nowhere.map(|line| line.trim_end_matches('/'));
    assert_eq!(ignored, folders.chain([".git"]).collect());
}
