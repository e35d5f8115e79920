//! `oncal health`: whether the server on this machine answers, for container runtimes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use super::args::{self, Common};
use super::output::{Exit, Output};
use super::plan;
use crate::config::reached_at;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the server reports, for programs.
#[derive(Serialize)]
struct Health {
    /// The address that was tried.
    address: SocketAddr,
    healthy: bool,
    /// Why it is not healthy.
    problem: Option<String>,
}

pub(super) fn run(common: &Common, args: &args::Health, output: &mut Output) -> anyhow::Result<Exit> {
    // A server that was killed leaves its address behind; then the configuration decides.
    let noted = plan::state(common).admin_address().map(reached_at);
    let found = noted.and_then(|address| Some((address, connected(address).ok()?)));
    let (address, found) = match found {
        Some((address, stream)) => (address, look(address, Ok(stream))),
        None => {
            let address = reached_at(plan::load_files(common)?.settings.admin_bind);
            (address, look(address, connected(address)))
        }
    };
    if args.format.json {
        let problem = found.as_ref().err().map(|error| format!("{error:#}"));
        output.json(&Health { address, healthy: problem.is_none(), problem })?;
        return Ok(if found.is_ok() { Exit::Fine } else { Exit::Failed });
    }
    found?;
    output.data("ok\n")?;
    Ok(Exit::Fine)
}

fn look(address: SocketAddr, connected: std::io::Result<TcpStream>) -> anyhow::Result<()> {
    let answer = connected.and_then(request);
    let answer = answer.with_context(|| format!("failed to reach the server at {address}"))?;
    let status = answer.lines().next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 200 ") {
        anyhow::bail!("the server at {address} answers: {status}");
    }
    Ok(())
}

fn connected(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect_timeout(&address, PATIENCE)
}

fn request(mut stream: TcpStream) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer)
}
