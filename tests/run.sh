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

# Journeys through the desk in real Chromium: Debian's, with the packages of the lock file.
# Only what is missing: a Node.js from elsewhere brings its own npm, and Debian's would not go in beside it.
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
[ -d tests/browser/node_modules/playwright-core ] || (cd tests/browser && npm ci --no-audit --no-fund)
echo "== journeys in a browser"
node --test --test-concurrency=1 --test-reporter=spec tests/browser/
