# train and infer, and every other command: torch with the CUDA libraries its own wheels bring; the node gives
# the driver. `make images` builds it.
#
#   docker build -f docker/gpu.Dockerfile -t handseg-gpu:0.1.0 .
#
# Without a GPU, a fifth of the size: make images BUILD_FLAGS='--build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu'
# With a compiler, for `compile` in the settings (torch.compile), 0.4 GB more: make images BUILD_FLAGS='--build-arg COMPILER=g++'
# What it holds beside torch is EXTRAS; MLflow's client, 0.1 GB more: make images BUILD_FLAGS='--build-arg EXTRAS="medical mlflow tensorboard view"'
# How to pin the base, and why the stages are as they are: cpu.Dockerfile.
# No ENTRYPOINT: Kubeflow and kfp.local give the whole command, and a person writes `handseg train ...`.
ARG BASE_IMAGE=python:3.11-slim-bookworm
# An image whose root holds wheels, looked at before the index; scratch holds none.
ARG WHEELS_IMAGE=scratch

FROM ${WHEELS_IMAGE} AS wheels

FROM ${BASE_IMAGE} AS requirements
WORKDIR /src
COPY pyproject.toml ./
ARG EXTRAS="medical tensorboard view"
RUN python3 -c "import sys, tomllib; wanted = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    extras = [part for name in ['train', *sys.argv[1:]] for part in wanted['optional-dependencies'][name]]; \
    print(*wanted['dependencies'], *extras, sep='\n')" ${EXTRAS} > requirements.txt

FROM ${BASE_IMAGE} AS dependencies
# The base's pip installs into the environment, which needs none of its own.
RUN python3 -m venv --without-pip /opt/handseg
ENV PIP_PYTHON=/opt/handseg/bin/python3 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY docker/constraints.txt docker/install-opencv.sh docker/
# torch first and alone: the largest layer, and the one that changes least.
ARG TORCH_INDEX=
RUN --mount=type=cache,target=/root/.cache/pip \
    --mount=type=bind,from=wheels,target=/wheels,rw \
    pip install -c docker/constraints.txt --find-links /wheels \
        ${TORCH_INDEX:+--extra-index-url "${TORCH_INDEX}"} torch
COPY --from=requirements /src/requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install -c docker/constraints.txt -r requirements.txt \
    && sh docker/install-opencv.sh python3 \
    && pip install --no-deps -c docker/constraints.txt kfp

FROM dependencies AS code
COPY pyproject.toml README.md LICENSE ./
COPY handseg handseg
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-deps --prefix /code .

FROM dependencies AS slim
COPY docker/slim.sh docker/
RUN sh docker/slim.sh /opt/handseg

FROM ${BASE_IMAGE}
ARG COMPILER=
# hadolint ignore=DL3008
RUN if [ -n "${COMPILER}" ]; then apt-get update \
    && apt-get install -y --no-install-recommends ${COMPILER} \
    && rm -rf /var/lib/apt/lists/*; fi
COPY --from=slim /opt/handseg /opt/handseg
COPY --from=code /code /opt/handseg
# Whatever uid runs this has no home and may have no name: all caches go to /tmp.
ENV PATH=/opt/handseg/bin:${PATH} \
    HOME=/tmp USER=handseg MPLCONFIGDIR=/tmp/matplotlib TORCH_HOME=/tmp/torch HF_HOME=/tmp/huggingface \
    NO_ALBUMENTATIONS_UPDATE=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ARROW_DEFAULT_MEMORY_POOL=system
USER 10001
# What KFP's executor and the stages need is there, for this user.
RUN _KFP_RUNTIME=true python3 -c "import albumentations, cv2, handseg.cli, kfp.dsl.executor_main, pyarrow.dataset, torch, transformers"
ARG BASE_IMAGE
ARG HANDSEG_VERSION=unknown
ARG HANDSEG_COMMIT=unknown
# Its digest an image cannot know: who starts a container says it, as docker/component.sh does.
ENV HANDSEG_COMMIT=${HANDSEG_COMMIT} HANDSEG_IMAGE=unknown
LABEL org.opencontainers.image.title="handseg-gpu" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      org.opencontainers.image.version="${HANDSEG_VERSION}" \
      org.opencontainers.image.revision="${HANDSEG_COMMIT}"
