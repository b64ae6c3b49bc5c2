from pathlib import Path

import pytest

from handseg import bone_list
from handseg.errors import BadInput, MissingInput


def test_names_alone_are_enough() -> None:
    found = bone_list.parse("names: [Talus, Calcaneus]", where="foot")
    assert found.names == ("Talus", "Calcaneus")
    assert found.short == ("1", "2")
    assert (found.groups, found.overlapping) == ({}, ())


def test_groups_and_pairs_become_class_ids() -> None:
    text = "names: [A, B, C]\nshort: [a, b, c]\ngroups: {x: [C, A]}\noverlapping: [[B, C]]"
    found = bone_list.parse(text, where="foot")
    assert found.short == ("a", "b", "c")
    assert found.groups == {"x": (2, 0)}
    assert found.overlapping == ((1, 2),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names: []", "0 names; give 1 to 31"),
        (f"names: [{', '.join(f'b{i}' for i in range(32))}]", "32 names; give 1 to 31"),
        ("names: [A, A]", "A is named twice"),
        ("names: ['=A']", "give letters"),
        ("names: [A]\nshort: [abc]", "one or two letters"),
        ("names: [A]\ngroups: {x: [B]}", "is none of its names"),
        ("names: [A]\noverlapping: [[A]]", "is no pair"),
        ("names: [A]\noverlapping: 5", "overlapping: 5 is no list"),
        ("names: [A]\nshort: ['\\x1b']", "one or two letters"),
        ("names: A", "is no list of texts"),
        ("bones: [A]", "unknown key"),
    ],
)
def test_what_cannot_be_right_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as refusal:
        bone_list.parse(text, where="foot.yaml")
    assert "foot.yaml" in str(refusal.value)


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(bone_list.VARIABLE, str(tmp_path / "foot.yaml"))
    with pytest.raises(MissingInput, match=r"foot.yaml: not found"):
        bone_list.chosen()


def test_a_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "foot.yaml").write_bytes(b"\xff")
    monkeypatch.setenv(bone_list.VARIABLE, str(tmp_path / "foot.yaml"))
    with pytest.raises(BadInput, match=r"foot.yaml: not text .*; save it as UTF-8"):
        bone_list.chosen()


def test_by_default_the_bones_are_the_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(bone_list.VARIABLE, raising=False)
    assert bone_list.chosen() is None
