#!/bin/sh
# In the first stage: collect in /build/wheels all that the later stages install.
set -eu
here=/build/frameworks/$FRAMEWORK
secrets=/run/secrets
if [ -s $secrets/pip_conf ]; then
    export PIP_CONFIG_FILE=$secrets/pip_conf
fi
if [ -s $secrets/ca_bundle ]; then
    export PIP_CERT=$secrets/ca_bundle
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore DEBIAN_FRONTEND=noninteractive

apt-get -q update
# shellcheck disable=SC2046 # a name a line
apt-get -qy install --no-install-recommends binutils $(cat "$here/build-packages.txt" 2>/dev/null || true)

python3 -m venv /build/pip
set -- -r /build/wheels.txt -r "$here/requirements.txt"
if [ ! -e "$here/install_requirements.sh" ]; then
    set -- "$@" -r /build/requirements.txt
fi
/build/pip/bin/pip wheel -q --no-cache-dir --find-links /build/wheels --wheel-dir /build/wheels.all \
    -c /build/constraints.txt "$@"
rm -rf /build/wheels
mv /build/wheels.all /build/wheels
python3 /build/scripts/slim_wheels.py /build/wheels
