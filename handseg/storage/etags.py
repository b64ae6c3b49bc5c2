"""ETags: a store's text for an object's content, which is its MD5 where it went up in one piece.

Of one that went up in parts, or that is encrypted by a key service's key, it is another text.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_MD5 = re.compile(r"[0-9a-f]{32}")


def plain(etag: str | None) -> str:
    """An ETag without the quotes that it is sent in; empty where there is none."""
    return (etag or "").removeprefix("W/").strip('"')


def may_be_md5(etag: str) -> bool:
    """Whether it looks like an MD5, which those of parts do not."""
    return _MD5.fullmatch(etag) is not None


def of_bytes(content: bytes) -> str:
    """MD5 of bytes, as 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def differing(folder: Path, md5s: Mapping[str, str]) -> list[str]:
    """Names of a folder's files whose MD5 is another than given, sorted; hashed in parallel."""
    names = sorted(md5s)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda name: _of_file(folder / name), names)
        return [name for name, md5 in zip(names, found, strict=True) if md5 != md5s[name]]


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
