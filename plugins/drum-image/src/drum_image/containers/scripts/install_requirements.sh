#!/bin/sh
# Install what the code directory needs, or check that it is there.
set -eu
here=/build/frameworks/$FRAMEWORK
if ! grep -q '^[[:space:]]*[^#[:space:]]' /build/requirements.txt; then
    exit 0
fi
if [ -e "$here/install_requirements.sh" ]; then
    "$here/install_requirements.sh"
else
    # All there are: the first stage put there what is installed already, and what requirements.txt led to.
    /build/scripts/install_wheels.sh --no-deps /build/wheels/*.whl
fi
