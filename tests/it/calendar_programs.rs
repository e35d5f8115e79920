//! Calendars that real servers serve, nginx as a file and Radicale (CalDAV) as a collection, to a running oncal.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant as Moment};

use crate::support::calendar_server::calendar;
use crate::support::fetching::{Serving, folder, team};
use crate::support::machine::free_port;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use oncal::journal::Location;
use tempfile::TempDir;

const NOW: &str = "2026-02-10T12:00:00Z";

const HOUR: i64 = 67;

/// A server of calendars; killed when dropped.
struct Program {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Program {
    fn start(start: impl FnOnce(&Path, u16) -> Command) -> Program {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut command = start(folder.path(), port);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let program = Program { child: command.spawn().unwrap(), folder, port };
        let since = Moment::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(program.folder.path().join("log")).unwrap();
            assert!(since.elapsed() < Duration::from_secs(60), "{log}");
            thread::sleep(Duration::from_millis(50));
        }
        program
    }

    /// nginx, which serves files.
    fn nginx() -> Program {
        Program::start(|folder, port| {
            fs::create_dir(folder.join("files")).unwrap();
            let at = |name: &str| folder.join(name).display().to_string();
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|kind| format!("{kind}_temp_path {};\n", at(kind)))
                .concat();
            let text = format!(
                "daemon off;\nmaster_process off;\npid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
                 types {{ text/calendar ics; }}\ngzip on;\ngzip_types text/calendar;\ngzip_min_length 1;\n{temporary}\
                 server {{ listen 127.0.0.1:{port}; root {}; }}\n}}\n",
                at("pid"),
                at("files"),
            );
            fs::write(folder.join("nginx.conf"), text).unwrap();
            let mut command = Command::new("nginx");
            command.arg("-e").arg("stderr").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf"));
            command
        })
    }

    /// Radicale, which serves collections to anybody with a user name.
    fn radicale() -> Program {
        Program::start(|folder, port| {
            let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.tools/venv/bin/python");
            let mut command = Command::new(python);
            command.args(["-m", "radicale", "--config", "", "--auth-type", "none", "--server-hosts"]);
            command
                .arg(format!("127.0.0.1:{port}"))
                .arg("--storage-filesystem-folder")
                .arg(folder.join("storage"));
            command
        })
    }

    /// Replaces the file that nginx serves.
    fn write(&self, calendar: &str) {
        let file = self.folder.path().join("files/bob.ics");
        fs::write(file.with_extension("new"), calendar).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
    }

    /// Replaces the collection that Radicale serves.
    fn put(&self, calendar: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (credentials, length) = (BASE64_STANDARD.encode("ann:secret-password"), calendar.len());
        let head = format!(
            "PUT /ann/leave/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Basic {credentials}\r\n\
             Content-Type: text/calendar\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(calendar.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.lines().next().unwrap().contains(" 201 "), "{answer}");
    }
}

#[test]
#[ignore = "needs nginx and Radicale, which tests/run.sh installs"]
fn nginx_and_radicale_serve_calendars_to_a_running_server() {
    let (nginx, radicale) = (Program::nginx(), Program::radicale());
    radicale.put(&calendar(&[("1", "2026-03-10", "2026-03-11"), ("2", "2026-04-21", "2026-04-21")]));
    nginx.write(&calendar(&[("1", "2026-03-17", "2026-03-18")]));
    let of_ann = format!("http://ann:secret-password@127.0.0.1:{}/ann/leave/", radicale.port);
    let of_bob = format!("http://127.0.0.1:{}/bob.ics", nginx.port);
    let folder = folder(&of_ann);
    let both = team(&format!("time_off_calendar = \"{of_ann}\""))
        .replace("name = \"Bob\"", &format!("name = \"Bob\"\ntime_off_calendar = \"{of_bob}\""));
    fs::write(folder.path().join("teams/data.toml"), both).unwrap();
    let state = || Location::folder(folder.path().join("state"));
    let server = Serving::start(folder.path(), state(), NOW);
    let is_bob_away =
        |server: &Serving, date: &str| server.feed("coverage.ics").contains(&format!("time-off.b.{date}"));
    assert!(server.is_away("20260310") && server.is_away("20260421"), "{:?}", server.codes());
    assert!(is_bob_away(&server, "20260317"));

    radicale.put(&calendar(&[("1", "2026-03-30", "2026-03-31"), ("2", "2026-04-21", "2026-04-21")]));
    // nginx distinguishes versions of a file by second and size.
    nginx.write(&calendar(&[("changed", "2026-04-07", "2026-04-08")]));
    server.pass(HOUR);
    server.until("Radicale's change", |server| server.is_away("20260330") && !server.is_away("20260310"));
    server.until("nginx's change", |server| {
        is_bob_away(server, "20260407") && !is_bob_away(server, "20260317")
    });
    assert!(server.is_away("20260421"));

    let before = server.feeds();
    server.stop();
    drop((nginx, radicale));
    let server = Serving::start(folder.path(), state(), "2026-02-10T15:00:00Z");
    assert_eq!(server.feeds(), before, "with the servers stopped, and oncal restarted");
    assert!(server.codes().is_empty(), "{:?}", server.codes());
}
