#!/bin/sh
# Install the R packages as Debian has them (caret is r-cran-caret), and check that R loads what was asked for.
set -eu
here=/build/frameworks/r
python=/opt/drum/bin/python
names=$($python -B $here/requirements.py debian)
apt-get -q update
for name in $names; do
    # What Debian does not have may be part of R itself, such as splines; the check will tell.
    if apt-cache show "$name" >/dev/null 2>&1; then
        DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$name"
    fi
done
/build/scripts/forget_packages.sh
$python -B $here/requirements.py check
