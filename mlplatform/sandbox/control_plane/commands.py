"""The command lines of the control plane's processes: 127.0.0.1 only, every connection with certificates."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.sandbox.control_plane.certificates import SERVICE_ACCOUNT_KEY, SERVICE_NETWORK

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
STAGES = "stages.yaml"

_POD_NETWORK = "10.244.0.0/16"
_WEBHOOKS = "MutatingAdmissionWebhook,ValidatingAdmissionWebhook"
# As a kubelet's; with none, kwok would not hold leases, and kube-controller-manager would take its nodes for lost.
_NODE_LEASE_SECONDS = 40
# Of the variables of the user's shell, only what a program needs to run at all: no proxy stands between processes of
# one machine, and no setting of another etcd or kwok is meant for this one.
_INHERITED = ("PATH", "TMPDIR", "LANG", "SYSTEMROOT")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Ports of 127.0.0.1."""

    etcd: int
    etcd_peer: int
    api: int


def free_ports(requested: Ports | None = None) -> Ports:
    """Return three ports that nobody uses now: the wanted ones where they are free."""
    chosen: list[int] = []
    sockets: list[socket.socket] = []
    try:
        for port in (requested.etcd, requested.etcd_peer, requested.api) if requested else (0, 0, 0):
            sockets.append(_bound(port))
            chosen.append(sockets[-1].getsockname()[1])
    finally:
        for item in sockets:
            item.close()
    etcd, peer, api = chosen
    return Ports(etcd=etcd, etcd_peer=peer, api=api)


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    # The port of a server that has just ended counts as free, as it does for the server.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.bind((HOST, 0))
    return listener


def environment(folder: Path) -> dict[str, str]:
    """Return the variables of the processes; ``folder`` is their home, so that they find no configuration."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # With the schemas of many CustomResourceDefinitions, a third of the API server's time went into looking for
    # garbage; this takes more memory instead, up to a limit.
    memory = {"GOGC": "200", "GOMEMLIMIT": "2GiB"}
    return {**inherited, **memory, "HOME": str(folder), "KWOK_WORKDIR": str(folder)}


def command(component: str, program: Path, folder: Path, ports: Ports, *, admission_webhooks: bool) -> list[str]:
    """Return program and arguments of a component.

    Args:
        component: one of :data:`.go_build.COMPONENTS`.
        program: its binary.
        folder: the sandbox's, with the certificates in ``pki``.
        ports: where the servers listen.
        admission_webhooks: whether the API server asks admission webhooks.

    """
    pki = folder / "pki"
    arguments = {
        "etcd": lambda: _etcd(folder, pki, ports),
        "kube-apiserver": lambda: _api_server(folder, pki, ports, admission_webhooks=admission_webhooks),
        "kube-controller-manager": lambda: _controller_manager(folder, pki),
        "kube-scheduler": lambda: [f"--kubeconfig={folder}/kube-scheduler.kubeconfig", *_NO_SERVER],
        "kwok": lambda: [
            f"--kubeconfig={folder}/kwok.kubeconfig",
            f"--config={folder}/{STAGES}",
            "--manage-all-nodes=true",
            f"--node-lease-duration-seconds={_NODE_LEASE_SECONDS}",
            f"--cidr={_POD_NETWORK}",
        ],
    }[component]()
    return [str(program), *arguments]


# Neither metrics nor health of these two are asked for; one instance needs no election.
_NO_SERVER = ("--secure-port=0", "--leader-elect=false")


def _etcd(folder: Path, pki: Path, ports: Ports) -> list[str]:
    client, peer = f"https://{HOST}:{ports.etcd}", f"https://{HOST}:{ports.etcd_peer}"
    tls = ("cert-file", pki / "etcd.crt"), ("key-file", pki / "etcd.key"), ("trusted-ca-file", pki / "ca.crt")
    return [
        "--name=sandbox",
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=sandbox={peer}",
        *(f"--{option}={value}" for option, value in tls),
        *(f"--peer-{option}={value}" for option, value in tls),
        "--client-cert-auth",
        "--peer-client-cert-auth",
        # Nothing here outlives a crash of the machine, and waiting for the disk would be most of the start.
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_server(folder: Path, pki: Path, ports: Ports, *, admission_webhooks: bool) -> list[str]:
    return [
        f"--etcd-servers=https://{HOST}:{ports.etcd}",
        f"--etcd-cafile={pki}/ca.crt",
        f"--etcd-certfile={pki}/etcd-client.crt",
        f"--etcd-keyfile={pki}/etcd-client.key",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={ports.api}",
        # 127.0.0.1 may be no endpoint of the service "kubernetes"; nothing in the cluster runs that would use it.
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={pki}/kube-apiserver.crt",
        f"--tls-private-key-file={pki}/kube-apiserver.key",
        f"--client-ca-file={pki}/ca.crt",
        f"--cert-dir={folder}/pki",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/{SERVICE_ACCOUNT_KEY}",
        f"--service-account-signing-key-file={pki}/{SERVICE_ACCOUNT_KEY}",
        "--authorization-mode=Node,RBAC",
        "--anonymous-auth=false",
        "--enable-admission-plugins=PodSecurity",
        # Nothing runs in the pods, so every webhook that a chart installs would find nobody, and refuse everything.
        *([] if admission_webhooks else [f"--disable-admission-plugins={_WEBHOOKS}"]),
        "--allow-privileged=true",
        "--profiling=false",
    ]


def _controller_manager(folder: Path, pki: Path) -> list[str]:
    return [
        f"--kubeconfig={folder}/kube-controller-manager.kubeconfig",
        f"--root-ca-file={pki}/ca.crt",
        f"--service-account-private-key-file={pki}/{SERVICE_ACCOUNT_KEY}",
        # One user with every right: an account for each of the forty controllers would be most of the start.
        "--use-service-account-credentials=false",
        # The default of 20 requests a second is made for large clusters with several of these.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        # Claims are bound when their volume appears; the default looks again only every 15 s.
        "--pvclaimbinder-sync-period=1s",
        *_NO_SERVER,
    ]
