import pytest

from handseg.errors import BadInput, HandsegError, OutOfGpuMemory
from tests.fuzz.oracle import Wrong, check_refusal


def test_a_refusal_that_a_person_can_use_is_right() -> None:
    check_refusal(BadInput("a.txt: damaged; copy it again"), "a.txt")
    check_refusal(BadInput("\n".join(f"a.txt: fault {n}; mend it" for n in range(21))), "a.txt")


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OutOfGpuMemory("a.txt"), "a refusal of type OutOfGpuMemory"),
        (HandsegError("a.txt"), "a refusal of type HandsegError"),
        (BadInput("damaged"), "does not name a.txt"),
        (BadInput("a.txt: \u202e"), "cannot be printed"),
        (BadInput("a.txt: \x1b[2J"), "cannot be printed"),
        (BadInput("a.txt: " + "x" * 1000), "a long line"),
        (BadInput("a.txt\n" * 100), "too many lines"),
    ],
)
def test_any_other_is_wrong(error: HandsegError, fault: str) -> None:
    with pytest.raises(Wrong, match=fault):
        check_refusal(error, "a.txt")
