"""Serves a live session on this machine alone: a page, and the requests that it makes.

Whoever has the address, with its token, on this machine, may ask; others get 403 or 404. The name
in `Host` is checked, so that no page of another site reaches it by a name that it made point here.
"""

import secrets
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lsmkit._errors import InvalidArgument
from lsmkit.player.live import MAX_REQUEST_BYTES, LiveSession
from lsmkit.player.page import page_text

__all__ = ["LiveServer"]

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class LiveServer(ThreadingHTTPServer):
    """One session behind one address, ``server.url``; `serve_forever` until `shutdown` or Ctrl-C.

    Requests are answered one after the other. Each connection has a thread, for browsers open some
    in advance and leave them idle.

    Parameters
    ----------
    session : LiveSession
    port : int
        0: any that is free.
    host : str
        127.0.0.1 or localhost.

    Raises
    ------
    InvalidArgument
        Another host.
    """

    def __init__(self, session: LiveSession, port: int = 0, host: str = "127.0.0.1") -> None:
        if host not in ("127.0.0.1", "localhost"):
            raise InvalidArgument(
                f"host={host!r}: it is served on 127.0.0.1 alone; from elsewhere, tunnel there: "
                "ssh -L PORT:127.0.0.1:PORT"
            )
        self._session = session
        self._lock = threading.Lock()
        self.token = secrets.token_urlsafe(24)
        super().__init__((host, port), _Handler)
        names = (f"127.0.0.1:{self.server_port}", f"localhost:{self.server_port}")
        self.hosts = frozenset(names)
        self.page = page_text(
            zlib.compress(b""), title="live", config={"live": "live"}, connect="'self'"
        ).encode()

    @property
    def url(self) -> str:
        """The address, token included."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"

    def reply(self, request: bytes) -> bytes:
        """The session's, to one request at a time."""
        with self._lock:
            return self._session.reply(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    server_version = "lsmkit"
    sys_version = ""
    timeout = 10  # seconds that a client may be silent

    def do_GET(self) -> None:
        if self._may("/"):
            self._answer(200, "text/html; charset=utf-8", self.server.page)

    def do_POST(self) -> None:
        if not self._may("/live"):
            return
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in self.server.hosts:
            self._answer(403, "text/plain", b"another site's page may not ask")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_REQUEST_BYTES:
            self._answer(413, "text/plain", b"a request has a length, and a small one")
            return
        reply = self.server.reply(self.rfile.read(int(length)))
        self._answer(200, "application/octet-stream", reply)

    def _may(self, path: str) -> bool:
        if self.headers.get("Host") not in self.server.hosts:
            self._answer(403, "text/plain", b"no such host is served here")
            return False
        token, slash, rest = self.path.removeprefix("/").partition("/")
        known = secrets.compare_digest(token.encode(), self.server.token.encode())
        if not known or slash + rest != path:
            self._answer(404, "text/plain", b"there is nothing here; is the token complete?")
            return False
        return True

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet: lines would hold the token."""
