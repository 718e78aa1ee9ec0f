"""An HTTP proxy before an S3 server, or in its place: it counts requests, and delays, alters or breaks some of them."""

import contextlib
import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Request:
    """One request as the proxy sees it."""

    def __init__(self, handler, body):
        split = urlsplit(handler.path)
        self.method, self.path, self.query = handler.command, split.path, parse_qs(split.query, keep_blank_values=True)
        self.headers = dict(handler.headers.items())
        self.body = body
        self.status = None

    @property
    def operation(self):
        """Return the S3 operation, as boto3 calls it."""
        names = set(self.query)
        if self.method == "GET":
            named = {"list-type": "list_objects_v2", "uploads": "list_multipart_uploads", "uploadId": "list_parts"}
            return next((named[name] for name in named if name in names), "get_object")
        if self.method == "POST":
            return "create_multipart_upload" if "uploads" in names else "complete_multipart_upload"
        if self.method == "PUT":
            return "upload_part" if "partNumber" in names else "put_object"
        return {"HEAD": "head_object", "DELETE": "abort_multipart_upload"}[self.method]

    @property
    def name(self):
        """Return the operation and what it is about: ``upload_part MLmodel 2``."""
        part = self.query.get("partNumber", [""])[0]
        return f"{self.operation} {self.path.rpartition('/')[2]} {part}".rstrip()


class StoreProxy:
    """Attributes a test may set.

    ``before(request)`` and ``after(request)`` are called around each forwarded request; ``before`` may answer it,
    ``(status, headers, body)``, or ``"drop"`` to end the connection; ``after`` may return ``"drop"``. ``cut(request)``
    may return the number of bytes after which an answer breaks off. ``latency`` is the seconds that a request takes
    longer, ``not_forwarded`` the lower-case names of headers to leave out of requests, ``not_answered`` of answers.
    """

    def __init__(self, endpoint=None):
        self.target = urlsplit(endpoint or "http://127.0.0.1:9")
        self.requests = []
        self.before = self.after = self.cut = lambda _request: None
        self.latency = 0.0
        self.not_forwarded, self.not_answered = set(), set()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.proxy = self
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def operations(self):
        """Return the S3 operations asked so far, in order."""
        return [request.operation for request in self.requests]

    def sent(self, *operations, status=None):
        """Return the names of the requests of some operations so far, those with a status where given, sorted."""
        return sorted(
            request.name
            for request in self.requests
            if request.operation in operations and status in {None, request.status}
        )

    def drain(self):
        """Once the clients are gone: take nothing more, and return when all that they sent has been dealt with.

        What a killed client sent may still be on its way here, so that counting requests would not do.
        """
        self.server.shutdown()
        for handler in self.server.handlers:
            handler.join()

    def close(self):
        """Stop."""
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    """Knows its handlers, one for each connection; they end with their clients, or with the tests."""

    def __init__(self, *arguments):
        self.handlers = []
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        handler = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self.handlers.append(handler)
        handler.start()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body in one packet; else Nagle's algorithm adds 40 ms to every answer.
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self):
        # botocore waits for it before it sends a body; it must not stay in the buffer.
        super().handle_expect_100()
        self.wfile.flush()
        del self.headers["Expect"]
        return True

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            body = self.rfile.read(length)
            if len(body) < length:
                # Its client died while it sent: a server that got this would wait for the rest.
                self.close_connection = True
                return
            self._deal(Request(self, body))

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def _deal(self, request):
        self.server.proxy.requests.append(request)
        time.sleep(self.server.proxy.latency)
        answer = self.server.proxy.before(request)
        if answer is None:
            try:
                answer = self._forward(request)
            except OSError:
                answer = "drop"
        request.status = answer[0] if isinstance(answer, tuple) else 0
        if answer == "drop" or self.server.proxy.after(request) == "drop":
            self.close_connection = True
            return
        status, headers, content = answer
        self.send_response(status)
        length = {"Content-Length": str(len(content))} if self.command != "HEAD" else {}
        for key, value in {**headers, **length}.items():
            self.send_header(key, value)
        self.end_headers()
        bytes_sent = self.server.proxy.cut(request)
        if isinstance(bytes_sent, int) and not isinstance(bytes_sent, bool):
            content = content[:bytes_sent]
            self.close_connection = True
        self.wfile.write(content)

    def _forward(self, request):
        connection = http.client.HTTPConnection(self.server.proxy.target.netloc, timeout=60)
        headers = {
            key: value for key, value in request.headers.items() if key.lower() not in self.server.proxy.not_forwarded
        }
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for key, value in headers.items():
            connection.putheader(key, value)
        connection.endheaders(request.body)
        response = connection.getresponse()
        content = response.read()
        # HEAD tells a length without sending it.
        hidden = _HOP - ({"content-length"} if self.command == "HEAD" else set())
        answered = {
            key: value
            for key, value in response.getheaders()
            if key.lower() not in hidden | self.server.proxy.not_answered | {"date", "server"}
        }
        connection.close()
        return response.status, answered, content

    def log_message(self, *_arguments):
        pass


def xml_error(status, code):
    """Return an answer of an S3 store that refuses."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said by a test</Message></Error>"
    return status, {"Content-Type": "application/xml"}, body.encode()
