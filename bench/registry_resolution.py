"""Compare ways to resolve the models of a stack, as ratios within one run on one real MLflow server.

    python -m bench.registry_resolution [number of models, 300 by default]

The look-ups that the resolver is compared with are what a straightforward program does: alias, download URI, logged
model and run, one after the other for each model, without reading any artifact.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.config.models import RegistrySection
from mlplatform.registry import ModelReference, embedded, resolve_models
from mlplatform.registry.client.environment import hush, quiet_mlflow
from mlplatform.registry.embedded import process as server_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow.tracking.client import MlflowClient

MLMODEL = "flavors:\n  python_function: {loader_module: none, python_version: 3.11.7}\nmlflow_version: 3.0.0\n"


def main(count: int) -> None:
    """Start a server, fill it, and print the measurements."""
    with tempfile.TemporaryDirectory() as folder, quiet_mlflow({}):
        root = Path(folder) / "bench" / "registry"
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            uri = f"http://127.0.0.1:{listener.getsockname()[1]}"
        measure("up: start and train the samples", lambda: embedded.up(root, uri, report=lambda _line: None))
        try:
            compare(uri, root, count)
        finally:
            embedded.down(root, report=lambda _line: None)


def compare(uri: str, root: Path, count: int) -> None:
    """Measure three sample models, then many."""
    from mlflow.tracking.client import MlflowClient  # noqa: PLC0415 - its import is part of the first start

    hush()
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    registry = RegistrySection.model_validate({"uri": uri, "artifactStores": {"mlflow-artifacts:/": "s3://bucket/"}})
    three = ["iris-classifier", "diabetes-regressor", "breast-cancer-detector"]
    many = fill(client, root, count)
    for names in (three, many):
        compare_for(names, client, registry, root)


def compare_for(names: list[str], client: MlflowClient, registry: RegistrySection, root: Path) -> None:
    """Measure the resolver and plain look-ups for the same models."""
    print(f"{len(names)} models")
    cache = root / f"cache-{len(names)}"
    warm = 0.0
    for label in ("cold (reads every artifact)", "warm (facts cached)"):
        asked = requests_so_far(root)
        warm = measure(f"  resolver, {label}", lambda: resolve(names, registry, cache))
        print(f"    {requests_so_far(root) - asked} requests")
    sequential = measure("  look-ups one after the other", lambda: [look_up(client, name) for name in names])
    with ThreadPoolExecutor(8) as pool:
        parallel = measure("  look-ups, eight at a time", lambda: list(pool.map(partial(look_up, client), names)))
    print(f"  warm resolver is {sequential / warm:.1f}x as fast as sequential, {parallel / warm:.1f}x as eight")


def fill(client: MlflowClient, root: Path, count: int) -> list[str]:
    """Register ``count`` models, two versions each, whose alias points to the older one."""
    folder = root / "artifact"
    folder.mkdir()
    (folder / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    experiment = client.create_experiment("bench")
    run = client.create_run(experiment)

    def register(index: int) -> str:
        name = f"bench-{index:04}"
        client.create_registered_model(name)
        for _ in range(2):
            model = client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
            client.log_model_artifacts(model.model_id, str(folder))
            client.create_model_version(name, f"models:/{model.model_id}", model_id=model.model_id)
        client.set_registered_model_alias(name, "champion", "1")
        return name

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(register, range(count)))


def resolve(names: list[str], registry: RegistrySection, cache: Path) -> None:
    """Resolve the champions of ``names``."""
    references = {
        name: ModelReference(registered_model=name, alias="champion", file="bench", key=f"models[{index}]")
        for index, name in enumerate(names)
    }
    resolve_models(references, registry, cache_dir=cache)


def look_up(client: MlflowClient, name: str) -> None:
    """Read of one model what a preview needs, without batches."""
    version = client.get_model_version_by_alias(name, "champion")
    client.get_model_version_download_uri(name, version.version)
    model = client.get_logged_model(version.source.removeprefix("models:/"))
    client.get_run(model.source_run_id)


def requests_so_far(root: Path) -> int:
    """Return how many requests the server has logged."""
    time.sleep(0.2)
    log = root / server_process.LOG
    return log.read_text(encoding="utf-8", errors="replace").count('HTTP/1.1"')


def measure(label: str, action: Callable[[], object]) -> float:
    """Print and return the seconds that an action takes."""
    begun = time.perf_counter()
    action()
    seconds = time.perf_counter() - begun
    print(f"{label}: {seconds:.2f} s")
    return seconds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
