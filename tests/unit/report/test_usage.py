import pytest

from handseg.report import usage
from handseg.report.usage import Usage

TRAINED = {"memory": {"peak_bytes": 500, "is_own": True, "worker_most_bytes": 70}}


def test_a_record_says_what_its_process_and_its_workers_took() -> None:
    assert usage.parse({"device": "cpu", **TRAINED}) == Usage(
        peak_bytes=500, is_own=True, worker_most_bytes=70
    )


def test_of_a_training_that_went_on_the_most_of_its_processes_counts() -> None:
    found = usage.parse({"device": "cpu, bfloat16", "peak_memory_bytes": 900, **TRAINED})
    assert (found.peak_bytes, found.gpu_peak_bytes) == (900, None)


def test_on_a_gpu_a_training_s_figure_is_the_gpu_s() -> None:
    found = usage.parse({"device": "NVIDIA H200, bfloat16", "peak_memory_bytes": 900, **TRAINED})
    assert (found.peak_bytes, found.gpu_peak_bytes) == (500, 900)
    found = usage.parse({"device": "NVIDIA H200, float32", "gpu_peak_bytes": 80, **TRAINED})
    assert (found.peak_bytes, found.gpu_peak_bytes) == (500, 80)


def test_records_of_before_and_peaks_that_may_be_of_something_else_say_so() -> None:
    assert usage.parse({"device": "cpu"}) == Usage()
    found = usage.parse({"device": "cpu", "memory": {"peak_bytes": 5, "is_own": False}})
    assert not found.is_own


@pytest.mark.parametrize("memory", [5, {"peak_bytes": "many"}, {"peak_bytes": True}])
def test_what_is_no_number_is_refused(memory: object) -> None:
    with pytest.raises(TypeError):
        usage.parse({"device": "cpu", "memory": memory})
