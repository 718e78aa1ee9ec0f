"""An HTTP server before the MLflow server, or in its place."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Proxy:
    """Stands before the MLflow server: counts what is asked, and answers some of it itself."""

    def __init__(self, target):
        self.requests = []
        self.authorizations = []
        self.rules = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.requests.append(f"{self.command} {self.path}")
                proxy.authorizations.append(self.headers.get("Authorization"))
                for pattern, status, text in proxy.rules:
                    if pattern in self.path or pattern in body.decode(errors="replace"):
                        if status is None:
                            # Ends the connection without an answer.
                            self.close_connection = True
                            return
                        self._answer(status, {"Content-Type": "application/json"}, text.encode())
                        return
                headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
                response = requests.request(
                    self.command, f"{target}{self.path}", headers=headers, data=body, timeout=30
                )
                self._answer(response.status_code, {"Content-Type": response.headers["Content-Type"]}, response.content)

            do_POST = do_GET  # noqa: N815 - the names that http.server looks for

            def _answer(self, status, headers, content):
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answer(self, pattern, status, text="{}"):
        self.rules.append((pattern, status, text))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
