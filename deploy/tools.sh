#!/usr/bin/env bash
# Installs what a build needs and a fresh Debian 12 lacks: a C compiler, perl (SQLCipher's OpenSSL is built from source), python3 for the scripts' JSON.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v perl >/dev/null || missing+=(perl)
command -v make >/dev/null || missing+=(make)
command -v python3 >/dev/null || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
  sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
command -v cargo >/dev/null || { echo "Rust is missing: install it (https://rustup.rs or apt) and run this again." >&2; exit 1; }
