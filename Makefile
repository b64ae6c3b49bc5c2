# `make help` lists the targets. Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check -c docker/constraints.txt
PYTEST := $(BIN)/python -m pytest

DEMO        := runs/demo
DEMO_HANDS  := --people 27 --test-people 5 --size 2048 --seed 7
STUDY       := runs/study
STUDY_HANDS := --people 30 --test-people 20 --size 256 --seed 11
SMOKE       := runs/smoke
SMOKE_HANDS := --people 8 --test-people 1 --size 256 --seed 3
LOAD        := runs/load-data
RUNNER      ?= subprocess
SBOM        ?= runs/sbom.json
CASES       ?= 20000
SEED        ?= 1
TIMES       ?= 20
HANDSEG_TEST_STORE ?= ceph

# albumentations asks the network for a newer release unless told not to.
export NO_ALBUMENTATIONS_UPDATE = 1

.PHONY: help venv demo test test-all fuzz images component docker-smoke s3-smoke faults faults-gpu kill-training submit smoke study bench bench-gpu scale load lint sbom sbom-images compile clean kill-run kill-writes kill-s3 sigterm
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

venv: $(READY) ## set up .venv (every other target does so too)

demo: $(READY) ## synthetic hands through all stages, to runs/demo/submission.csv and report.html
	$(BIN)/handseg demo-data $(DEMO)-data $(DEMO_HANDS)
	$(BIN)/handseg run --data $(DEMO)-data --out $(DEMO) --preset demo
	$(BIN)/handseg score --truth $(DEMO)-data --submission $(DEMO)/submission.csv

test: $(READY) ## unit, contract and end-to-end tests in six minutes; no root, no browser, no compiler, no Docker, no GPU
	$(PYTEST) -n 2 -m "not browser and not compiler and not docker and not s3 and not long and not gpu and not fault"

test-all: test ## the same, the long ones, every fault, and what needs Chromium, a C++ compiler, Docker or Ceph (installed by apt, as root)
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium; } \
	  || { echo "make test-all: no chromium, and apt-get could not install it; run it as root on Debian" >&2; exit 1; }
	@command -v g++ >/dev/null || { apt-get update -qq && apt-get install -qq -y --no-install-recommends g++; } \
	  || { echo "make test-all: no g++, and apt-get could not install it; run it as root on Debian" >&2; exit 1; }
	$(PYTEST) -n 2 -m "browser or compiler or long"
	@$(MAKE) --no-print-directory fuzz docker-smoke s3-smoke faults
	@$(MAKE) --no-print-directory --jobs=2 --output-sync kill-training kill-run kill-writes kill-s3 sigterm TIMES=2

fuzz: $(READY) ## inputs by chance for every reader of files, to runs/fuzz.json: make fuzz CASES=1000000 (Linux on x86-64)
	$(BIN)/python -m tests.fuzz --cases $(CASES) --seed $(SEED)

images: ## build handseg-cpu and handseg-gpu with your Docker; BUILD_FLAGS are further flags of docker build
	@docker/build.sh $(BUILD_FLAGS)

component: ## make component STAGE=split ARGS="--data runs/hands --out runs/folds.csv": one command in its image
	@docker/component.sh $(STAGE) $(ARGS)

docker-smoke: $(READY) ## both images, every component and the whole graph in containers; without Docker, installs it (apt, as root)
	PYTHON=$(BIN)/python tests/engine/with-engine $(PYTEST) -n 0 -m docker tests/engine

s3-smoke: $(READY) ## a run in a bucket and every fault: on Ceph (without it, installs it by apt, as root), then on rclone
	HANDSEG_TEST_STORE=ceph $(PYTEST) -n 0 -m s3 tests/object_store
	HANDSEG_TEST_STORE=rclone $(PYTEST) -n 0 -m s3 tests/object_store

faults: $(READY) ## every fault of the field, provoked for real, to runs/faults.json; with Docker and Ceph (apt, as root)
	PYTHON=$(BIN)/python HANDSEG_TEST_STORE=$(HANDSEG_TEST_STORE) tests/engine/with-engine $(BIN)/python -m tests.faults

faults-gpu: $(READY) ## the fault that needs a GPU, its memory too small, to runs/faults-gpu.json
	$(BIN)/python -m tests.faults --gpu true --json runs/faults-gpu.json

kill-training: $(READY) ## trainings killed at random moments and called again, to runs/figures; TIMES=N
	$(BIN)/python -m tests.faults.figures kill-training --times $(TIMES)

kill-run: $(READY) ## whole runs killed at random moments and called again, to runs/figures; TIMES=N
	$(BIN)/python -m tests.faults.figures kill-run --times $(TIMES)

kill-writes: $(READY) ## whole runs killed at random changes of their files and called again, to runs/figures; TIMES=N
	$(BIN)/python -m tests.faults.figures kill-writes --times $(TIMES)

kill-s3: $(READY) ## whole runs in a bucket, a fifth of the requests failing, killed and called again, to runs/figures; with Ceph
	HANDSEG_TEST_STORE=$(HANDSEG_TEST_STORE) $(BIN)/python -m tests.faults.figures kill-s3 --times $(TIMES)

sigterm: $(READY) ## trainings that SIGTERM ends at random moments, to runs/figures; TIMES=N
	$(BIN)/python -m tests.faults.figures sigterm --times $(TIMES)

submit: $(READY) ## a preset on a Kubeflow cluster, followed to its end: make submit ARGS="--preset ... --data s3://..."
	$(BIN)/python -m pipeline submit $(ARGS)

smoke: $(READY) ## the KFP graph on tiny hands in this machine's processes; RUNNER=docker: in the images
	$(BIN)/handseg demo-data $(SMOKE)-data $(SMOKE_HANDS)
	$(BIN)/python -m pipeline.local --preset smoke --runner $(RUNNER) --data $(SMOKE)-data --out $(SMOKE)
	$(BIN)/handseg score --truth $(SMOKE)-data --submission $(SMOKE)/submission.csv

study: $(READY) ## which results hold in small, on synthetic hands; a quarter of an hour
	$(BIN)/handseg demo-data $(STUDY)-data $(STUDY_HANDS)
	$(BIN)/handseg experiment study --data $(STUDY)-data --out $(STUDY)

bench: $(READY) ## handseg against what users write today, to runs/bench.json; ten minutes
	@mkdir -p runs
	$(BIN)/handseg bench --json runs/bench.json

bench-gpu: $(READY) ## training and inference on a GPU against plain torch, to runs/bench-gpu.json
	@mkdir -p runs
	$(BIN)/python -m tests.benchmarks.gpu --json runs/bench-gpu.json

scale: $(READY) ## seconds and memory against images, members and people, to runs/scale.png; three minutes
	@mkdir -p runs
	$(BIN)/python -m tests.benchmarks.scale --out runs/scale.png --json runs/scale.json

load: $(READY) ## every stage on 1,088 images at 2048 and on 10,000 small ones, in constant memory, to runs/load.json; half an hour
	$(BIN)/python -m tests.load --folder $(LOAD) --json runs/load.json

lint: $(READY) ## ruff check, ruff format, mypy --strict, bandit, hadolint and shellcheck
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive handseg components pipeline
	$(BIN)/hadolint docker/*.Dockerfile
	$(BIN)/shellcheck docker/*.sh tests/engine/with-engine tests/engine/stand-in-base tests/object_store/ceph .ci/run

sbom: $(READY) ## what .venv is made of, as CycloneDX JSON, to runs/sbom.json
	@mkdir -p $(dir $(SBOM))
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-format JSON --output-reproducible --validate \
	  --output-file $(SBOM) $(BIN)/python

sbom-images: $(READY) ## the same of both images' Python packages, to runs/sbom-cpu.json and runs/sbom-gpu.json
	@mkdir -p $(dir $(SBOM))
	@set -e; for name in cpu gpu; do file=$(basename $(SBOM))-$$name; \
	  docker/packages.sh $$name >$$file.txt; \
	  $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-format JSON --output-reproducible --validate \
	    --output-file $$file.json $$file.txt; rm $$file.txt; echo $$file.json; done

compile: $(READY) ## each preset -> pipeline/compiled/PRESET.yaml
	$(BIN)/python -m pipeline.compile

clean: ## remove .venv, caches, and what demo, smoke, study and load drew and ran
	rm -rf $(VENV) $(DEMO) $(DEMO)-data $(SMOKE) $(SMOKE)-data $(STUDY) $(STUDY)-data $(LOAD) build dist local_outputs *.egg-info \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find handseg tests pipeline components -name __pycache__ -prune -exec rm -rf {} +

# torch first: installed after a package that asks for any torch, it would be fetched twice.
$(READY): pyproject.toml docker/constraints.txt docker/install-opencv.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $(PYTHON) is missing or older than Python 3.11; name another: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up $(VENV), once; it takes a few minutes and 2.5 GB."
	@$(PYTHON) -m venv $(VENV) || { echo "make: python3-venv is missing; as root: apt-get install python3-venv" >&2; exit 1; }
	@echo "  torch ..." && $(PIP) torch
	@echo "  everything else ..." && $(PIP) -e '.[train,fast,view,medical,tensorboard,mlflow,pipeline,dev]'
	@echo "  OpenCV without libGL ..." && docker/install-opencv.sh $(BIN)/python
	@touch $@
