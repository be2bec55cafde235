#!/bin/sh
# Install from the wheels of the first stage, with its pip, and compile: the image gets neither pip nor a cache.
#
#     install_wheels.sh REQUIREMENT...
set -eu
started=$(mktemp)
/build/pip/bin/python -m pip --python /opt/drum/bin/python install -q --no-index --find-links /build/wheels \
    --no-compile --no-cache-dir --disable-pip-version-check --root-user-action ignore "$@"
# Nobody can write bytecode later. It is not compared with its source: an image does not change. What an earlier layer
# has compiled is left alone, or it would be in this layer again. Some packages carry sources for other versions of
# Python, which do not compile with this one (PyTorch does); pip passes over them too.
find /opt/drum/lib -name '*.py' -cnewer "$started" \
    | /opt/drum/bin/python -m compileall -qq -j 0 --invalidation-mode unchecked-hash -i - || true
rm "$started"
