#!/usr/bin/env bash
# Runs every test of the workspace, installing what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
bash deploy/tools.sh
cargo build --locked --workspace
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --locked --workspace --no-fail-fast
else
  cargo test --locked --workspace --no-fail-fast
fi
cargo test --locked --workspace --doc
