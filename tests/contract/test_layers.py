"""Imports point downwards, as CONTRIBUTING's table of layers has it."""

import ast
import re
import sys
from collections.abc import Callable, Collection
from functools import cache

import pytest

from tests.contract.source_tree import ROOT, Module, modules

LAYERS = {
    "handseg": 0,
    "handseg.errors": 0,
    "handseg.json_lines": 0,
    "handseg.plain_text": 0,
    "handseg.differences": 0,
    "handseg.settings": 0,
    "handseg.settings_bounds": 0,
    "handseg.settings_codec": 0,
    "handseg.settings_train": 0,
    "handseg.presets": 0,
    "handseg.bones": 1,
    "handseg.bone_list": 1,
    "handseg.masks": 1,
    "handseg.images": 1,
    "handseg.dataset": 1,
    "handseg.folds": 1,
    "handseg.models": 1,
    "handseg.progress": 1,
    "handseg.ahead": 1,
    "handseg.columns": 1,
    "handseg.row_file": 1,
    "handseg.durable": 1,
    "handseg.storage": 1,
    "handseg.provenance": 1,
    "handseg.program": 1,
    "handseg.peak_memory": 1,
    "handseg.summary": 1,
    "handseg.pseudonyms": 1,
    "handseg.training": 2,
    "handseg.inference": 2,
    "handseg.ensemble": 2,
    "handseg.report": 2,
    "handseg.findings": 2,
    "handseg.experiments": 2,
    "handseg.eda": 2,
    "handseg.viewer": 2,
    "handseg.interchange": 2,
    "handseg.tracking": 2,
    "handseg.stages": 3,
    "handseg.doctor": 3,
    "handseg.commands": 4,
    "handseg.flags": 4,
    "handseg.flag_words": 4,
    "handseg.terminal": 4,
    "handseg.cli": 4,
    "handseg.__main__": 4,
    "components": 5,
    "pipeline": 6,
}
DOMAIN = ("bones", "masks", "images", "dataset", "folds", "models")
STORAGE = ("handseg.storage", "handseg.provenance")
S3_MODULES = tuple(
    f"handseg.storage.{name}"
    for name in ("s3", "s3_client", "s3_errors", "s3_listing", "s3_transfer", "s3_uploads")
)
MODULES = modules()
BY_NAME = {module.name: module for module in MODULES}
DOMAIN_PACKAGES = tuple(f"handseg.{name}" for name in DOMAIN)


def is_within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def layer(name: str) -> int:
    parts = name.split(".")
    for length in (2, 1):
        key = ".".join(parts[:length])
        if key in LAYERS and (length == 2 or len(parts) == 1 or key != "handseg"):
            return LAYERS[key]
    raise KeyError(f"{name}: of no layer; add its package to LAYERS and to CONTRIBUTING's table")


def ours(names: set[str]) -> set[str]:
    """Those that are modules of the project; an imported object stands for its module."""
    found = set()
    for name in names:
        if name in BY_NAME:
            found.add(name)
        elif name.rpartition(".")[0] in BY_NAME:
            found.add(name.rpartition(".")[0])
    return found


def offenders(wrong: Callable[[Module], Collection[str]], *packages: str) -> dict[str, set[str]]:
    """What is wrong in each module of the packages (all by default) where anything is."""
    looked_at = [m for m in MODULES if not packages or is_within(m.name, *packages)]
    found = {module.name: set(wrong(module)) for module in looked_at}
    return {name: what for name, what in found.items() if what}


def libraries(module: Module) -> set[str]:
    return {name.split(".")[0] for name in module.imports | module.late_imports}


def calls(module: Module) -> set[str]:
    nodes = ast.walk(module.tree)
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_contributing_has_the_same_table() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = {
        member: int(level)
        for level, members in re.findall(r"^\| (\d) \| ([^|]+) \|", text, re.MULTILINE)
        for member in members.strip().split(", ")
    }
    left_out = {"handseg", "handseg.__main__"}
    assert table == {
        name.removeprefix("handseg."): level
        for name, level in LAYERS.items()
        if name not in left_out
    }


def test_no_import_points_upwards() -> None:
    def upward(module: Module) -> set[str]:
        return {name for name in ours(module.imports) if layer(name) > layer(module.name)}

    assert not offenders(upward)


def test_only_a_components_body_imports_inside_a_function() -> None:
    assert not offenders(lambda module: module.late_imports, "handseg", "pipeline")


def test_layer_0_knows_the_standard_library_and_yaml_alone() -> None:
    allowed = sys.stdlib_module_names | {"yaml", "handseg"}
    lowest = [name for name, level in LAYERS.items() if level == 0 and name != "handseg"]
    assert not offenders(lambda module: libraries(module) - allowed, *lowest)


def test_neither_the_domain_nor_what_is_built_on_it_knows_storage() -> None:
    packages = [*DOMAIN_PACKAGES, *(name for name, level in LAYERS.items() if level == 2)]

    def storage(module: Module) -> set[str]:
        return {name for name in module.imports if is_within(name, *STORAGE)}

    assert not offenders(storage, *packages)


def test_storage_does_not_know_the_domain() -> None:
    def domain(module: Module) -> set[str]:
        return {name for name in module.imports if is_within(name, *DOMAIN_PACKAGES)}

    assert not offenders(domain, *STORAGE)


def test_stages_do_not_know_each_other() -> None:
    def others(module: Module) -> set[str]:
        return {name for name in module.imports if is_within(name, "handseg.stages")}

    assert not offenders(others, "handseg.stages")


def test_components_know_stages_and_neither_each_other_nor_the_domain() -> None:
    allowed = ("components.images", "handseg.durable", "handseg.storage", "handseg.summary")

    def unknown(module: Module) -> set[str]:
        if not module.name.endswith(".component"):
            return set()
        known = ours(module.imports | module.late_imports) - {"components", "handseg"}
        low = {name for name in known if layer(name) in (1, 2, 4) or is_within(name, "components")}
        return {name for name in low if not is_within(name, *allowed)}

    assert not offenders(unknown, "components")


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


def test_nothing_below_the_command_line_prints() -> None:
    below = [name for name, level in LAYERS.items() if name != "handseg" and level < 4]
    assert not offenders(lambda module: calls(module) & {"print"}, *below)


def test_no_assert_outside_tests() -> None:
    def asserts(module: Module) -> list[str]:
        nodes = ast.walk(module.tree)
        return [ast.unparse(node) for node in nodes if isinstance(node, ast.Assert)]

    assert not offenders(asserts)


def test_only_the_command_line_swallows_every_exception() -> None:
    def swallowed(module: Module) -> set[str]:
        if module.name == "handseg.cli":
            return set()
        handlers = [node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler)]
        silent = [h for h in handlers if not any(isinstance(n, ast.Raise) for n in ast.walk(h))]
        caught = {"" if h.type is None else ast.unparse(h.type) for h in silent}
        return caught & {"", "Exception", "BaseException"}

    assert not offenders(swallowed)


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
