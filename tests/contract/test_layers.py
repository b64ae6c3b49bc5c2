"""Imports point downwards, as CONTRIBUTING's table of layers has it."""

import re
import sys

from tests.contract.layers import LAYERS, layer
from tests.contract.offenders import is_within, libraries, offenders, ours
from tests.contract.source_tree import ROOT, Module

DOMAIN = ("bones", "masks", "images", "dataset", "folds", "models")
DOMAIN_PACKAGES = tuple(f"handseg.{name}" for name in DOMAIN)
STORAGE = ("handseg.storage", "handseg.provenance")


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
