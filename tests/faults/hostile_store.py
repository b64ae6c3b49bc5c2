"""An object store that lists what it likes, and gives a few bytes for everything asked."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urlsplit

CONTENT = b"stolen"
_LISTING = (
    '<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType>'
    "<IsTruncated>false</IsTruncated>{}</ListBucketResult>"
)
_ENTRY = "<Contents><Key>{}</Key><Size>{}</Size><ETag>&quot;0&quot;</ETag></Contents>"


class HostileStore(ThreadingHTTPServer):
    """Says of every bucket that it holds the same keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = keys
        self.endpoint = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: HostileStore

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        entries = "".join(_ENTRY.format(quote(key), len(CONTENT)) for key in self.server.keys)
        is_listing = "list-type" in urlsplit(self.path).query
        body = _LISTING.format(entries).encode() if is_listing else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def hostile_store(*keys: str) -> Iterator[HostileStore]:
    """A store that runs within the block."""
    with HostileStore(keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
