//! System calls of a running process that strace makes fail.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Calls fail as long as this lives.
pub(crate) struct Injection {
    strace: Child,
}

impl Injection {
    /// Makes `calls` (such as `fsync,fdatasync`) of every thread of process `pid` fail with `how` (such as `error=EIO`).
    pub(crate) fn new(pid: u32, calls: &str, how: &str) -> Injection {
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:{how}"), "-p", &pid.to_string()]);
        let strace = command.stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while !is_traced(pid) {
            assert!(since.elapsed() < Duration::from_secs(20), "strace does not get hold of {pid}");
            thread::sleep(Duration::from_millis(10));
        }
        Injection { strace }
    }
}

impl Drop for Injection {
    fn drop(&mut self) {
        // Strace detaches from the process when asked to; when killed, it might not.
        let pid = self.strace.id().to_string();
        drop(Command::new("kill").args(["-s", "INT", &pid]).status());
        drop(self.strace.wait());
    }
}

/// Whether every thread of `pid` is traced.
fn is_traced(pid: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.flatten().all(|task| {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|pid| pid.trim() != "0"))
    })
}
