//! System calls of a running process that strace makes fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::running::PATIENCE;

/// Calls fail as long as this lives.
pub(crate) struct Injection {
    strace: Child,
}

impl Injection {
    /// Makes `calls` (such as `fsync,fdatasync`) of every thread of process `pid` fail with `how` (such as
    /// `error=EIO`).
    pub(crate) fn new(pid: u32, calls: &str, how: &str) -> Injection {
        Injection::of_processes(&[pid], calls, how)
    }

    /// The same for process `pid` and its children, also those that it starts from now on.
    pub(crate) fn with_children(pid: u32, calls: &str, how: &str) -> Injection {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
        Injection::of_processes(&[pid].into_iter().chain(children).collect::<Vec<_>>(), calls, how)
    }

    fn of_processes(pids: &[u32], calls: &str, how: &str) -> Injection {
        let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
        let to: Vec<&str> = ["-f"].into_iter().chain(pids.iter().flat_map(|pid| ["-p", pid])).collect();
        Injection::attached(&to, calls, how, || {
            // One of several may end meanwhile.
            let tasks = pids.iter().filter_map(|pid| fs::read_dir(format!("/proc/{pid}/task")).ok());
            tasks.flatten().flatten().all(|task| is_traced(&task.path()))
        })
    }

    /// The same for the one thread of process `pid` that is called `name`.
    pub(crate) fn of_thread(pid: u32, name: &str, calls: &str, how: &str) -> Injection {
        let mut tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|task| task.unwrap().path());
        let has_name =
            |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|own| own.trim() == name);
        let task = tasks.find(has_name).unwrap();
        let thread = task.file_name().unwrap().to_str().unwrap();
        Injection::attached(&["-p", thread], calls, how, || is_traced(&task))
    }

    fn attached(to: &[&str], calls: &str, how: &str, is_attached: impl Fn() -> bool) -> Injection {
        let mut command = Command::new("strace");
        command.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:{how}")]).args(to);
        let strace = command.stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while !is_attached() {
            assert!(since.elapsed() < PATIENCE, "strace does not get hold of {to:?}");
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

/// Whether the thread at `task` in `/proc` is traced.
fn is_traced(task: &Path) -> bool {
    let status = fs::read_to_string(task.join("status")).unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("TracerPid:").is_some_and(|pid| pid.trim() != "0"))
}
