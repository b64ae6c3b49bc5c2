import pytest

from handseg.dataset.fault import Fault
from handseg.dataset.refusal import refuse
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
