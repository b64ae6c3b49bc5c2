"""Requests are counted as a real store receives them."""

from pathlib import Path
from typing import Any

import pytest

from handseg.storage import s3_client, s3_transfer
from handseg.storage.location import Location
from tests.benchmarks import requests


@pytest.mark.parametrize("size", [1, 16 * 2**20 - 1, 16 * 2**20, 40 * 2**20])
def test_a_file_takes_as_many_requests_as_are_reckoned(
    size: int, object_store: Path, tmp_path: Path
) -> None:
    location = Location(f"s3://{object_store.name}/folder")
    file, back = tmp_path / "file", tmp_path / "back"
    file.write_bytes(b"a" * size)
    sent: list[str] = []

    def note(event_name: str, **_: Any) -> None:
        sent.append(event_name.rsplit(".", 1)[-1])

    s3_client.connect(location.uri).meta.events.register("before-send.s3", note)
    s3_transfer.upload(location, [s3_transfer.Transfer("file", file, size)])
    assert len(sent) == requests.to_write(size), sent
    sent.clear()
    s3_transfer.download(location, [s3_transfer.Transfer("file", back, size)])
    assert len(sent) == requests.to_read(size), sent


def test_parts_are_those_of_the_product() -> None:
    with s3_client.transfer_manager("s3://bucket") as manager:
        assert manager.config.multipart_chunksize == requests.PART_BYTES


def test_a_file_is_written_in_ten_thousand_parts_at_most() -> None:
    # 4 TB / 512 MiB = 7450.6; 256 MiB would make 14902. It is read by 16 MiB all the same.
    assert requests.to_write(4 * 10**12) == 7451 + 2
    assert requests.to_read(4 * 10**12) == 238419
