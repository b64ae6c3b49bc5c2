import hashlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput, MissingInput
from handseg.folds import FoldRow, FoldTable, assign_folds

TABLE = FoldTable((FoldRow("a.png", "ann", 0), FoldRow("b.png", "bob", 1)))


def images(people: dict[str, int]) -> list[tuple[str, str]]:
    """(image name, person) of so many images of each person."""
    return [(f"{person}-{i}.png", person) for person, count in people.items() for i in range(count)]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    path.with_name("folds.csv.sha256").write_text(f"{digest}  folds.csv\n")
    return path


def test_folds_of_two_images_each_are_assigned_as_group_k_fold_does() -> None:
    # GroupKFold hands out equal groups from the last to the first, each to the emptiest fold
    table = assign_folds(images({"ID001": 2, "ID002": 2, "ID003": 2}), 3)
    assert [(row.person, row.fold) for row in table.rows][::2] == [
        ("ID001", 2),
        ("ID002", 1),
        ("ID003", 0),
    ]


def test_four_hundred_people_make_five_equal_folds() -> None:
    table = assign_folds(images({f"ID{i:03d}": 2 for i in range(400)}), 5)
    assert [len(table.held_out(fold)) for fold in range(5)] == [160] * 5
    assert len(table.training(0)) == 640


@given(
    st.dictionaries(st.text("ab19._-", min_size=1, max_size=4), st.integers(1, 5), min_size=3),
    st.integers(2, 3),
)
def test_no_person_is_in_two_folds_and_every_image_is_held_out_once(
    people: dict[str, int], folds: int
) -> None:
    table = assign_folds(images(people), folds)
    assert table.count == folds
    for person in people:
        assert len({row.fold for row in table.rows if row.person == person}) == 1
    held_out = [name for fold in range(folds) for name in table.held_out(fold)]
    assert sorted(held_out) == sorted(name for name, _ in images(people))
    for fold in range(folds):
        assert not set(table.held_out(fold)) & set(table.training(fold))


@given(st.lists(st.integers(0, 2000), min_size=5, max_size=30, unique=True), st.randoms())
def test_the_order_of_images_does_not_matter(ids: list[int], random: Random) -> None:
    ordered = images({str(i): 2 for i in ids})
    shuffled = list(ordered)
    random.shuffle(shuffled)
    expected = {row.image_name: row.fold for row in assign_folds(ordered, 3).rows}
    assert {row.image_name: row.fold for row in assign_folds(shuffled, 3).rows} == expected


def test_fewer_people_than_folds_are_refused() -> None:
    with pytest.raises(BadInput, match="2 people cannot make 3 folds"):
        assign_folds(images({"ann": 5, "bob": 5}), 3)


def test_a_person_in_two_folds_is_refused() -> None:
    with pytest.raises(BadInput, match="person ann is in folds 0 and 1"):
        FoldTable((FoldRow("a.png", "ann", 0), FoldRow("b.png", "ann", 1)))


def test_an_image_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"image a\.png is twice in the fold table"):
        FoldTable((FoldRow("a.png", "ann", 0), FoldRow("a.png", "bob", 1)))


def test_a_gap_between_folds_is_refused() -> None:
    with pytest.raises(BadInput, match=r"folds of the fold table are \[0, 2\]"):
        FoldTable((FoldRow("a.png", "ann", 0), FoldRow("b.png", "bob", 2)))


def test_an_image_that_is_not_there_has_no_fold() -> None:
    assert TABLE.fold_of("b.png") == 1
    with pytest.raises(BadInput, match=r"c\.png: not in the fold table"):
        TABLE.fold_of("c.png")


def test_the_table_is_a_csv_with_a_header() -> None:
    assert TABLE.to_text() == "image_name,person,fold\na.png,ann,0\nb.png,bob,1\n"


def test_reading_undoes_writing(tmp_path: Path) -> None:
    path = write(tmp_path / "folds.csv", TABLE.to_text())
    assert FoldTable.read(path) == TABLE
    TABLE.write(path)
    assert FoldTable.read(path) == TABLE


def test_a_table_edited_by_hand_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "folds.csv", TABLE.to_text())
    path.write_text(TABLE.to_text().replace("bob,1", "bob,0"))
    with pytest.raises(BadInput, match=r"folds\.csv: changed since it was written"):
        FoldTable.read(path)


@pytest.mark.parametrize("gone", ["folds.csv", "folds.csv.sha256"])
def test_a_table_or_hash_that_is_not_there_is_missing_input(tmp_path: Path, gone: str) -> None:
    path = write(tmp_path / "folds.csv", TABLE.to_text())
    (tmp_path / gone).unlink()
    with pytest.raises(MissingInput, match=f"{gone}: not found"):
        FoldTable.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header is nothing"),
        ("image_name,fold\na.png,0\n", "header is image_name,fold"),
        ("image_name,person,fold\na.png,ann\n", "line 2 is 'a.png,ann'"),
        ("image_name,person,fold\na.png,ann,0\nb.png,bob,one\n", "line 3 is 'b.png,bob,one'"),
        ("image_name,person,fold\na.png,ann,-1\n", "line 2"),
        ("image_name,person,fold\n", "holds no images"),
        ("image_name,person,fold\na.png,ann,3000000000\n", "line 2 is 'a.png,ann,3000000000'"),
        ("image_name,person,fold\na.png,ann,\u0661\n", r"line 2 is 'a.png,ann,\\u0661'"),
        ("image_name,person,fold\na.png,ann,01\n", "line 2 is 'a.png,ann,01'"),
        ("image_name,person,fold\na\u202e.png,ann,0\n", r"line 2 is 'a\\u202e.png,ann,0'"),
        ("image_name,person,fold\n../a.png,ann,0\n", "line 2 is '../a.png,ann,0'"),
        ("image_name,person,fold\n" + "a" * 140_000, "no CSV .field larger than"),
        ("image_name,person,fold\na\rb", "no CSV .new-line character"),
        (
            "image_name,person,fold\na.png,ann,1\n",
            r"folds of the fold table are .1., not 0 to K - 1;",
        ),
        ("x" * 100_000, "header is xxx"),
    ],
)
def test_a_file_that_is_no_fold_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refusal:
        FoldTable.read(write(tmp_path / "folds.csv", text))
    path, said = str(tmp_path / "folds.csv"), str(refusal.value)
    assert said.startswith(f"{path}: ")
    assert said.isprintable()
    assert len(said) < 500 + len(path)


def test_a_table_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "folds.csv"
    path.write_bytes(b"\xff")
    digest = hashlib.sha256(b"\xff").hexdigest()
    path.with_name("folds.csv.sha256").write_text(f"{digest}  folds.csv\n")
    with pytest.raises(BadInput, match=r"folds\.csv: no CSV .*; split again"):
        FoldTable.read(path)


@pytest.mark.parametrize(
    ("people", "fault"),
    [
        ({"a.png": "ann"}, r"1 images in the fold table, but not in the cache: b\.png; give"),
        (
            {"a.png": "ann", "b.png": "bob", "c.png": "bob"},
            r"not in the fold table.*: c\.png; give",
        ),
        ({"a.png": "ann", "b.png": "ann"}, r"under another person than in the cache: b\.png; give"),
    ],
)
def test_a_table_of_other_images_or_people_is_refused(people: dict[str, str], fault: str) -> None:
    with pytest.raises(BadInput, match=f"^folds.csv: .*{fault}"):
        TABLE.check_fits(people, source="folds.csv", where="cache")


def test_a_table_fits_its_images_in_any_order_and_names_ten_at_most() -> None:
    TABLE.check_fits({"b.png": "bob", "a.png": "ann"}, source="folds.csv", where="data")
    many = {f"{number:02d}.png": "eve" for number in range(12)}
    with pytest.raises(BadInput, match=r"12 images not .*: 00\.png, .*, 09\.png \.\.\.;"):
        TABLE.check_fits(many, source="folds.csv", where="data")


def test_a_sum_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "folds.csv", TABLE.to_text())
    path.with_name("folds.csv.sha256").write_bytes(b"\xff" * 64)
    with pytest.raises(BadInput, match="changed since it was written"):
        FoldTable.read(path)
