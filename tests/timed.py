"""Which files of a run hold times, or sums of what does: two equal runs differ in these alone."""

NAMES = ("run.json", ".sha256", "SHA256SUMS", "report.html")
"""How their names end."""


def is_timed(name: str) -> bool:
    """Whether a file does, by its name or key."""
    return name.endswith(NAMES)
