#!/bin/sh
# Install what the tests need beside Python. Root and Debian are needed to install; what is there already is left alone.
#
#     tests/system-packages.sh            installs what is missing
#     tests/system-packages.sh missing    names, for `tox run --skip-env`, the environments that cannot run without it
set -eu
here=$(dirname "$0")

has() { command -v "$1" >/dev/null 2>&1; }
has_r_headers() { ! has dpkg || dpkg -s r-base-dev >/dev/null 2>&1; }
has_r() { has R && has_r_headers && R -s -e 'for (name in c("caret", "recipes", "glmnet", "randomForest", "gbm", "e1071", "rpart")) library(name, character.only = TRUE)' >/dev/null 2>&1; }
has_julia() { "$here/../plugins/drum-julia/install-julia-debian.sh" check; }

packages() {
    has chromedriver || echo chromium chromium-driver
    has prometheus || echo prometheus
    has docker-compose || echo docker-compose
    has javac || echo default-jdk-headless
    for program in buildah podman runc debootstrap; do has "$program" || echo "$program"; done
    has_r || echo r-base-core r-base-dev r-cran-caret r-cran-recipes r-cran-glmnet r-cran-randomforest r-cran-gbm \
        r-cran-e1071 r-cran-rpart
}

missing() {
    names=none
    has javac || names="$names|java"
    has_r || names="$names|r"
    has_julia || names="$names|julia"
    echo "^($names)\$"
}

install() {
    wanted=$(packages)
    if [ "$(id -u)" != 0 ] || ! has apt-get; then
        [ -z "$wanted" ] || echo "Not root on Debian: tests that need" $wanted "are left out." >&2
        return
    fi
    if [ -n "$wanted" ]; then
        apt-get -q update
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 -yq install --no-install-recommends $wanted
    fi
    has_julia || "$here/../plugins/drum-julia/install-julia-debian.sh"
}

if [ "${1:-}" = missing ]; then missing; else install; fi
