"""Who writes something, as a lock on it tells the others."""

import json
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from handseg.errors import BadInput
from handseg.storage.local_process import Process
from handseg.storage.location import Location


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A process that writes; by default this one, from now on."""

    host: str = field(default_factory=socket.gethostname)
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    process: Process = field(default_factory=Process.here)

    @classmethod
    def of(cls, text: str) -> "Writer":
        """Read what a lock holds; of no known process where it is damaged, or not yet written."""
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        known = value if isinstance(value, dict) else {}
        return cls(
            host=str(known.get("host", "an unknown host")),
            since=str(known.get("since", "an unknown time")),
            process=Process.of(known),
        )

    def record(self) -> dict[str, object]:
        """JSON-shaped."""
        return {"host": self.host, "since": self.since, "process": self.process.record()}

    def refusal(self, target: Location | Path) -> BadInput:
        """What another one is told that wants to write the same."""
        number = self.process.number or "unknown"
        return BadInput(
            f"{target}: process {number} on {self.host} is writing it since {self.since}; "
            "wait for it, or give another --out"
        )
