import pytest

from handseg.errors import BadInput
from handseg.training import processes


def test_nothing_is_started_where_there_is_nothing_to_share() -> None:
    assert processes.count(0, "cpu") == processes.count(1, "cpu") == 1
    assert processes.count(2, "cpu") == 2


def test_all_gpus_under_torchrun_are_torchruns_own_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert processes.count(0, "auto") == processes.count(1, "auto") == 1
    with pytest.raises(BadInput, match="processes is 2, but torchrun started this one"):
        processes.count(2, "auto")


@pytest.mark.parametrize(
    ("wanted", "device", "message"),
    [(-1, "cpu", "processes is -1; give 0 or more"), (99, "cuda", "there are . GPUs")],
)
def test_what_cannot_be_started_is_refused(wanted: int, device: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        processes.count(wanted, device)
