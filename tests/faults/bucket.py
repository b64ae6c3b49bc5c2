"""A bucket for tests of faults, and how a command finds it: at its server, or through a proxy."""

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.object_store import servers
from tests.object_store.client import client
from tests.object_store.proxy import Proxy
from tests.object_store.servers import Server

_numbers = itertools.count()


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own for a test."""

    server: Server
    no_files: Path
    """Where no AWS configuration lies."""
    name: str = field(default_factory=lambda: f"faults-{os.getpid()}-{next(_numbers)}")
    further: Mapping[str, str] = field(default_factory=dict)
    """Variables that differ."""

    def make(self) -> "Bucket":
        client(self.server).create_bucket(Bucket=self.name)
        return self

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of a command that reads and writes it."""
        return {**servers.variables(self.server.endpoint, self.no_files), **self.further}

    def through(self, proxy: Proxy, **further: str) -> "Bucket":
        """The same through a proxy, and with further variables."""
        return replace(self, further={"AWS_ENDPOINT_URL": proxy.endpoint, **further})

    def uri(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def put(self, key: str, content: bytes) -> None:
        client(self.server).put_object(Bucket=self.name, Key=key, Body=content)

    def put_tree(self, key: str, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{key}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def get(self, key: str) -> bytes:
        return bytes(client(self.server).get_object(Bucket=self.name, Key=key)["Body"].read())

    def objects(self) -> list[str]:
        """Every object, sorted."""
        return sorted(self.etags())

    def etags(self) -> dict[str, tuple[str, object]]:
        """ETag and time of every object: they change when it is written again."""
        pages = client(self.server).get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return {
            item["Key"]: (item["ETag"], item["LastModified"])
            for page in pages
            for item in page.get("Contents", [])
        }

    def uploads(self) -> list[str]:
        """Keys of uploads in parts that are open."""
        found = client(self.server).list_multipart_uploads(Bucket=self.name)
        return [upload["Key"] for upload in found.get("Uploads", [])]
