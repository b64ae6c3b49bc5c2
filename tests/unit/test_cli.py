import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from handseg import cli

_HEAVY = ("torch", "cv2", "kfp", "numpy", "jsonargparse", "yaml", "albumentations", "pyarrow")


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a command whose flag --ending says how it ends."""
    (tmp_path / "probe_command.py").write_text(
        textwrap.dedent('''
        import errno, json as text, logging, os, signal
        from handseg import errors

        logger = logging.getLogger("handseg.probe")

        def probe(ending: str, *, number: int = 7, json: bool = False):
            """Ends as it is told.

            Args:
                ending: how.
                number: what to answer.
                json: as JSON.
            """
            logger.info("a line for people")
            if ending == "answer":
                print(text.dumps({"number": number}) if json else number)
                return None
            if ending == "code":
                return number
            if ending == "sigterm":
                os.kill(os.getpid(), signal.SIGTERM)
            if ending == "disk":
                raise OSError(errno.ENOSPC, "No space left on device", "/full/disk")
            if ending == "mistake":
                raise OSError(errno.EBADF, "Bad file descriptor")
            if ending == "interrupt":
                raise KeyboardInterrupt
            raise getattr(errors, ending, RuntimeError)("mask.png: 3 channels; give 1")
        ''')
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(
        cli.COMMANDS, "probe", cli.Command("probe_command:probe", "for tests", ("ending",))
    )
    return "probe"


def test_help_loads_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; from handseg import cli; before = cli.main(['--help']);"
        f"print([m for m in {_HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_answers_within_half_a_second() -> None:
    def seconds() -> float:
        # Of the processor: other tests share the cores, and this claim is about what is loaded.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "handseg", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {name} " in listed for name in cli.COMMANDS)


def test_no_command_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "usage: handseg COMMAND" in capsys.readouterr().out


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ensembel"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "handseg: ensembel: unknown command; did you mean ensemble?\n"
    assert captured.out == ""


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("handseg 0.")


@pytest.mark.parametrize("word", ["demo-data", "demo_data"])
def test_dashes_and_underscores_are_alike_in_a_commands_name(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([word, "--help"]) == 0
    assert "usage: handseg demo-data OUT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("BadInput", 2),
        ("MissingInput", 2),
        ("OutOfGpuMemory", 3),
        ("TimedOut", 4),
        ("NonFiniteLoss", 5),
        ("Terminated", 143),
    ],
)
def test_our_errors_end_with_their_code_and_one_message(
    probe: str, ending: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([probe, ending, "--log-level", "error"]) == code
    captured = capsys.readouterr()
    assert captured.err == "handseg probe: mask.png: 3 channels; give 1\n"
    assert captured.out == ""


def test_any_other_error_is_internal_and_leaves_its_traceback(
    probe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([probe, "RuntimeError"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_not_our_mistake(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([probe, "disk"]) == 2
    assert "handseg probe: /full/disk: No space left on device" in capsys.readouterr().err


def test_an_os_error_without_a_path_is_internal(
    probe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([probe, "mistake"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_sigterm_ends_with_143(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main([probe, "sigterm"]) == 143
    assert "run the same command again" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_ends_without_a_traceback(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([probe, "interrupt"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_functions_number_is_the_exit_code(probe: str) -> None:
    assert cli.main([probe, "code", "--number", "4"]) == 4


def test_with_json_stdout_holds_only_json(probe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([probe, "answer", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"number": 7}
    assert captured.err.endswith("a line for people\n")


def test_the_log_level_silences_what_is_less_important(
    probe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([probe, "answer", "--log-level", "warning"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["answer", "--nubmer", "3"], "--nubmer: unknown flag; did you mean --number?"),
        (["answer", "--number", "3.5"], "--number: expected int, got 3.5"),
        (["answer", "again"], "unrecognized arguments: again"),
        (["answer", "--log-level", "loud"], "invalid choice: 'loud'"),
        ([], "the following arguments are required: ending"),
    ],
)
def test_wrong_arguments_end_with_2_and_say_what_is_wrong(
    probe: str, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([probe, *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-u", "-m", "handseg", "--help"],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "Traceback" not in done.stderr


def test_a_command_whose_packages_are_missing_says_which_extra_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lacking_command.py").write_text("import a_package_that_is_nowhere\n")
    monkeypatch.syspath_prepend(tmp_path)
    lacking = cli.Command("lacking_command:lacking", "for tests", extra="view")
    monkeypatch.setitem(cli.COMMANDS, "lacking", lacking)
    assert cli.main(["lacking"]) == 2
    said = capsys.readouterr().err
    assert "a_package_that_is_nowhere is not installed; pip install 'handseg[view]'" in said
