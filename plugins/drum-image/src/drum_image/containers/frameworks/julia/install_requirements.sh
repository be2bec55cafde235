#!/bin/sh
# Check that the Julia packages are there: a name a line. There is no registry of Julia's to install them from.
set -eu
sed 's/#.*//; s/[[:space:]]//g; /^$/d' /build/requirements.txt | while IFS= read -r name; do
    julia --startup-file=no -e "using $name" || {
        echo "requirements.txt names '$name', which the image's Julia does not have. It has its standard library." >&2
        exit 1
    }
done
