"""`python -m tests.benchmarks.million --gpus 1 8 64`: what a million X-rays take, as Markdown.

The README holds what it prints. Inference by trained members and their vote; training is not in it.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from tests.benchmarks.reckoning import Given, Reckoned

GPUS = (1, 8, 64)
_TB = 1e12


@dataclass(frozen=True)
class _Line:
    name: str
    formula: str
    value: Callable[[Reckoned], float]
    unit: str = ""
    per: float = 1


_LINES = (
    _Line("preprocess, on one machine", "n preprocess / c", lambda r: r.preprocess_h, "h"),
    _Line(
        "infer", "n m / N max(2 forward / (share peak), beside / c, cache / disk)",
        lambda r: r.infer_h, "h",
    ),
    _Line(
        "merge, a machine a member", "where N > 1: ceil(m / N) 4 n store / disk",
        lambda r: r.merge_h, "h",
    ),
    _Line("vote", "n vote / (N c)", lambda r: r.vote_h, "h"),
    _Line("fetch stores, under `s3://`", "m n store / disk", lambda r: r.fetch_h, "h"),
    _Line("**time**", "the sum", lambda r: r.hours, "h"),
    _Line("image cache", "n cache", lambda r: r.cache_bytes, "TB", _TB),
    _Line("stores", "n m store", lambda r: r.given.members * r.store_bytes, "TB", _TB),
    _Line("CSV", "n csv", lambda r: r.csv_bytes, "TB", _TB),
    _Line("**storage**", "n png + the sum", lambda r: r.kept_bytes, "TB", _TB),
    _Line(
        "**requests** that write", "files, in parts of 16 MiB or a 10,000th",
        lambda r: r.writes, "thousand", 1e3,
    ),
    _Line(
        "**requests** that read", "n (2 + m) + stores in parts of 16 MiB", lambda r: r.reads,
        "thousand", 1e3,
    ),
    _Line("cost of GPUs", "N infer gpu_hour", lambda r: r.gpu_cost),
    _Line("cost of CPUs", "c core_hour (all other hours)", lambda r: r.core_cost),
    _Line("cost of storage", "GB month", lambda r: r.storage_cost),
    _Line("cost of requests", "puts + gets", lambda r: r.request_cost),
    _Line("**cost**", "the sum", lambda r: r.cost),
)  # fmt: skip


def page(gpus: Sequence[int] = GPUS, given: Given | None = None) -> str:
    """Both tables: what is reckoned for each number of GPUs, and from what."""
    given = given or Given()
    columns = [Reckoned(given, count) for count in gpus]
    heads = " | ".join(f"{count} GPU{'s' if count > 1 else ''}" for count in gpus)
    lines = [f"| | formula | {heads} |", "|---|---|" + "---:|" * len(columns)]
    for line in _LINES:
        values = " | ".join(_shown(line.value(one) / line.per, line.unit) for one in columns)
        lines.append(f"| {line.name} | {line.formula} | {values} |")
    lines += ["", "| input | value | what | from |", "|---|---:|---|---|"]
    for one in fields(given):
        what, how = one.metadata["what"], one.metadata["how"]
        lines.append(f"| {one.name} | {getattr(given, one.name):,.4g} | {what} | {how} |")
    return "\n".join(lines) + "\n"


def _shown(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or value == 0 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.million", description=__doc__)
    parser.add_argument("--gpus", type=int, nargs="+", default=list(GPUS))
    print(page(parser.parse_args().gpus), end="")
