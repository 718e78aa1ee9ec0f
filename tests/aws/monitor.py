"""The preview's monitor with AWS behind it: what a program registers is made in moto, and its outputs come back.

Everything else is as in a preview: what no AWS resource gives stays unknown, so an input that is unknown here is made
from an output that the adapter does not return.
"""

import hashlib
import threading

from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.engine.monitor import ReviewMonitor
from mlplatform.review.state.property_values import (
    OUTPUT_VALUE,
    RESOURCE_REFERENCE,
    SECRET,
    SIGNATURE,
    contains_unknown,
    from_struct,
    signature,
)
from tests.aws.adapter import RefusedError, create

PASSWORD = "random:index/randomPassword:RandomPassword"


class AccountMonitor(ReviewMonitor):
    """Makes the AWS resources of a program.

    Attributes:
        made: of each AWS resource ``type``, ``name``, ``urn``, ``id``, ``inputs`` and ``outputs``, in the order of
            their creation.
        others: of every other custom resource ``type``, ``name``, ``urn`` and ``inputs``.

    """

    def __init__(self, account, **stack):
        super().__init__(**stack)
        self.account = account
        self.made, self.others = [], []
        self._one_at_a_time = threading.Lock()

    def RegisterResource(self, request):  # noqa: N802 - the name of the RPC
        answer = super().RegisterResource(request)
        given = from_struct(request.object)
        inputs = {key: plain(value) for key, value in given.items()}
        entry = {"type": request.type, "name": request.name, "urn": answer.urn, "inputs": inputs}
        if request.type == PASSWORD:
            secret = {SIGNATURE: SECRET, "value": generated(request.name)}
            return _with_outputs(answer, given, identity="none", outputs={"result": secret})
        if not request.type.startswith("aws:") or not request.custom:
            if request.custom:
                self.others.append(entry)
            return answer
        if unknown := sorted(key for key, value in inputs.items() if contains_unknown(value)):
            raise RefusedError(f"{request.type} {request.name}: the inputs {unknown} are unknown")
        with self._one_at_a_time:
            identity, whole, outputs = create(self.account, request.type, request.name, inputs)
            self.made.append({**entry, "id": identity, "inputs": whole, "outputs": outputs})
        return _with_outputs(answer, {**whole, **given}, identity=identity, outputs=outputs)


def generated(name):
    """Return what stands for a generated secret: looks like one, and is found wherever it leaks."""
    return hashlib.sha256(f"generated {name}".encode()).hexdigest()[:32]


def plain(value):
    """Return the data itself: secrets and outputs opened, references as ids, whole numbers as ``int``."""
    kind = signature(value)
    if kind == SECRET:
        return plain(value["value"])
    if kind == OUTPUT_VALUE:
        return plain(value.get("value", UNKNOWN))
    if kind == RESOURCE_REFERENCE:
        return value.get("id") or UNKNOWN
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _with_outputs(answer, given, *, identity, outputs):
    """Return an answer with an id and outputs beside what was given, which comes back as it was: secrets as secrets."""
    found = struct_pb2.Struct()
    found.update({**given, **outputs})
    return resource_pb2.RegisterResourceResponse(urn=answer.urn, id=identity, object=found)
