# split, preprocess, ensemble, merge and report: no torch. `make images` builds it.
#
#   docker build -f docker/cpu.Dockerfile -t handseg-cpu:0.1.0 .
#
# The base is a tag, which comes to mean newer bytes in time. Pin it by digest for anything you keep:
#   docker pull python:3.11-slim-bookworm        (prints the digest)
#   make images BUILD_FLAGS='--build-arg BASE_IMAGE=python:3.11-slim-bookworm@sha256:...'
# No ENTRYPOINT: Kubeflow and kfp.local give the whole command, and a person writes `handseg split ...`.
ARG BASE_IMAGE=python:3.11-slim-bookworm

# Only a change of what is asked for, not of anything else in that file, installs everything again.
FROM ${BASE_IMAGE} AS requirements
WORKDIR /src
COPY pyproject.toml ./
RUN python3 -c "import tomllib; wanted = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    print(*wanted['dependencies'], sep='\n')" > requirements.txt

FROM ${BASE_IMAGE} AS dependencies
# The base's pip installs into the environment, which needs none of its own.
RUN python3 -m venv --without-pip /opt/handseg
ENV PIP_PYTHON=/opt/handseg/bin/python3 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY docker/constraints.txt docker/install-opencv.sh docker/
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
COPY --from=slim /opt/handseg /opt/handseg
# Apart from what it stands on, so that a change of the code is one layer of 3 MB to push and to pull.
COPY --from=code /code /opt/handseg
# Whatever uid runs this has no home and may have no name: all caches go to /tmp.
ENV PATH=/opt/handseg/bin:${PATH} \
    HOME=/tmp USER=handseg MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 ARROW_DEFAULT_MEMORY_POOL=system
USER 10001
# What KFP's executor and the stages need is there, for this user.
RUN _KFP_RUNTIME=true python3 -c "import cv2, handseg.cli, kfp.dsl.executor_main, pyarrow.dataset, sklearn"
ARG BASE_IMAGE
ARG HANDSEG_VERSION=unknown
ARG HANDSEG_COMMIT=unknown
# Its digest an image cannot know: who starts a container says it, as docker/component.sh does.
ENV HANDSEG_COMMIT=${HANDSEG_COMMIT} HANDSEG_IMAGE=unknown
LABEL org.opencontainers.image.title="handseg-cpu" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      org.opencontainers.image.version="${HANDSEG_VERSION}" \
      org.opencontainers.image.revision="${HANDSEG_COMMIT}"
