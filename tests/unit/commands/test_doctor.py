import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from handseg.commands.doctor import doctor
from handseg.doctor import examination
from handseg.storage.location import Location
from tests.object_store.servers import KEY, SECRET

ROOT = Path(__file__).parents[3]
STATES = {"ok", "warning", "failed", "not asked for"}


@pytest.fixture(autouse=True)
def _nothing_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "KF_PIPELINES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def test_this_machine_works_and_every_line_is_of_one_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert doctor() == 0
    *lines, last = capsys.readouterr().out.splitlines()
    names = [line.split("  ")[0] for line in lines]
    assert names[0] == "python" and names[-1] == "docker"
    assert len(set(names)) == len(names) > 15
    column = lines[0].index("ok")
    assert all(line[column:].startswith(tuple(STATES)) for line in lines)
    assert last.startswith("0 failed, ") and last.endswith(f" of {len(lines)} checks")


def test_what_would_not_work_ends_with_2_and_says_so_as_json(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert doctor(data=Location(str(tmp_path / "none")), json=True) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    by_name = {check["name"]: check for check in found["checks"]}
    assert set(by_name["data"]) == {"name", "state", "found", "remedy"}
    assert by_name["data"] == {
        "name": "data",
        "state": "failed",
        "found": f"{tmp_path / 'none'}: not found",
        "remedy": "give an existing folder",
    }
    assert {check["state"] for check in found["checks"]} <= STATES


def test_no_key_is_shown(object_store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(out=Location(f"s3://{object_store.name}/runs/first")) == 0
    captured = capsys.readouterr()
    assert "rights" in captured.out
    assert not any(secret in captured.out + captured.err for secret in (KEY, SECRET))


def test_on_a_terminal_it_is_a_table_in_colours() -> None:
    own, its = pty.openpty()
    command = [sys.executable, "-m", "handseg", "doctor"]
    plain = {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"}
    done = subprocess.Popen(command, stdout=its, stderr=subprocess.DEVNULL, env=os.environ | plain)
    os.close(its)
    shown = b""
    while True:
        try:
            piece = os.read(own, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(own)
    assert done.wait() == 0
    text = shown.decode()
    assert "\x1b[32mok" in text and "what to do" in text and "┃" in text


def run(
    *words: str, variables: Mapping[str, str] = MappingProxyType({}), flags: tuple[str, ...] = ()
) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the checks by name."""
    done = subprocess.run(
        [sys.executable, *flags, "-m", "handseg", "doctor", "--json", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        check=False,
    )
    found = json.loads(done.stdout)
    return done.returncode, {check["name"]: check for check in found["checks"]}


@pytest.fixture(scope="module")
def without_torch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is installed here, but for torch and what only training needs, as in the CPU image."""
    folder = tmp_path_factory.mktemp("site")
    left_out = ("torch", "albu", "optuna", "safetensors", "transformers", "onnx")
    (site,) = {Path(place) for place in sys.path if place.endswith("site-packages")}
    for entry in site.iterdir():
        if not entry.name.startswith(left_out) and entry.suffix != ".pth":
            (folder / entry.name).symlink_to(entry)
    return {"PYTHONPATH": f"{ROOT}:{folder}"}


def test_without_torch_it_works_and_says_what_to_install(without_torch: dict[str, str]) -> None:
    # -S: what is installed is what the folder holds.
    code, found = run(variables=without_torch, flags=("-S",))
    assert code == 0
    assert found["gpu"]["state"] == "not asked for"
    assert "pip install 'handseg[train]'" in found["gpu"]["remedy"]
    assert found["packages[train]"]["state"] == "not asked for"


def test_without_torch_a_preset_cannot_be_run(without_torch: dict[str, str]) -> None:
    code, found = run("--preset", "demo", variables=without_torch, flags=("-S",))
    assert code == 2
    assert found["packages[train]"]["state"] == "failed"
    assert "torch is missing" in found["packages[train]"]["found"]


def test_a_check_that_lacks_its_package_is_a_finding(
    tmp_path: Path, without_torch: dict[str, str]
) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError(\"No module named 'boto3'\")")
    path = {"PYTHONPATH": f"{tmp_path}:{without_torch['PYTHONPATH']}"}
    code, found = run(variables=path, flags=("-S",))
    assert code == 2
    assert found["store"]["found"] == "No module named 'boto3'"
    assert found["python"]["state"] == "ok"


def test_every_check_is_in_the_list() -> None:
    folder = Path(examination.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\ndef look(" in path.read_text()}
    assert modules == set(examination.MODULES)
