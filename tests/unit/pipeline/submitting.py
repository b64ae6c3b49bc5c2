"""The smoke preset submitted to a server, and what its graph says of caching."""

from typing import Any

from pipeline.submit.command import main
from tests.unit.pipeline.kfp_server import KfpServer

DIGEST = f"sha256:{'0' * 64}"
PINNED = ["--cpu-image", f"r/cpu@{DIGEST}", "--gpu-image", f"r/gpu@{DIGEST}"]
QUICK = ["--poll-seconds", "0", "--no-data-check"]


def submit(server: KfpServer, *arguments: str) -> int:
    """Submit the smoke preset; the exit code."""
    given = ["--preset", "smoke", "--data", "s3://bucket/hands", "--host", server.url, *QUICK]
    try:
        main([*given, *PINNED, *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def caching(spec: dict[str, Any]) -> set[bool]:
    dags = [part["dag"] for part in spec["components"].values() if "dag" in part]
    tasks = [task for dag in dags for task in dag["tasks"].values()]
    options = [task["cachingOptions"] for task in tasks if "cachingOptions" in task]
    return {option.get("enableCache", False) for option in options}
