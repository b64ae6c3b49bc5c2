import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput
from handseg.presets import plain_yaml


@pytest.mark.parametrize("text", ["3e-4", "3E-4", "3.0e-4", "+3e-4", ".3e-3", "3.e-4"])
def test_exponents_are_numbers_however_they_are_written(text: str) -> None:
    assert plain_yaml.load(text) == pytest.approx(3e-4)


@pytest.mark.parametrize("text", ["e-4", "3e", "ds2048", "1e4x", "image1e4.png"])
def test_text_with_an_e_in_it_stays_text(text: str) -> None:
    assert plain_yaml.load(text) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_python_writes_is_read_back(value: float) -> None:
    assert plain_yaml.load(repr(value)) == value


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="'a' stands twice"):
        plain_yaml.load("x: {a: 1, b: 2, a: 3}")


def test_a_python_object_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        plain_yaml.load("!!python/object/apply:os.getcwd []")


@pytest.mark.parametrize(
    "text",
    [
        "0x_",
        "!!int ''",
        "!!float x",
        "!!bool x",
        "!!timestamp x",
        "!!int 1:1.5",
        "[" * 5000,
    ],
)
def test_a_value_that_is_none_of_its_type_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        plain_yaml.load(text)


@pytest.mark.parametrize("text", ["!!set {a, b}", "!!binary aGFuZA==", "!!pairs [a: 1]"])
def test_what_json_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="a (set|bytes|tuple), which no setting is"):
        plain_yaml.load(text)


def test_a_date_is_text() -> None:
    assert plain_yaml.load("[2001-01-01, 2001-99-99]") == ["2001-01-01", "2001-99-99"]


@pytest.mark.parametrize("text", ["{[1]: 2}", "? [1]\n? [1]", "? {a: 1}\n: 2"])
def test_a_key_that_is_a_list_or_mapping_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="is no plain value"):
        plain_yaml.load(text)


def test_anchors_are_unfolded_up_to_a_bound() -> None:
    assert plain_yaml.load("{a: &a [1, 2], b: *a}") == {"a": [1, 2], "b": [1, 2]}
    bomb = "\n".join(f"a{n + 1}: &a{n + 1} [{f'*a{n}, ' * 10}]" for n in range(9))
    with pytest.raises(BadInput, match=r"my\.yaml: not YAML \(more than 100000 values"):
        plain_yaml.load_mapping(f"a0: &a0 x\n{bomb}", where="my.yaml")
    with pytest.raises(yaml.YAMLError, match="more than 100000 values"):
        plain_yaml.load("&a [*a]")


def test_a_refusal_is_printable_and_short() -> None:
    for text in ("a: \u202e\0", "[" + "a" * 10_000, "- " + "b" * 10_000):
        with pytest.raises(BadInput) as refusal:
            plain_yaml.load_mapping(text, where="my.yaml")
        assert str(refusal.value).isprintable()
        assert len(str(refusal.value)) < 400


def test_whole_floats_become_ints_everywhere() -> None:
    found = plain_yaml.load_whole("{a: 40.0, b: [1.0, 2.5], c: {d: 3.0}, e: .inf}")
    assert found == {"a": 40, "b": [1, 2.5], "c": {"d": 3}, "e": math.inf}
    assert type(found["a"]) is int
    assert type(found["c"]["d"]) is int


@pytest.mark.parametrize("text", ["[1, 2]", "3", "{1: 2}", "a: b: c"])
def test_what_is_no_mapping_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadInput, match=r"^my\.yaml: "):
        plain_yaml.load_mapping(text, where="my.yaml")


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert plain_yaml.load_mapping("# nothing\n", where="x") == {}
