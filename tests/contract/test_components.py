import ast
from importlib import import_module
from typing import Any

import pytest

from components import generate, wiring
from components.images import CPU_IMAGE, GPU_IMAGE

IMAGES = {"cpu": CPU_IMAGE, "gpu": GPU_IMAGE}
MODULES = {"kfp", "typing", "components.images"}
IN_BODY = ("handseg", "handseg.settings", "handseg.stages.", "handseg.storage")
FROM_HANDSEG = {"durable", "settings_codec", "summary"}
LOGIC = (ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Lambda, ast.IfExp, ast.FunctionDef)

every_component = pytest.mark.parametrize("name", wiring.STAGES)


def component(name: str) -> Any:
    return import_module(f"components.{name}.component").__dict__[name]


def ports(name: str) -> list[str]:
    return wiring.parameters(wiring.component_function(name))


@every_component
def test_a_component_gives_its_stages_every_parameter_and_no_other(name: str) -> None:
    calls = wiring.calls(name)
    assert [call.stage for call in calls] == generate.read_metadata(name)["stages"]
    for call in calls:
        assert sorted(call.wires) == sorted(wiring.parameters(wiring.stage_function(call.stage))), (
            call.stage
        )


@every_component
def test_every_input_and_output_reaches_a_stage_or_says_why_not(name: str) -> None:
    wired = {port for call in wiring.calls(name) for used in call.wires.values() for port in used}
    alone = set(generate.read_metadata(name)["only_here"])
    assert wired.isdisjoint(alone)
    assert wired | alone == set(ports(name))


@every_component
def test_kfp_sees_the_inputs_and_outputs_of_the_source(name: str) -> None:
    spec = component(name).component_spec
    assert spec.name == name
    assert {*(spec.inputs or {}), *(spec.outputs or {})} == set(ports(name))


@every_component
def test_a_component_has_no_logic(name: str) -> None:
    function = wiring.component_function(name)
    lines = (function.end_lineno or 0) - function.lineno + 1
    assert lines <= 46  # the signature takes one line for each input and output
    assert (function.end_lineno or 0) - function.body[0].lineno <= 30
    logic = [node for node in ast.walk(function) if isinstance(node, LOGIC)]
    # Beside the function itself: the one question whether the settings ask for a stage at all.
    assert {ast.unparse(node.test) for node in logic[1:] if isinstance(node, ast.If)} <= {
        "how.select"
    }
    assert not [node for node in logic[1:] if not isinstance(node, ast.If) or node.orelse]


@every_component
def test_a_component_knows_stages_settings_and_storage_alone(name: str) -> None:
    source = wiring.component_path(name).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, ast.Import), ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            assert module in MODULES or module.startswith(IN_BODY), module
            if module == "handseg":
                assert {alias.name for alias in node.names} <= FROM_HANDSEG


@every_component
def test_a_component_runs_in_its_image_and_installs_nothing(name: str) -> None:
    container = component(name).component_spec.implementation.container
    assert container.image == IMAGES[generate.read_metadata(name)["image"]]
    assert not [part for part in container.command if "pip install" in part]
    assert not [part for part in container.command if "{{" in part]


@every_component
def test_a_component_is_described_by_its_stages(name: str) -> None:
    metadata = generate.read_metadata(name)
    assert metadata["name"] == name
    path = wiring.component_path(name).with_name("README.md")
    assert path.read_text(encoding="utf-8") == generate.readme(name), (
        "run: python -m components.generate"
    )


@every_component
def test_every_input_and_output_has_a_meaning(name: str) -> None:
    rows = [line for line in generate.readme(name).splitlines() if line.startswith("| `")]
    assert rows
    assert not [row for row in rows if row.endswith("|  |")]
