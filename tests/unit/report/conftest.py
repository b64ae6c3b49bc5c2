import pytest

from handseg.report.facts import Facts
from handseg.report.gather import gather
from tests.unit.report.made_run import MadeRun, make_run


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    """Two members, one for each fold, and two test images; no test changes it."""
    folder = tmp_path_factory.mktemp("runs") / "toy"
    return make_run(folder, members={"first": 0, "second": 1})


@pytest.fixture(scope="session")
def facts(made_run: MadeRun) -> Facts:
    """What the report says of that run."""
    return gather(made_run.inputs(), lambda scores, total: scores)
