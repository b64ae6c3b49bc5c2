import re
from pathlib import Path

import pytest

from handseg.experiments import page, table
from handseg.experiments.arm import Table
from tests.unit.experiments.scored import scored

TABLE = """
title: <b>Mine</b>
split: {folds: 3}
folds: [0]
seeds: [0, 1]
train: {model: {name: unet, input_px: 64, output_px: 64}}
arms:
  - {name: plain, reported: 0.9}
  - {name: bce, note: another loss, train: {loss: bce}}
  - {name: vote, against: bce, vote: {members: [plain, bce], weights: best}}
"""
RUNS = [
    *(scored("plain", {"p1a": 0.5, "p2a": 0.6}, seed=seed) for seed in (0, 1)),
    *(scored("bce", {"p1a": 0.7, "p2a": 0.8}, seed=seed) for seed in (0, 1)),
]


@pytest.fixture
def mine(tmp_path: Path) -> Table:
    (tmp_path / "mine.yaml").write_text(TABLE)
    return table.load(str(tmp_path / "mine.yaml"))


def render(mine: Table, **failures: str) -> str:
    return page.render(mine, RUNS, failures=failures, commit="0123abc")


def test_a_row_says_what_an_arm_reached_and_took(mine: Table) -> None:
    text = " ".join(re.sub("<[^>]+>", " ", render(mine)).split())
    assert "0.5500 0.5000 to 0.6000" in text
    assert "+0.2000 +0.2000 to +0.2000 plain +0.2000 +0.2000" in text
    assert "60 s 1.0 GiB 1,000,000 another loss" in text


def test_settings_that_differ_are_listed_and_no_others(mine: Table) -> None:
    found = {row.arm.name: row.differs for row in page.rows(mine, RUNS)}
    assert found == {"plain": [], "bce": ["train.loss: bce_dice → bce"]}


def test_a_vote_is_described_by_its_members(mine: Table) -> None:
    runs = [*RUNS, scored("vote", {"p1a": 0.7}, fold=None)]
    vote = page.rows(mine, runs)[2]
    assert vote.differs == ["weights: best", "members: plain, bce"]


def test_the_page_needs_nothing_else_and_escapes_what_it_is_given(mine: Table) -> None:
    html = render(mine, vote="<script>failed</script>")
    assert "&lt;b&gt;Mine&lt;/b&gt;" in html and "<b>Mine" not in html
    assert "&lt;script&gt;failed" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert html.count("<svg") == 1


def test_a_page_without_any_score_says_why(mine: Table) -> None:
    html = page.render(mine, [], failures={"plain": "exit code 3"}, commit="0")
    assert "exit code 3" in html and "<svg" not in html


def test_memory_is_written_as_people_read_it() -> None:
    assert [page.memory(5 * 2**20), page.memory(3 * 2**29)] == ["5 MiB", "1.5 GiB"]
