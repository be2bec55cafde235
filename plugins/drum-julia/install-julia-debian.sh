#!/bin/sh
# Install Julia 1.5.3 on Debian 12, which has none of its own: it comes from Debian 11 ("bullseye"), on the same mirror.
#
#     sudo plugins/drum-julia/install-julia-debian.sh
#     plugins/drum-julia/install-julia-debian.sh check     # tells, by its exit status, whether Julia works
#
# Only `julia`, what it needs, and one library are taken from there: everything else of bullseye has a priority below
# that of what is installed. The library is libunwind8 1.3.2: with bookworm's 1.6.2, each exception that leaves a
# compiled Julia function is a segmentation fault. Nothing is removed; a second run changes nothing.
set -eu

works() {
    [ "$(julia --startup-file=no -e 'try sqrt(-1.0) catch; print("caught") end' 2>/dev/null)" = caught ]
}

if works; then
    exit 0
fi
if [ "${1:-}" = check ]; then
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "Julia is not installed, or its exceptions crash. Run this script as root." >&2
    exit 1
fi
# shellcheck source=/dev/null
. /etc/os-release
if [ "$ID:${VERSION_ID:-}" != debian:12 ]; then
    echo "This script is for Debian 12 only. Elsewhere: https://julialang.org/downloads/" >&2
    exit 1
fi

debian=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
keys=$(sed -n 's/^Signed-By: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
cat > /etc/apt/sources.list.d/bullseye.sources <<END
Types: deb
URIs: ${debian:-http://deb.debian.org/debian}
Suites: bullseye
Components: main
Signed-By: ${keys:-/usr/share/keyrings/debian-archive-keyring.gpg}
END
cat > /etc/apt/preferences.d/bullseye <<END
Package: *
Pin: release n=bullseye
Pin-Priority: 50

Package: libunwind8
Pin: version 1.3.2-2*
Pin-Priority: 1001
END

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 -qy "$@"
}
apt_get update
apt_get install --no-install-recommends --no-remove --allow-downgrades julia libunwind8
works || { echo "Julia is installed, but its exceptions crash: is another libunwind.so.8 in the way?" >&2; exit 1; }
