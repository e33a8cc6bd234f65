//! What the kernel counts for a process. `None` where there is no `/proc`.

use std::fs;
use std::time::Duration;

/// The bytes that are resident now.
pub(crate) fn resident() -> Option<u64> {
    Some(number("/proc/self/status", "VmRSS:")? << 10)
}

/// The most bytes that were resident since the process began.
pub(crate) fn peak() -> Option<u64> {
    Some(number("/proc/self/status", "VmHWM:")? << 10)
}

/// The bytes that this process has handed to the kernel to be written.
pub(crate) fn written() -> Option<u64> {
    number("/proc/self/io", "wchar:")
}

/// What a process has used up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// On a processor, all threads together.
    pub(crate) cpu: Duration,
    /// How often its threads have gone to sleep by themselves: as often they were woken.
    pub(crate) wakes: u64,
}

/// Of the threads that live.
pub(crate) fn usage(pid: u32) -> Option<Usage> {
    let mut total = Usage {
        cpu: Duration::ZERO,
        wakes: 0,
    };
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let task = task.ok()?.path();
        let schedule = fs::read_to_string(task.join("schedstat")).ok()?;
        let nanos = schedule.split_whitespace().next()?.parse().ok()?;
        total.cpu += Duration::from_nanos(nanos);
        let status = task.join("status");
        total.wakes += number(status.to_str()?, "voluntary_ctxt_switches:")?;
    }
    Some(total)
}

fn number(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
