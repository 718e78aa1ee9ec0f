"""moto under AWS's own names: what asks ``https://<bucket>.s3.<region>.amazonaws.com`` through a proxy, asks moto.

Nothing has to be told of another endpoint, and a request that misses the proxy ends nowhere.
"""

import contextlib
import datetime as dt
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.moto_s3 import CheckedParts, Quiet
from tests.object_stores import ENVIRONMENT

_DAY = dt.timedelta(days=1)


@contextlib.contextmanager
def s3_as_aws(folder, region):
    """Answer for S3 of a region with the data of this process's moto; yield the environment of who shall ask it.

    Args:
        folder: for the certificate.
        region: the region.

    """
    certificate, key = folder / "s3.crt", folder / "s3.key"
    _write_certificate(certificate, key, [f"s3.{region}.amazonaws.com", f"*.s3.{region}.amazonaws.com"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    application = CheckedParts(DomainDispatcherApplication(create_backend_app))
    moto = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet, ssl_context=context)
    proxy = _Proxy(moto.server_port)
    with _serving(moto), _serving(proxy):
        through = {"https_proxy": f"http://127.0.0.1:{proxy.server_port}", "no_proxy": "127.0.0.1"}
        # Both spellings: a machine's own must not be the one that counts.
        both = through | {name.upper(): value for name, value in through.items()}
        yield {**ENVIRONMENT, **both, "AWS_CA_BUNDLE": str(certificate)}


@contextlib.contextmanager
def _serving(server):
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Proxy(ThreadingHTTPServer):
    """Sends whoever wants to reach S3 to moto."""

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), _Relay)
        self.port = port


class _Relay(BaseHTTPRequestHandler):
    def do_CONNECT(self):
        host = self.path.rpartition(":")[0]
        if ".s3." not in f".{host}":
            self.send_error(502, "no S3")
            return
        self.send_response(200)
        self.end_headers()
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.server.port))) as moto:
            back = threading.Thread(target=_copy, args=(moto, self.connection), daemon=True)
            back.start()
            _copy(self.connection, moto)
            back.join()
        self.close_connection = True

    def log_message(self, *_arguments):
        pass


def _copy(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _write_certificate(certificate, key, names):
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "moto")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(own, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key.write_bytes(own.private_bytes(*form))
