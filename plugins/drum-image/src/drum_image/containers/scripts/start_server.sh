#!/bin/sh
# PID 1 of the container: serve what lies in /opt/code and /opt/model.
#
# One of the two may be the whole code directory, and the other one empty. Where both hold files, they are served as
# one folder, in which a file of /opt/model takes the place of one in /opt/code with the same name.
set -eu

# Names that volumes bring along, such as lost+found and ..data, are no files of a model.
names() { ls --ignore=lost+found "$1"; }

link_all() {
    names "$1" | while IFS= read -r name; do ln -sfn "$1/$name" "$CODE_DIR/$name"; done
}

if [ -z "${CODE_DIR:-}" ]; then
    if [ -z "$(names /opt/model)" ]; then
        CODE_DIR=/opt/code
    elif [ -z "$(names /opt/code)" ]; then
        CODE_DIR=/opt/model
    else
        CODE_DIR=$(mktemp -d)
        link_all /opt/code
        link_all /opt/model
    fi
    export CODE_DIR
fi
exec drum server "$@"
