//! The benchmark: real node replicas and a real hub process over QUIC on loopback, measured on the workload of `gen.py`. Prints `huxue PHASE METRIC VALUE`.
//!
//! Figures are for people, never for tests: walls move with the machine's load, so every limit is measured in the same run and printed beside them.
//! `tests/bench/run.sh` builds, makes the workload and runs everything; `--only p1,p3` runs some phases; `--work DIR` keeps the prepared county, which
//! takes longer to make than to measure.

mod county;
mod delay;
mod latency;
mod limits;
mod reports;
mod sync;
mod usage;
mod workload;

use std::{error::Error, path::PathBuf};

/// As the binaries: what is measured here is measured with their allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Any failure ends the benchmark: a figure of a broken run is worth nothing.
pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// What the command line says.
#[derive(Debug)]
struct Options {
    ndjson: PathBuf,
    work: PathBuf,
    binaries: PathBuf,
    only: Option<Vec<String>>,
}

const USAGE: &str = "usage: huxue-bench --ndjson FILE --work DIR [--binaries DIR] [--only limits,p1,p2,p3,p4,rebuild,latency,reports]";

fn options() -> Result<Options> {
    let (mut ndjson, mut work, mut binaries, mut only) = (None, None, None, None);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        match flag.as_str() {
            "--ndjson" => ndjson = Some(PathBuf::from(value)),
            "--work" => work = Some(PathBuf::from(value)),
            "--binaries" => binaries = Some(PathBuf::from(value)),
            "--only" => only = Some(value.split(',').map(str::to_owned).collect()),
            _ => return Err(USAGE.into()),
        }
    }
    let beside = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    Ok(Options { ndjson: ndjson.ok_or(USAGE)?, work: work.ok_or(USAGE)?, binaries: binaries.unwrap_or(beside), only })
}

/// Prints one figure.
#[expect(clippy::print_stdout, reason = "the benchmark's answer")]
pub(crate) fn say(phase: &str, metric: &str, value: impl std::fmt::Display) {
    println!("huxue {phase} {metric} {value}");
}

/// A duration in seconds, for printing.
pub(crate) fn seconds(value: std::time::Duration) -> String {
    format!("{:.3}", value.as_secs_f64())
}

/// Median, 95th, 99th percentile and greatest of `values`, which must not be empty.
pub(crate) fn percentiles(values: &mut [f64]) -> [f64; 4] {
    values.sort_by(f64::total_cmp);
    let at = |share: usize| values.get((values.len() * share / 100).min(values.len() - 1)).copied().unwrap_or(f64::NAN);
    [at(50), at(95), at(99), at(100)]
}

fn main() -> Result<()> {
    let options = options()?;
    let wanted = |phase: &str| options.only.as_ref().is_none_or(|list| list.iter().any(|p| p == phase));
    let prepared = options.work.join("prepared");
    if !prepared.join("done").exists() {
        county::prepare(&prepared, &options.binaries, &options.ndjson)?;
    }
    let limits = limits::measure(&prepared, &options.work)?;
    if wanted("limits") {
        limits.say();
    }
    if ["p1", "p2", "p3", "p4", "latency", "rebuild"].iter().any(|phase| wanted(phase)) {
        let mut county = county::County::open(&prepared, &options.work.join("run"), &options.binaries)?;
        sync::first(&mut county, &limits)?;
        if wanted("p2") {
            sync::changed(&mut county)?;
        }
        if wanted("p3") {
            sync::unchanged(&mut county)?;
        }
        if wanted("p4") {
            sync::concurrent(&mut county)?;
        }
        if wanted("latency") {
            latency::measure(&mut county)?;
        }
        if wanted("rebuild") {
            latency::rebuild(&mut county)?;
        }
        county.close()?;
    }
    if options.only.as_ref().is_some_and(|_| wanted("reports")) {
        reports::measure(&prepared, &options.work, &options.binaries)?;
    }
    Ok(())
}
