#!/bin/sh
# Prints the path of a Chromium: the one that CHROMIUM names, one on PATH, or Debian's package, which
# is installed when there is none.
set -eu

found=${CHROMIUM:-}
for name in chromium chromium-browser google-chrome; do
  [ -n "$found" ] || found=$(command -v "$name" || true)
done

if [ -z "$found" ]; then
  if ! command -v apt-get >/dev/null; then
    echo "no Chromium here: install one, or name its path in CHROMIUM" >&2
    exit 1
  fi
  root=""
  [ "$(id -u)" -eq 0 ] || root="sudo -n"
  echo "installing Debian's chromium" >&2
  $root apt-get update >&2
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y --no-install-recommends chromium >&2
  found=$(command -v chromium)
fi

echo "$found"
