"""What a stage took of its machine's memory, as its run.json has it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The most memory that a stage took, in bytes; None where its record does not say."""

    peak_bytes: int | None = None
    """Of the process, libraries included."""
    is_own: bool = True
    """Whether it is the stage's own; otherwise something before it may have taken as much."""
    worker_most_bytes: int | None = None
    """What no process that it started exceeded."""
    gpu_peak_bytes: int | None = None
    """Of a GPU's memory, by tensors."""


def parse(record: Mapping[str, object]) -> Usage:
    """Read what a run.json says.

    Args:
        record: of any stage, and of any version.

    Raises:
        TypeError: an entry is of another form.
    """
    memory = record.get("memory", {})
    if not isinstance(memory, Mapping):
        raise TypeError(f"memory is no mapping: {memory!r}")
    peak, trained = _bytes(memory, "peak_bytes"), _bytes(record, "peak_memory_bytes")
    on_gpu = not str(record.get("device", "")).startswith("cpu")
    if trained is not None and not on_gpu:
        # That of all processes which the training went on in.
        peak = max(trained, peak or 0)
    return Usage(
        peak_bytes=peak,
        is_own=memory.get("is_own") is not False,
        worker_most_bytes=_bytes(memory, "worker_most_bytes"),
        gpu_peak_bytes=trained if trained and on_gpu else _bytes(record, "gpu_peak_bytes"),
    )


def _bytes(values: Mapping[str, object], name: str) -> int | None:
    value = values.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f"{name} is no number of bytes: {value!r}")
    return value
