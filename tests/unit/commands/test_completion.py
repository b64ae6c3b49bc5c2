import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handseg import cli


@pytest.fixture(scope="module")
def script() -> str:
    words = [sys.executable, "-m", "handseg", "completion", "bash"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def completed(script: str, words: list[str], folder: Path) -> set[str]:
    """What bash offers after the words, the last of which is being typed."""
    bash = shutil.which("bash")
    assert bash is not None
    typed = " ".join(words)
    asked = f"""
{script}
COMP_WORDS=({typed}{' ""' if words[-1] == "" else ""}); COMP_CWORD={len(words) - 1}
COMP_LINE="{typed}"; COMP_POINT=${{#COMP_LINE}}
function=$(complete -p handseg | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function handseg "${{COMP_WORDS[$COMP_CWORD]}}" "${{COMP_WORDS[$COMP_CWORD-1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run([bash, "-c", asked], capture_output=True, text=True, cwd=folder)
    return {line.strip() for line in done.stdout.splitlines() if line.strip()}


def test_bash_completes_commands(script: str, tmp_path: Path) -> None:
    assert completed(script, ["handseg", "pre"], tmp_path) == {"preprocess"}
    assert {"train", "tune"} <= completed(script, ["handseg", "t"], tmp_path)


def test_bash_completes_flags_of_a_command(script: str, tmp_path: Path) -> None:
    found = completed(script, ["handseg", "split", "--settings."], tmp_path)
    assert "--settings.folds" in found


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in cli.COMMANDS)
