#!/bin/sh
set -eu
groupadd --gid 10001 drum
useradd --uid 10001 --gid drum --home-dir /nonexistent --no-create-home --no-log-init --shell /usr/sbin/nologin drum
mkdir -p /opt/code /opt/model
python3 -m venv --without-pip /opt/drum
/build/scripts/install_wheels.sh drum-core
