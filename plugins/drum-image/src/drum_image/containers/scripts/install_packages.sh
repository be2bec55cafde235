#!/bin/sh
# Install packages of Debian's.
set -eu
export DEBIAN_FRONTEND=noninteractive
mkdir -p /usr/share/man/man1 # Java's wants to put links there
apt-get -q update
apt-get -qy install --no-install-recommends "$@"
/build/scripts/forget_packages.sh
