"""A path or URI as a user types it, and names of what lies inside."""

from pathlib import Path

from handseg.storage import location
from handseg.storage.location import S3
from tests.fuzz.changes import text
from tests.fuzz.dice import Dice
from tests.fuzz.oracle import must
from tests.fuzz.target import Target

_WORDS = (
    *(b"s3://", b"S3://", b"file://", b"http://169.254.169.254/", b"s3:/", b"169.254.169.254"),
    *(b"..", b"/..", b"//", b"/./", b"%2e%2e", b"\\", b"@", b"?", b"#", b"bucket", b"-", b"."),
)


def corpus() -> list[bytes]:
    """Paths and URIs of a bucket, of a prefix, and with slashes at the end."""
    return [
        b"runs/a",
        b"/abs/b.csv",
        b"s3://bucket",
        b"s3://my.bucket-1/a/b c/",
        b"a:b",
        b"..",
        b"/",
    ]


def read(content: bytes, folder: Path) -> None:
    """Parse it; parsed again it is the same, and what lies inside it is inside it."""
    typed = content.decode("utf-8", "surrogateescape")
    found = location.parse(typed)
    must(location.parse(found.uri) == found, "parsed again, it differs")
    must("\0" not in found.uri and "\n" not in found.uri, "a control character")
    inside = found.child("a/b.txt")
    if found.is_remote:
        bucket, *keys = found.uri.removeprefix(S3).split("/")
        is_address = len(bucket.split(".")) == 4 and bucket.replace(".", "").isdigit()
        must(bool(bucket) and not is_address, "no bucket's name")
        must(bucket.isascii() and bucket == bucket.lower(), "no bucket's name")
        must(all(key not in ("", ".", "..") for key in keys), "a key that leads out")
        must(inside.uri.startswith(f"{found.uri}/"), "a child that lies elsewhere")
    else:
        must("://" not in found.uri.partition("/")[0] + "/", "another scheme")
        must(inside.path == found.path / "a/b.txt", "a child that lies elsewhere")
    must(inside.name == "b.txt", "another name")


def change(content: bytes, dice: Dice) -> bytes:
    """Change parts of it."""
    return text.change(content, dice, _WORDS)


TARGET = Target(corpus=corpus, read=read, change=change, names="", most_bytes=1024)
