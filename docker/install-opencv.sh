#!/bin/sh
# The one place that decides which OpenCV `import cv2` loads: the headless build.
#
# opencv-python needs libGL.so.1, which servers and slim images lack, and albumentations brings
# opencv-python-headless into the same folder. Both are installed in one version, so that pip knows
# of both and is content; the headless build goes last, so that its files are the ones that lie there.
#
# Usage: docker/install-opencv.sh [PYTHON]
set -eu
python=${1:-python3}
constraints=$(dirname "$0")/constraints.txt
install() {
    "$python" -m pip install -qq --disable-pip-version-check --no-deps "$@"
}

install -c "$constraints" opencv-python
install -c "$constraints" --force-reinstall opencv-python-headless
