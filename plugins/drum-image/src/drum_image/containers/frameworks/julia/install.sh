#!/bin/sh
# Debian 12 has no Julia; drum-julia's script takes Debian 11's.
set -eu
/build/frameworks/julia/install-julia-debian.sh
rm -f /etc/apt/sources.list.d/bullseye.sources
/build/scripts/forget_packages.sh
