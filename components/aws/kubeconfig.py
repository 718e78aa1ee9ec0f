"""A kubeconfig that asks the AWS CLI for a token each time: there is none in it. Pure.

Sources: Amazon EKS User Guide, "Connect kubectl to an EKS cluster by creating a kubeconfig file"; Kubernetes,
"Authenticating", section "client-go credential plugins".
"""

from __future__ import annotations

import json

_HINT = """\
The AWS CLI, version 2, gets the token for this cluster; it must be on the PATH.
Install it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html
Then sign in as one of the cluster's administrators, and try: aws sts get-caller-identity
"""


def kubeconfig(*, name: str, endpoint: str, certificate_authority: str, region: str) -> str:
    """Return the kubeconfig of an EKS cluster, as JSON (which is YAML, too).

    Its user is let in by the access entry of the AWS identity at hand; the text itself opens nothing.

    Args:
        name: name of the cluster, of its context and of its user.
        endpoint: URL of its API server.
        certificate_authority: the API server's certificates, PEM in base64, as EKS tells them.
        region: region of the cluster.

    """
    arguments = ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"]
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "aws",
        "args": arguments,
        "interactiveMode": "Never",
        "provideClusterInfo": False,
        "installHint": _HINT,
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": endpoint, "certificate-authority-data": certificate_authority}}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
        "users": [{"name": name, "user": {"exec": program}}],
    }
    return json.dumps(config, indent=2) + "\n"
