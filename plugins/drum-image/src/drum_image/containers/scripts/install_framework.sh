#!/bin/sh
set -eu
here=/build/frameworks/$FRAMEWORK
if [ -e "$here/packages.txt" ]; then
    # shellcheck disable=SC2046 # a name a line
    /build/scripts/install_packages.sh $(cat "$here/packages.txt")
fi
if [ -e "$here/install.sh" ]; then
    "$here/install.sh"
fi
# The file's options say where to look for wheels, which has been done.
# shellcheck disable=SC2046
/build/scripts/install_wheels.sh $(grep -v '^-' "$here/requirements.txt")
