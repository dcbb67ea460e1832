#!/usr/bin/env bash
# The benchmark from nothing: builds in release, makes the workload, measures. Prints `huxue PHASE METRIC VALUE`; about five minutes on two cores, the reports'
# county of 60 schools x 1,000 students another ten. Usage: tests/bench/run.sh [--work DIR] [--reports]
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${TMPDIR:-/tmp}/huxue-bench; reports=no
while [ $# -gt 0 ]; do
  case "$1" in
    --work) work=$2; shift 2 ;;
    --reports) reports=yes; shift ;;
    *) echo "usage: tests/bench/run.sh [--work DIR] [--reports]" >&2; exit 2 ;;
  esac
done
bash deploy/tools.sh
cargo build --locked --release -p huxue-tests -p huxue-hub -p huxue-node --bins
bin=${CARGO_TARGET_DIR:-target}/release
workload() { # folder, schools, students
  mkdir -p "$1"
  [ -s "$1/county.ndjson" ] || python3 tests/bench/gen.py --schools "$2" --students "$3" --seed 7 >"$1/county.ndjson"
}
workload "$work/county" 20 500
"$bin/huxue-bench" --ndjson "$work/county/county.ndjson" --work "$work/county"
if [ $reports = yes ]; then
  workload "$work/large" 60 1000
  "$bin/huxue-bench" --ndjson "$work/large/county.ndjson" --work "$work/large" --only reports
fi
