#!/usr/bin/env bash
# Runs every test of the workspace, installing what it needs (Debian 12 with Rust is enough). Ends with the runner's own summary.
set -euo pipefail
cd "$(dirname "$0")/.."
bash deploy/tools.sh

# nextest runs a test a process and sums up better. Where it cannot be had in a quarter of an hour, `cargo test` runs the same tests.
if ! cargo nextest --version >/dev/null 2>&1; then
  echo "cargo-nextest is not installed; trying to install it"
  timeout 900 cargo install --quiet --locked cargo-nextest </dev/null || echo "cargo-nextest cannot be had here; going on with cargo test"
fi

cargo build --locked --workspace # the integration tests run the real binaries
echo "== doctests"
cargo test --locked --workspace --doc --quiet
echo "== tests"
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --locked --workspace --no-fail-fast
else
  cargo test --locked --workspace --all-targets --no-fail-fast
fi
