"""An HTTP server before the MLflow server, or in its place."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Drip(bytes):
    """An answer of which a byte comes now and then, until the proxy closes."""


class Proxy:
    """Stands before the MLflow server: counts what is asked, and answers some of it itself.

    ``spoil``, where it is set, gets each path with its query and body and the server's answer, and returns what is
    answered instead: bytes, a :class:`Drip`, status and bytes, or ``None`` to end the connection without an answer.
    """

    def __init__(self, target):
        self.target = target
        self.requests = []
        self.authorizations = []
        self.rules = []
        self.spoil = None
        self.closed = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, pattern, status, text="{}"):
        self.rules.append((pattern, status, text))

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy = None

    def do_GET(self):
        proxy = self.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy.requests.append(f"{self.command} {self.path}")
        proxy.authorizations.append(self.headers.get("Authorization"))
        for pattern, status, text in proxy.rules:
            if pattern in self.path or pattern in body.decode(errors="replace"):
                if status is None:
                    # Ends the connection without an answer.
                    self.close_connection = True
                    return
                self._answer(status, "application/json", text.encode())
                return
        headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
        response = requests.request(self.command, f"{proxy.target}{self.path}", headers=headers, data=body, timeout=30)
        answer = response.content
        if proxy.spoil is not None:
            answer = proxy.spoil(f"{self.path} {body.decode(errors='replace')}", answer)
        if answer is None:
            self.close_connection = True
            return
        status, content = answer if isinstance(answer, tuple) else (response.status_code, answer)
        self._answer(status, response.headers["Content-Type"], content)

    do_POST = do_GET  # noqa: N815 - the names that http.server looks for

    def _answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not isinstance(content, Drip):
            self.wfile.write(content)
            return
        self.close_connection = True
        with contextlib.suppress(OSError):
            while not self.proxy.closed.wait(0.05):
                self.wfile.write(b" ")

    def log_message(self, *_arguments):
        pass
