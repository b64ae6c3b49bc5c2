"""A proxy before an object store, which makes faults of the network and notes every request."""

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.object_store.servers import KEY

# Method, ending of the path, and kind:
#   reset         the connection, instead of an answer
#   torn          reset when half of the request's body was read
#   cut           half of the answer's body
#   flip N        bit N of the answer's body, or its first; `flip N at TEXT` counts from there
#   garble N      the same of the request's body
#   stall         no answer until `Proxy.resumed`, and then a reset
#   STATUS CODE   as the answer, without asking the store
#   STATUS CODE late   as the answer, after the store did what it was asked
Fault = tuple[str, str, str]
Header = tuple[str, str]


@dataclass(frozen=True)
class Request:
    """What came, as far as a fault is chosen by it."""

    method: str
    path: str
    """`/bucket/key?query`."""
    has_body: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def suits(self, fault: Fault) -> bool:
        return fault[0] == self.method and self.path.partition("?")[0].endswith(fault[1])


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.server_port}"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.faults: list[Fault] = []
        """Each happens once."""
        self.lasting: list[Fault] = []
        """Each happens to every request that it suits."""
        self.weather: Callable[[Request], str] | None = None
        """Chooses what happens to a request that neither suits; empty for nothing."""
        self.headers: list[Header] = []
        """In front of those of every answer."""
        self.resumed = threading.Event()
        self.requests: list[str] = []
        """`METHOD /bucket/key?query`."""
        self.ranges: list[tuple[str, str]] = []
        """Path and `bytes=FIRST-LAST` of what was asked for in part; no LAST means to the end."""
        self.lock = threading.Lock()

    def take(self, request: Request, part: str | None) -> str:
        with self.lock:
            self.requests.append(str(request))
            if part:
                self.ranges.append((request.path, part))
            for fault in self.faults:
                if request.suits(fault):
                    self.faults.remove(fault)
                    return fault[2]
            for fault in self.lasting:
                if request.suits(fault):
                    return fault[2]
            return self.weather(request) if self.weather else ""

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _forward(self) -> None:
        self.close_connection = True
        length = int(self.headers.get("Content-Length", 0))
        request = Request(self.command, self.path, bool(length) or self._is_chunked())
        kind, _, rest = self.server.take(request, self.headers["Range"]).partition(" ")
        if kind == "torn":
            self.rfile.read(length // 2)
        if kind == "stall":
            self.server.resumed.wait()
        if kind in ("torn", "stall", "reset"):
            self._reset()
            return
        body = self._body(length)
        if kind == "garble":
            body = _flipped(body, rest)
        if kind.isdecimal() and not rest.endswith(" late"):
            self._refuse(int(kind), rest)
            return
        status, headers, content = self._ask(body)
        if kind.isdecimal():
            self._refuse(int(kind), rest.removesuffix(" late"))
            return
        if kind == "flip":
            content = _flipped(content, rest)
        if kind == "cut":
            content = content[: len(content) // 2]
        self._answer(status, [*self.server.headers, *headers], content)

    def _is_chunked(self) -> bool:
        return self.headers["Transfer-Encoding"] == "chunked"

    def _body(self, length: int) -> bytes:
        if not self._is_chunked():
            return self.rfile.read(length)
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _reset(self) -> None:
        # Closing with unsent data thrown away sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _refuse(self, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>key {KEY}</Message></Error>"
        self._answer(status, [("Content-Length", str(len(text)))], text.encode())

    def _ask(self, body: bytes) -> tuple[int, list[Header], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                connection.putheader(name, value)
        chunked = self._is_chunked()
        connection.endheaders(iter([body]) if chunked else body, encode_chunked=chunked)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        hidden = ("connection", "transfer-encoding", "content-length")
        headers = [item for item in response.getheaders() if item[0].lower() not in hidden]
        length = response.getheader("Content-Length") or str(len(content))
        return response.status, [*headers, ("Content-Length", length)], content

    def _answer(self, status: int, headers: list[Header], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _forward  # noqa: N815 - the base's names

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


def _flipped(content: bytes, where: str) -> bytes:
    number, _, text = where.partition(" at ")
    if not content:
        return content
    changed = bytearray(content)
    place = (8 * content.index(text.encode()) + int(number or 0)) % (8 * len(content))
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


@contextmanager
def running(upstream: str, tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """A proxy before a server, for the length of the block; its address is its `endpoint`."""
    with Proxy(upstream, tls) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.resumed.set()
            proxy.shutdown()
            thread.join()
