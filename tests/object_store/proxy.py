"""A proxy before an object store, which makes faults of the network and notes every request."""

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.object_store.servers import KEY

# Method, ending of the path, and kind: `reset`, `cut` (half of the body), `flip` (one bit of it)
# or `STATUS CODE`.
Fault = tuple[str, str, str]


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        """`METHOD /bucket/key?query`."""
        self.ranges: list[tuple[str, str]] = []
        """Path and `bytes=FIRST-LAST` of what was asked for in part; no LAST means to the end."""
        self.lock = threading.Lock()

    def take(self, method: str, path: str, part: str | None) -> str:
        with self.lock:
            self.requests.append(f"{method} {path}")
            if part:
                self.ranges.append((path, part))
            for fault in self.faults:
                wanted_method, ending, kind = fault
                if wanted_method == method and path.partition("?")[0].endswith(ending):
                    self.faults.remove(fault)
                    return kind
        return ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.take(self.command, self.path, self.headers["Range"])
        self.close_connection = True
        if fault == "reset":
            # Closing with unsent data thrown away sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if fault and fault not in ("cut", "flip"):
            status, code = fault.split()
            text = f"<Error><Code>{code}</Code><Message>key {KEY}</Message></Error>"
            self._answer(int(status), [("Content-Length", str(len(text)))], text.encode())
            return
        status_code, headers, content = self._ask(body)
        if fault == "flip":
            content = bytes([content[0] ^ 1]) + content[1:]
        if fault == "cut":
            content = content[: len(content) // 2]
        self._answer(status_code, headers, content)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        hidden = ("connection", "transfer-encoding", "content-length")
        headers = [item for item in response.getheaders() if item[0].lower() not in hidden]
        length = response.getheader("Content-Length") or str(len(content))
        return response.status, [*headers, ("Content-Length", length)], content

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815 - the base's names

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def running(upstream: str) -> Iterator[Proxy]:
    """A proxy before a server, for the length of the block; its address is its `endpoint`."""
    with Proxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()
