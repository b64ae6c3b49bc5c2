"""Rows of probability stores and image caches: truncated, or of other columns."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tests.faults import arrow, spoiled
from tests.faults.command import handseg
from tests.faults.spoiled import Told
from tests.faults.stages import infer, train, vote


def lengths(size: int) -> Iterator[int]:
    """Where a file is cut: nothing, a header, most of it, all but a byte."""
    yield from (0, 100, size // 2, size - 1)


@pytest.mark.fault(29)
def test_row_29_a_truncated_store_is_refused(run: Path, told: Told) -> None:
    path = run / "stores/fold1/test/probabilities.arrow"
    content = path.read_bytes()
    for length in lengths(len(content)):
        path.write_bytes(content[:length])
        copied = f"{path}: does not match its SHA-256; copy it again"
        spoiled.refused(*vote(run), out=run.parent / "new.csv", says=[copied])
        spoiled.resum(path.parent)
        made = (f"{path}: truncated or damaged (", "copy it again, or make the store again with")
        spoiled.refused(*vote(run), out=run.parent / "new.csv", says=made)
    told("at 4 lengths, with its sums of before and with new ones: exit 2 by ensemble, file named")


@pytest.mark.fault(29)
@pytest.mark.parametrize("name", ["test.arrow", "train.arrow", "index.json"])
def test_row_29_a_truncated_cache_is_refused(run: Path, told: Told, name: str) -> None:
    path = run / "cache" / name
    content = path.read_bytes()
    says = [path, "make the cache again"]
    for length in [0, len(content) - 2]:
        path.write_bytes(content[:length])
        spoiled.refused(*infer(run), out=run.parent / "new", says=says)
    spoiled.refused(*train(run), out=run.parent / "new", says=says)
    told(f"{name} of a cache at 2 lengths: exit 2 by infer and train: make the cache again")


@pytest.mark.fault(31)
def test_row_31_columns_that_differ_are_said(run: Path, told: Told) -> None:
    store = run / "stores/fold1/test/probabilities.arrow"
    out = run.parent / "new"
    arrow.rewrite(store, arrow.without("person"))
    arrow.rewrite(store, arrow.of_type("height", pa.int64()))
    fault = "no column person, height is 'int64' instead of 'uint32'"
    spoiled.refused(*vote(run), out=out, says=[f"{store}: {fault}; make the store again"])
    cache = run / "cache/test.arrow"
    arrow.rewrite(cache, arrow.of_type("name", pa.large_string()))
    fault = "name is 'large_string' instead of 'string'"
    says = [f"{cache}: {fault}; make the cache again with `handseg preprocess`"]
    spoiled.refused(*train(run), out=out, says=says)
    spoiled.refused(*infer(run), out=out, says=says)
    told(f"of a store and a cache: exit 2 by ensemble, infer and train: {fault}")


@pytest.mark.fault(31)
def test_row_31_a_header_that_differs_is_said(hands: Path, run: Path, told: Told) -> None:
    table, csv, out = run / "folds.csv", run / "submission.csv", run.parent / "new"
    table.write_text(table.read_text().replace("person", "patient", 1))
    spoiled.resum(table)
    said = f"{table}: header is image_name,patient,fold, expected image_name,person,fold; split"
    words = ("preprocess", "--data", hands, "--folds", table)
    spoiled.refused(*words, out=out, says=[said])
    csv.write_text(csv.read_text().replace("rle", "RLE", 1))
    wrong = f"{csv}:1: wrong header (image_name,class,RLE); write image_name,class,rle"
    handseg("validate", "--data", hands, "--submission", csv).must(2, wrong)
    handseg("score", "--truth", hands, "--submission", csv).must(2, wrong)
    told("of a fold table by preprocess, of a CSV by validate and score: exit 2 with both headers")
