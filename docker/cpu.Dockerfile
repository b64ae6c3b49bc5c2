# split, preprocess, ensemble and report: no torch.
#
#   docker build -f docker/cpu.Dockerfile -t handseg-cpu:0.1.0 \
#     --build-arg HANDSEG_COMMIT="$(git rev-parse HEAD)" .
#
# Pin the base by digest for anything you keep:
#   --build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:...   (docker buildx imagetools inspect NAME)
# No ENTRYPOINT: Kubeflow and kfp.local give the whole command, and a person writes `handseg split ...`.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/handseg
ENV PATH=/opt/handseg/bin:${PATH}
WORKDIR /src
COPY docker/constraints.txt docker/install-opencv.sh docker/
COPY pyproject.toml README.md LICENSE ./
# The dependencies alone, against an empty package: this layer outlives every change of the code.
RUN --mount=type=cache,target=/root/.cache/pip \
    mkdir handseg && touch handseg/__init__.py \
    && pip install -c docker/constraints.txt . \
    && sh docker/install-opencv.sh python3 \
    && pip install --no-deps -c docker/constraints.txt kfp
COPY handseg handseg
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-deps --force-reinstall .

FROM ${BASE_IMAGE}
COPY --from=build /opt/handseg /opt/handseg
# Whatever uid runs this has no home and may have no name: all caches go to /tmp.
ENV PATH=/opt/handseg/bin:${PATH} \
    HOME=/tmp USER=handseg MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ARROW_DEFAULT_MEMORY_POOL=system
USER 10001
# What KFP's executor and the stages need is there, for this user.
RUN _KFP_RUNTIME=true python3 -c "import cv2, handseg.cli, kfp.dsl.executor_main"
ARG HANDSEG_COMMIT=unknown
ENV HANDSEG_COMMIT=${HANDSEG_COMMIT}
LABEL org.opencontainers.image.title="handseg-cpu" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${HANDSEG_COMMIT}"
