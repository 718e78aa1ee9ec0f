"""What of a pod breaks Pod Security ``restricted``, for pods that no API server is asked about.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
}


def breaches(pod):
    """Yield each breach of ``restricted`` by a pod spec."""
    own = pod.get("securityContext") or {}
    yield from (field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    for volume in pod.get("volumes") or ():
        yield from (f"volume {volume['name']}: {kind}" for kind in set(volume) - {"name"} - VOLUMES)
    yield from (f"sysctl {item['name']}" for item in own.get("sysctls") or () if item["name"] not in SYSCTLS)
    for container in (*(pod.get("initContainers") or ()), *pod["containers"]):
        for breach in _container(container.get("securityContext") or {}, own):
            yield f"{container['name']}: {breach}"
        yield from (f"{container['name']}: hostPort" for port in container.get("ports") or () if port.get("hostPort"))


def _container(context, pod):
    capabilities = context.get("capabilities") or {}
    if context.get("privileged"):
        yield "privileged"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "capabilities.drop"
    if set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield "capabilities.add"
    if not context.get("runAsNonRoot", pod.get("runAsNonRoot")):
        yield "runAsNonRoot"
    if 0 in {context.get("runAsUser"), pod.get("runAsUser")}:
        yield "runAsUser"
    profile = context.get("seccompProfile") or pod.get("seccompProfile") or {}
    if profile.get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "seccompProfile"
