//! The real program as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it: enough for a machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `oncal serve` on the configuration in `folder`, with its state beside it.
pub(crate) fn program(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oncal"));
    command.arg("--config").arg(folder).args(options).arg("serve").current_dir(folder);
    for name in ["ONCAL_CONFIG", "ONCAL_LOG", "RUST_LOG", "ONCAL_SECRET", "ONCAL_SECRET_FILE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The program, serving; killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Running {
    /// Starts `program` and waits until it listens.
    pub(crate) fn start(program: &mut Command) -> Running {
        Running::start_within(PATIENCE, program)
    }

    /// Starts `program` and waits up to `patience` until it listens.
    pub(crate) fn start_within(patience: Duration, program: &mut Command) -> Running {
        let mut child = program.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        let kept = Arc::new(Mutex::new(String::new()));
        let keep = Arc::clone(&kept);
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                keep.lock().unwrap().extend([line.as_str(), "\n"]);
                if let Some(address) = line.contains("listening").then(|| address(&line)).flatten() {
                    let _ = sender.send((line.contains("monitoring"), address));
                }
            }
        });
        let (mut site, mut admin) = (None, None);
        while site.is_none() || admin.is_none() {
            match receiver.recv_timeout(patience) {
                Ok((true, address)) => admin = Some(address),
                Ok((false, address)) => site = Some(address),
                Err(error) => {
                    drop(child.kill());
                    panic!("it does not listen ({error}): {}", kept.lock().unwrap());
                }
            }
        }
        Running { child, address: site.unwrap(), admin: admin.unwrap(), log: kept }
    }

    /// Its memory in MB, without the program itself, of which tests run a large one.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// What it wrote to standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until it has written `text`: what it does may show a moment before the line about it has arrived here.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        let since = Instant::now();
        while !self.log().contains(text) {
            assert!(since.elapsed() < PATIENCE, "it does not log {text:?}: {}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// How it ended, once it has.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it goes on: {}", self.log());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The loopback address that a line of the log names, or at which what listens everywhere is reached.
fn address(line: &str) -> Option<SocketAddr> {
    let line = line.replace("0.0.0.0:", "127.0.0.1:");
    let from = line.find("127.0.0.1:")?;
    let rest = &line[from..];
    let length = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(rest.len());
    rest[..length].parse().ok()
}

/// Head and body of the answer to a GET.
pub(crate) fn get(address: SocketAddr, target: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let split = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..split].to_vec()).unwrap(), answer[split + 4..].to_vec())
}

/// Head and body of the response to a GET; `None` if there is none, since the server may be gone.
pub(crate) fn try_get(address: SocketAddr, target: &str) -> Option<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let split = response.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8(response[..split].to_vec()).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let body = response[split + 4..].to_vec();
    // A server that is killed in the middle of a response sent only part of it.
    length.is_none_or(|length: usize| length == body.len()).then_some((head, body))
}
