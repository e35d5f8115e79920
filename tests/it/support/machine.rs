//! Free ports, and commands that must succeed.

use std::fs;
use std::net::TcpListener;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU16, Ordering};

/// The lowest port that is given out.
const FIRST: u16 = 10_000;

/// A port that is free and that nobody gets by chance before the caller uses it: it is below those that the system
/// assigns by itself, and other tests begin at other numbers.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let end: u16 = range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(32_768);
    let count = u32::from(end.saturating_sub(FIRST).max(1000));
    // Each process has a few numbers of its own.
    let port = || {
        let number = process::id() * 16 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        FIRST + u16::try_from(number % count).unwrap()
    };
    (0..count).map(|_| port()).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// The standard output of `command`, which must succeed.
pub(crate) fn stdout_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
