#!/bin/sh
# docker/slim.sh VENV: remove from an image's packages what no program of ours loads.
#
# Most are tests, Arrow's network servers, and the libraries of the OpenCV build that docker/install-opencv.sh
# has put aside. torch's headers stay: torch.compile reads them.
set -eu
site=$(echo "$1"/lib/python3.*/site-packages)
cd "$site"

find . -type d -name tests -not -path './torch/*' -prune -exec rm -rf {} +
rm -rf pyarrow/include pyarrow/*flight*
rm -rf opencv_python.libs

if [ -d torch ]; then
    rm -rf torch/share/cmake torch/test
    # torch starts this one when processes share tensors by file, and looks for it when it is imported.
    find torch/bin -type f -not -name torch_shm_manager -delete
fi
