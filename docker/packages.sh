#!/bin/sh
# docker/packages.sh NAME: the Python packages of handseg-NAME, a line of pip's requirements for each.
#
# DOCKER names the client; default docker.
set -eu
[ $# -eq 1 ] || { echo "packages.sh: give an image, cpu or gpu" >&2; exit 2; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$(dirname "$0")/../pyproject.toml")
exec "${DOCKER:-docker}" run --rm --read-only --network none --cap-drop ALL "handseg-$1:$version" python3 -c '
from importlib.metadata import distributions
print(*sorted({f"{each.name}=={each.version}" for each in distributions()}), sep="\n")'
