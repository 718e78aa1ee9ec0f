"""A confused registry proves nothing about a lock: UNVERIFIED where the stack lets silence pass, else an error."""

import pytest

from tests.registry.faults import FAULTS, SWEEP, spoil
from tests.registry.proxy import Drip

# What a check of one lock asks.
ASKED = ["sign of life", "models", "logged model", "run"]


@pytest.mark.parametrize("fault", SWEEP)
def test_each_fault_of_each_call(reviewed, fault):
    limits = {"deadlineSeconds": 2 if FAULTS[fault] is Drip else 60, "timeoutSeconds": 20}
    reviewed.registry_settings = limits
    verified = reviewed.served()
    assert not verified.unverified
    for call in ASKED:
        reviewed.proxy.spoil = spoil(call, fault)
        reviewed.registry_settings = {**limits, "verify": "whenReachable"}
        served = reviewed.served()
        assert served.versions == verified.versions
        reviewed.registry_settings = limits
        if not served.unverified:
            # It made no difference, as one more page token that nobody follows.
            assert reviewed.served() == verified, call
            continue
        (reason,) = served.unverified
        assert reason.startswith("the locks were "), call
        assert reason.isprintable(), call
        assert list(reviewed.refused()) == ["Pulumi.prod.yaml: registry.uri"], call
