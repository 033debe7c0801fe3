#!/bin/sh
# Installs nginx and its Nchan module from Debian unless they are there. No nginx is started.
set -eu
module=$1
if [ -e "$module" ] && command -v nginx >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "no nginx with $module, and no apt-get to install it with: install both by hand" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "run as root: apt-get install nginx libnginx-mod-nchan" >&2
  exit 1
fi
# The package starts a server of its own unless the run level says that nothing is to be started.
export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends nginx libnginx-mod-nchan
