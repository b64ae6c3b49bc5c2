"""What the doctor finds out about a store."""

import pytest

from handseg.commands.doctor import doctor
from handseg.storage.location import Location
from tests.object_store.client import client
from tests.object_store.servers import KEY, SECRET, Server

pytestmark = pytest.mark.s3


def test_rights_and_what_the_store_heeds_are_found_and_nothing_stays(
    server: Server, bucket: Location, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(out=bucket.child("runs/first")) == 0
    said = capsys.readouterr().out
    lines = {line.split("  ")[0]: line for line in said.splitlines()}
    assert f"{server.endpoint} answers, its clock agrees" in lines["object store"]
    assert "put, parts, list, get and delete" in lines["rights"]
    heeds = "conditional writes are heeded" in lines["one writer"]
    assert heeds == server.heeds_conditions
    assert KEY not in said and SECRET not in said
    assert "Contents" not in client(server).list_objects_v2(Bucket=bucket.uri[5:])
    uploads = client(server).list_multipart_uploads(Bucket=bucket.uri[5:])
    assert not uploads.get("Uploads")


def test_keys_of_another_are_refused(
    server: Server,
    bucket: Location,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-another")
    assert doctor(out=bucket.child("runs/first")) == 2
    assert "access denied" in capsys.readouterr().out
