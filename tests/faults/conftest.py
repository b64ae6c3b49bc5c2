"""What tests of faults share: the record of what happened, and a small complete run."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import interrupted
from tests.faults.bucket import Bucket
from tests.faults.command import handseg
from tests.faults.table import HAPPENED, ROW
from tests.object_store import proxy, servers
from tests.object_store.conftest import server
from tests.object_store.proxy import Proxy
from tests.object_store.servers import Server

__all__ = ["server"]

HANDS = ("--people", "4", "--test-people", "1", "--size", "160", "--seed", "5")
FEW_STEPS = ("--preset", "smoke", "--train.length", "6", "--train.learning_rate", "1e-2")


@pytest.fixture(autouse=True)
def _row(request: pytest.FixtureRequest) -> None:
    """Every test here belongs to a row, which its report names."""
    mark = request.node.get_closest_marker("fault")
    assert mark is not None, "mark the test with pytest.mark.fault(ROW)"
    request.node.user_properties.append((ROW, mark.args[0]))


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say in the table what was done and what happened."""

    def tell(text: str) -> None:
        request.node.user_properties.append((HAPPENED, " ".join(text.split())))

    return tell


@pytest.fixture(scope="session")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight hands to train on and two to test, 160 px; take a copy to change them."""
    folder = tmp_path_factory.mktemp("hands") / "hands"
    handseg("demo-data", folder, *HANDS).must(0)
    return folder


@pytest.fixture(scope="session")
def done(hands: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run of `hands` by the smoke preset; take a copy to change it."""
    out = tmp_path_factory.mktemp("run") / "run"
    handseg("run", "--data", hands, "--out", out, *FEW_STEPS).must(0)
    return out


@pytest.fixture(scope="session")
def uninterrupted(done: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """SHA-256 of the weights of `interrupted.words` where nothing interrupts them."""
    out = tmp_path_factory.mktemp("uninterrupted") / "member"
    handseg(*interrupted.words(done, out)).must(0)
    return interrupted.weights(out)


@pytest.fixture(scope="session")
def halfway(done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The states of such a training, killed within an epoch; take a copy to go on."""
    out = tmp_path_factory.mktemp("halfway") / "member"
    state = out.with_name("member.partial")
    interrupted.kill_within_an_epoch(interrupted.words(done, out), state)
    return state


@pytest.fixture
def data(hands: Path, tmp_path: Path) -> Path:
    """A copy of `hands` to spoil."""
    return Path(shutil.copytree(hands, tmp_path / "data"))


@pytest.fixture
def run(done: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of `done` to spoil."""
    yield Path(shutil.copytree(done, tmp_path / "run"))


@pytest.fixture
def bucket(
    server: Server, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Bucket:
    """An empty bucket; nothing of this machine's own configuration is in a command's way."""
    for variable in servers.NOT_SET:
        monkeypatch.delenv(variable, raising=False)
    return Bucket(server, tmp_path_factory.mktemp("no-files")).make()


@pytest.fixture(scope="session")
def stored(
    server: Server, hands: Path, done: Path, tmp_path_factory: pytest.TempPathFactory
) -> Bucket:
    """A bucket with `hands` and `done`, as hands/ and run/; to be read alone."""
    made = Bucket(server, tmp_path_factory.mktemp("no-files")).make()
    made.put_tree("hands", hands)
    made.put_tree("run", done)
    return made


@pytest.fixture
def between(server: Server) -> Iterator[Proxy]:
    """A proxy that makes faults, before the object store."""
    with proxy.running(server.endpoint) as running:
        yield running
