"""An AWS account of moto: a server in this process, and clients whose every call is checked against AWS's own model."""

import contextlib
import os
import threading

import boto3
from botocore.config import Config
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from tests.aws.calls import check_call
from tests.moto_s3 import CheckedParts, Quiet
from tests.object_stores import ACCESS_KEY, SECRET_KEY

# The policies that AWS maintains (AmazonEKSWorkerNodePolicy, ...); moto reads this whenever it makes an account.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

_SERVICES = ("ec2", "eks", "iam", "kms", "logs", "rds", "s3")


class Account:
    """One account in one region.

    ``account.ec2``, ``.eks``, ``.iam``, ``.kms``, ``.logs``, ``.rds`` and ``.s3`` are boto3 clients. ``only_checked``
    holds what moto has no answer for: (operation, parameters), checked and kept. Handed-in things (a role of somebody
    else, a key) are made with the clients before the program runs.
    """

    def __init__(self, endpoint, region, identity):
        self.endpoint, self.region, self.id = endpoint, region, identity
        self.only_checked = []
        session = boto3.session.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=region
        )
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        for service in _SERVICES:
            client = session.client(service, endpoint_url=endpoint, config=config)
            client.meta.events.register("provide-client-params.*.*", check_call)
            client.meta.events.register("before-call.*.*", self._name_account)
            setattr(self, service, client)

    def _name_account(self, params, **_context):
        params["headers"]["x-moto-account-id"] = self.id

    def check_only(self, client, operation, **parameters):
        """Check and keep a call that moto does not know."""
        check_call(params=parameters, model=client.meta.service_model.operation_model(operation))
        self.only_checked.append((operation, parameters))

    def kept(self, operation):
        """Return the parameters of the calls that were only checked."""
        return [parameters for name, parameters in self.only_checked if name == operation]


@contextlib.contextmanager
def moto_account(identity, region="eu-central-1"):
    """Run an account in a thread of this process; yield it.

    Accounts of one process know nothing of each other but the names of buckets. What was made in one stays: use an id
    once.
    """
    application = CheckedParts(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Account(f"http://127.0.0.1:{server.server_port}", region, identity)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
