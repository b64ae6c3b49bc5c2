"""A library is known in its place alone, and torch is loaded where it computes."""

from functools import cache

import pytest

from tests.contract.offenders import BY_NAME, is_within, libraries, offenders, ours

S3_MODULES = tuple(
    f"handseg.storage.{name}"
    for name in ("s3", "s3_client", "s3_errors", "s3_listing", "s3_transfer", "s3_uploads")
)


@pytest.mark.parametrize(
    ("names", "homes"),
    [
        ({"boto3", "botocore", "s3transfer"}, S3_MODULES),
        ({"kfp", "kfp_server_api", "kubernetes", "docker"}, ("components", "pipeline")),
        ({"jsonargparse"}, ("handseg.flags",)),
        ({"starlette", "uvicorn"}, ("handseg.viewer", "handseg.commands.view")),
        ({"argparse"}, ("handseg.flags", "handseg.commands.completion", "components", "pipeline")),
        ({"sklearn"}, ("handseg.folds",)),
        ({"tensorboardX"}, ("handseg.tracking.tensorboard",)),
        ({"mlflow"}, ("handseg.tracking.mlflow",)),
        ({"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}, ()),
    ],
)
def test_a_library_is_known_in_its_place_alone(names: set[str], homes: tuple[str, ...]) -> None:
    found = offenders(lambda module: libraries(module) & names)
    assert not {name: what for name, what in found.items() if not is_within(name, *homes)}


@cache
def reached(name: str) -> frozenset[str]:
    """Top-level names of the libraries that importing a module loads."""
    seen: set[str] = set()
    waiting, found = [name], set()
    while waiting:
        module = BY_NAME[waiting.pop()]
        seen.add(module.name)
        found |= {imported.split(".")[0] for imported in module.imports}
        waiting += ours(module.imports) - seen
    return frozenset(found)


@pytest.mark.parametrize("stage", ["split", "eda", "preprocess", "select", "ensemble", "report"])
def test_what_runs_in_the_cpu_image_needs_no_torch(stage: str) -> None:
    assert not reached(f"handseg.stages.{stage}") & {"torch", "albumentations", "safetensors"}


@pytest.mark.parametrize(
    "command", ["check", "demo_data", "doctor", "run", "score", "validate", "verify", "view"]
)
def test_a_command_that_trains_nothing_needs_no_torch(command: str) -> None:
    assert not reached(f"handseg.commands.{command}") & {"torch", "albumentations", "safetensors"}


def test_the_doctor_asks_for_torch_in_another_process_alone() -> None:
    doctors = [name for name in BY_NAME if is_within(name, "handseg.doctor")]
    heavy = {name for name in doctors if reached(name) & {"torch", "albumentations", "cv2"}}
    assert heavy == {"handseg.doctor.torch_facts"}
