"""Row of annotation files that are no annotations, huge ones among them."""

from pathlib import Path

import pytest

from tests.faults import spoiled
from tests.faults.command import measured
from tests.faults.spoiled import Told, standing

MOST_MB = 700
"""Of memory: NumPy, OpenCV and Arrow take 150 MB before a file is read."""
MOST_BYTES = 16_000_000
"""What an annotation may take, as `handseg check` says."""

CONTENTS = {
    "cut short": (b'{"annotations": [{"label": "Ulna", "poi', "no JSON ("),
    "empty": (b"", "no JSON ("),
    "UTF-16": ('{"annotations": []}'.encode("utf-16"), "no JSON ("),
    "byte-order mark": (
        b'\xef\xbb\xbf{"annotations": []}',
        "begins with a byte-order mark (EF BB BF); save it as plain UTF-8",
    ),
    "another document": (b'["Ulna"]', "no list 'annotations' (got NoneType)"),
    "a number of 5000 digits": (b'{"annotations": ' + b"9" * 5000 + b"}", "no JSON ("),
}
HUGE = {
    "100 MB": (
        b'{"annotations": [' + b" " * 10**8 + b"]}",
        "too large (100000019 bytes); give the",
    ),
    "nested 8 million deep": (b"[" * (MOST_BYTES // 2), "nested too deeply; export the"),
    "5 million empty lists": (
        b'{"annotations": [' + b"[]," * (MOST_BYTES // 3 - 10) + b"[]]}",
        f"more than 1000 polygons ({MOST_BYTES // 3 - 9}); give the annotation of one image",
    ),
}


@pytest.mark.fault(46)
def test_row_46_files_that_are_no_annotation_are_refused(
    data: Path, done: Path, told: Told
) -> None:
    said = []
    for image, (content, fault) in zip(spoiled.images(data), CONTENTS.values(), strict=False):
        path = spoiled.annotation(image)
        path.write_bytes(content)
        said.append(f"{path}: {fault}")
    spoiled.data_refused(data, done / "folds.csv", *said[:1])
    ended, _ = measured("check", data)
    ended.must(2, *said, f"{len(CONTENTS)} faults")
    told(f"{', '.join(CONTENTS)}: exit 2, each named by check; preprocess and run refuse")


@pytest.mark.fault(46)
@pytest.mark.parametrize("what", HUGE)
def test_row_46_huge_files_take_bounded_memory(
    data: Path, done: Path, told: Told, what: str
) -> None:
    content, fault = HUGE[what]
    path = spoiled.annotation(spoiled.images(data)[0])
    path.write_bytes(content)
    before = standing(data.parent)
    words = ("preprocess", "--data", data, "--folds", done / "folds.csv")
    checked, check_mb = measured("check", data)
    checked.must(2, f"{path}: ", fault)
    stopped, stage_mb = measured(*words, "--out", data.parent / "out")
    stopped.must(2, f"{path}: ", fault)
    assert standing(data.parent) == before
    assert max(check_mb, stage_mb) < MOST_MB
    told(
        f"{what}: exit 2 after {checked.seconds:.1f} s with {check_mb:.0f} MB at most by check, "
        f"{stopped.seconds:.1f} s and {stage_mb:.0f} MB by preprocess"
    )
