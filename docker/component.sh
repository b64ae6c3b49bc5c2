#!/bin/sh
# docker/component.sh COMMAND [ARGUMENTS]: one `handseg COMMAND` in its image, as you.
#
# It sees the folder ./runs (RUNS names another) under that name, to read and write, and nothing else; paths in
# ARGUMENTS are those you would write outside. DATA, a folder, is to be read under its own absolute path.
# /tmp may hold programs: torch.compile loads what it keeps there. DOCKER_FLAGS are further flags of `docker run`
# (--gpus all); DOCKER names the client, default docker. HANDSEG_PERSON_KEY is handed on, where it is set.
set -eu
[ $# -gt 0 ] || { echo "component.sh: give a command, such as: docker/component.sh split --help" >&2; exit 2; }
case $1 in
demo-data | check | split | preprocess | select | merge | ensemble | report | score | validate | verify) image=handseg-cpu ;;
*) image=handseg-gpu ;;
esac
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$(dirname "$0")/../pyproject.toml")
runs=${RUNS:-$PWD/runs}
mkdir -p "$runs"
runs=$(cd "$runs" && pwd)
data=${DATA:+$(cd "$DATA" && pwd)}
# What run.json names: the registry's digest of the image, or where it came from none Docker's own id.
digest=$("${DOCKER:-docker}" image inspect --format \
    '{{if .RepoDigests}}{{index .RepoDigests 0}}{{else}}{{index .RepoTags 0}}@{{.Id}}{{end}}' "$image:$version" 2>/dev/null) \
    || digest=unknown

# shellcheck disable=SC2086  # DOCKER_FLAGS are words
exec "${DOCKER:-docker}" run --rm --read-only --tmpfs /tmp:exec --cap-drop ALL --security-opt no-new-privileges \
    --shm-size 1g --env HANDSEG_IMAGE="$digest" --user "$(id -u):$(id -g)" --volume "$runs:/handseg/runs" --workdir /handseg \
    ${data:+--volume "$data:$data:ro"} ${HANDSEG_PERSON_KEY:+--env HANDSEG_PERSON_KEY} \
    ${DOCKER_FLAGS:-} "$image:$version" handseg "$@"
