import pytest

from handseg.dataset.fault import Fault
from handseg.dataset.refusal import refuse, shown
from handseg.errors import BadInput


def test_no_fault_is_no_refusal() -> None:
    refuse([])


def test_faults_are_listed_one_a_line() -> None:
    faults = [Fault("a.png", "truncated", "12 bytes", "copy it"), Fault("b.png", "odd", "", "go")]
    with pytest.raises(BadInput) as refusal:
        refuse(faults)
    assert str(refusal.value) == "a.png: truncated (12 bytes); copy it\nb.png: odd; go"


def test_many_faults_are_counted() -> None:
    with pytest.raises(BadInput, match="and 80 more; `handseg check DATA` lists them all"):
        refuse([Fault(f"{i}.png", "odd", "", "go") for i in range(100)])


def test_values_are_shown_printable_and_short() -> None:
    assert shown("a\nb\u202e") == r"'a\nb\u202e'"
    assert shown([1, 2]) == "[1, 2]"
    assert len(shown("x" * 10**7)) == 80
    assert len(shown([[1.0, 2.0]] * 10**6)) == 80
