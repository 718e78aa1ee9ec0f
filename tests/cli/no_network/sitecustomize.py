"""Loaded by every Python process of a test: whatever leaves this machine is written down, and refused.

An audit hook sees each connection and each look-up of a name, whichever library makes it. Source: Python library
reference, "Audit events table" (``socket.*``).
"""

import os
import sys
from pathlib import Path

_HERE = frozenset({"127.0.0.1", "::1", b"127.0.0.1"})
_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"})


def _watch(event, arguments):
    if event not in _EVENTS:
        return
    target = arguments[0] if event in {"socket.getaddrinfo", "socket.gethostbyname"} else arguments[-1]
    host = target[0] if isinstance(target, tuple) else target
    # No host: the address of a socket file, or one that the socket is connected to already.
    if host is None or host in _HERE or (event.startswith(("socket.con", "socket.send")) and isinstance(target, str)):
        return
    with Path(os.environ["NO_NETWORK_RECORD"]).open("a", encoding="utf-8") as record:
        record.write(f"{event} {target}\n")
    raise OSError(f"no network in this test: {event} {target}")


sys.addaudithook(_watch)
