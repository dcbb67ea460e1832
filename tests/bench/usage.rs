//! What processes have used, as Linux counts it.

use crate::Result;
use std::path::Path;

/// Ticks a second of `/proc/PID/stat`: 100 on every Linux that Debian ships.
const TICKS_PER_S: f64 = 100.0;

/// CPU seconds (user and system) of a process so far; `None`: this one.
pub(crate) fn cpu_s(pid: Option<u32>) -> Result<f64> {
    let stat = std::fs::read_to_string(proc_file(pid, "stat"))?;
    // The second field is the program's name in parentheses and may hold spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    Ok((ticks(11) + ticks(12)) / TICKS_PER_S)
}

/// Resident memory and its peak, MiB.
pub(crate) fn rss_mib(pid: Option<u32>) -> Result<(f64, f64)> {
    let status = std::fs::read_to_string(proc_file(pid, "status"))?;
    let kib = |key: &str| {
        status.lines().find_map(|line| line.strip_prefix(key)).and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0)
    };
    Ok((kib("VmRSS:") / 1024.0, kib("VmHWM:") / 1024.0))
}

fn proc_file(pid: Option<u32>, name: &str) -> String {
    pid.map_or_else(|| format!("/proc/self/{name}"), |pid| format!("/proc/{pid}/{name}"))
}

/// Bytes of all files in a directory.
pub(crate) fn disk_bytes(dir: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            sum += entry.metadata()?.len();
        }
    }
    Ok(sum)
}
