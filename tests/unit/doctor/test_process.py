import os
import resource
import subprocess
import sys
import time

from handseg.doctor import process
from handseg.doctor.asked import Asked
from handseg.presets import catalogue

_SCRIPT = """
import resource
from handseg.doctor import process
from handseg.doctor.asked import Asked
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
for one in process.look(Asked()):
    print(f"{one.name}|{one.state}|{one.found}|{one.remedy}")
"""


def test_few_files_and_no_utf_8_are_said() -> None:
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **plain},
    )
    files, text, clock = (line.split("|") for line in done.stdout.splitlines())
    assert files == ["open files", "warning", "64, 256 may be needed", "ulimit -n 256"]
    assert text[1] == "warning" and "ascii" in text[2] and "LC_ALL=C.UTF-8" in text[3]
    assert clock[1] == "ok"


def test_every_worker_may_need_files() -> None:
    asked = Asked(preset=catalogue.load("seed_eff", {"train": {"workers": 10}}))
    # 256 and 32 for each of 10 workers
    assert process.files(asked, 575).state == "warning"
    assert process.files(asked, 576).state == "ok"
    assert process.files(asked, resource.RLIM_INFINITY).found == "no limit"


def test_utf_8_is_well() -> None:
    assert process.text("utf-8", "UTF-8").state == "ok"


def test_a_clock_before_the_software_is_wrong() -> None:
    assert process.clock(time.time()).state == "ok"
    check = process.clock(0.0)
    assert check.state == "warning"
    assert check.found == "1970-01-01 00:00:00 UTC, before handseg was installed"
