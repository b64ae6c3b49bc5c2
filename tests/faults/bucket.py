"""A bucket for tests of faults, in a folder that `rclone serve s3` shows as an object store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.object_store.servers import KEY, SECRET, Rclone


@dataclass(frozen=True)
class Bucket:
    """A bucket and how a command finds it."""

    server: Rclone
    folder: Path
    """Where its objects lie as files."""

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of a command that reads and writes it."""
        return {
            "AWS_ENDPOINT_URL": self.server.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Nothing else of this machine's configuration.
            "AWS_CONFIG_FILE": str(self.folder / "no-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "no-credentials"),
        }
