"""What git keeps is source: no link, and nothing that a checkout makes for itself."""

import subprocess

from tests.contract.source_tree import ROOT

_LINK = "120000"


def test_no_link_is_tracked() -> None:
    """`git add -A` takes a link named .venv, and a merge of it deletes the folder of that name."""
    words = ["git", "ls-files", "--stage"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    links = [line.split("\t")[1] for line in done.stdout.splitlines() if line.startswith(_LINK)]
    assert not links, f"git rm --cached {' '.join(links)}"
