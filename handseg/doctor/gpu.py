"""torch and the GPUs: what the driver lists, what torch can use of it, and in which precision."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from handseg.doctor import child, requirements
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, ok, short_of, warning

_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
_LIMIT_S = 20
_PUBLISHED_PX = 2048
_CUDA_WHEEL = "pip install --force-reinstall --no-deps torch, whose usual Linux wheel has CUDA"


@dataclass(frozen=True)
class Listed:
    """What the driver says."""

    names: Sequence[str] = field(default=())
    driver: str = ""


def look(asked: Asked) -> Iterator[Check]:
    """Load torch in a process of its own, where it is installed, and compare with the driver."""
    listed = _listed()
    if requirements.installed("torch") is None:
        remedy = "pip install 'handseg[train]' to train and infer; the other stages need no torch"
        yield (failed if asked.preset else not_asked)("gpu", f"{_driver(listed)}; no torch", remedy)
        return
    done = child.run("-m", "handseg.doctor.torch_facts")
    reason = child.failure(done)
    if reason:
        remedy = "pip install --force-reinstall torch"
        found = f"torch {requirements.installed('torch')} cannot be loaded ({reason})"
        yield failed("gpu", found, remedy)
        return
    yield of(asked, listed, json.loads(done.stdout))


def _listed() -> Listed:
    try:
        done = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return Listed()
    rows = [line.rpartition(", ") for line in done.stdout.splitlines() if ", " in line]
    return Listed([row[0] for row in rows], rows[0][2] if rows else "")


def _driver(listed: Listed) -> str:
    if not listed.names:
        return "nvidia-smi lists none"
    return f"{', '.join(listed.names)}, driver {listed.driver}"


def of(asked: Asked, listed: Listed, facts: dict[str, Any]) -> Check:
    """What is to be said of the GPUs.

    Args:
        asked: what is wanted.
        listed: by the driver.
        facts: by torch; see `torch_facts.facts`.
    """
    torch = f"torch {facts['torch']}"
    if facts["gpus"]:
        driver = f", driver {listed.driver}" if listed.driver else ""
        gpus = "; ".join(map(_described, facts["gpus"]))
        return ok("gpu", f"{gpus}{driver}; {torch}, CUDA {facts['cuda']}")
    if listed.names and facts["cuda"] is None:
        found = f"{_driver(listed)}; {torch} is a build without CUDA"
        return short_of("gpu", found, _CUDA_WHEEL, is_needed=asked.wants_gpu)
    if listed.names:
        said = f" ({facts['said']})" if facts["said"] else ""
        found = f"{_driver(listed)}; {torch}, CUDA {facts['cuda']}, cannot use it{said}"
        remedy = "install a driver that is new enough for that CUDA, or an older torch"
        return short_of("gpu", found, remedy, is_needed=asked.wants_gpu)
    return _without(asked, f"none; {torch}, {_build(facts)}")


def _described(gpu: dict[str, Any]) -> str:
    precision = "bf16" if gpu["bf16"] else "no bf16"
    return f"{gpu['name']}, {gpu['memory_bytes'] / 2**30:.0f} GiB, {precision}"


def _build(facts: dict[str, Any]) -> str:
    return "without CUDA" if facts["cuda"] is None else f"CUDA {facts['cuda']}"


def _without(asked: Asked, found: str) -> Check:
    if asked.wants_gpu:
        remedy = "run where nvidia-smi lists a GPU (with Docker: --gpus all), or set device to auto"
        return failed("gpu", found, remedy)
    preset = asked.preset
    if preset and any(m.train.model.output_px >= _PUBLISHED_PX for m in preset.members):
        remedy = f"preset {preset.name} trains at {_PUBLISHED_PX} px, which takes weeks on a CPU"
        return warning("gpu", found, remedy)
    return ok("gpu", f"{found}: networks run on the CPU")
