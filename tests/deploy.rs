//! The systemd unit and the Dockerfile of `config/deploy`: what of them can be tried without either.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod running;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use running::{Running, get, program};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn sure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_health_of_a_server_is_asked_on_the_address_for_monitoring() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    sure(Command::new("cp").args(["-r", "config"]).arg(&config));
    let (port, admin) = (free_port(), free_port());
    let settings = format!("bind = \"127.0.0.1:{port}\"\nadmin_bind = \"127.0.0.1:{admin}\"\n");
    fs::write(config.join("oncal.toml"), settings).unwrap();
    let health = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
        command.arg("health").arg("--config").arg(&config).output().unwrap()
    };
    let before = health();
    assert_eq!(before.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&before.stderr).contains(&format!("127.0.0.1:{admin}")));
    let mut running = Running::start(&mut program(&config, &[]));
    assert_eq!(running.admin.port(), admin);
    assert!(get(running.address, "/healthz").0.starts_with("HTTP/1.1 200"));
    let after = health();
    assert_eq!((after.status.code(), &after.stdout[..]), (Some(0), &b"ok\n"[..]));
    running.signal("TERM");
    running.ended();
}

#[test]
fn the_unit_is_one_that_systemd_takes_and_exposes_little() {
    let unit = Path::new("config/deploy/oncal.service");
    let Ok(output) = Command::new("systemd-analyze").args(["security", "--offline=true"]).arg(unit).output()
    else {
        return;
    };
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = told.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_default();
    let level = figure.split(": ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(level.is_some_and(|level| level < 2.0), "{told}{}", String::from_utf8_lossy(&output.stderr));
}
