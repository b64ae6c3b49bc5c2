#!/bin/sh
# docker/build.sh [FLAGS]: build handseg-cpu:VERSION and handseg-gpu:VERSION from this checkout.
#
# FLAGS go to both `docker build`s. DOCKER names the client; default docker.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
commit=$(git describe --always --abbrev=40 --exclude '*' --dirty 2>/dev/null || echo unknown)

for name in cpu gpu; do
    DOCKER_BUILDKIT=1 "${DOCKER:-docker}" build --file "docker/$name.Dockerfile" --tag "handseg-$name:$version" \
        --build-arg HANDSEG_VERSION="$version" --build-arg HANDSEG_COMMIT="$commit" "$@" .
done
