"""The facts that lie in a release's own files, read from the release store and checked against the lock's hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.registry.artifact.content import read_content
from mlplatform.registry.digest import FileDigest
from mlplatform.registry.facts.mlmodel import FACT_FILES, MlmodelError
from mlplatform.registry.facts.views import file_facts
from mlplatform.registry.lock.plain_data import same_data
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.release import ReleaseStoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlplatform.registry.artifact.content import ArtifactContent
    from mlplatform.registry.artifact.facts_cache import FactsCache
    from mlplatform.registry.facts import ModelFacts
    from mlplatform.registry.release import ReleaseStore


def release_facts(
    store: ReleaseStore, uri: str, files: Sequence[FileDigest], digest: str, cache: FactsCache
) -> ArtifactContent:
    """Return the facts of a release; they are cached by its digest, which names its bytes.

    Raises:
        ReleaseStoreError: the store cannot be asked, or a file is not what was released.

    """
    facts = cache.get({"digest": digest})
    if facts is not None and facts.digest == digest:
        return facts
    fact_files = [file for file in files if file.path in FACT_FILES]
    contents = run_parallel(lambda file: store.read(uri, file), fact_files)
    read = {file.path: content for file, content in zip(fact_files, contents, strict=True) if content is not None}
    if len(read) < len(fact_files):
        gone = ", ".join(file.path for file in fact_files if file.path not in read)
        raise ReleaseStoreError("releaseStore.uri", f"{uri} does not hold {gone} as it was released")
    try:
        facts = read_content(read, plain_files(files), size=sum(file.size for file in files))
    except MlmodelError as error:
        raise ReleaseStoreError("releaseStore.uri", f"the release at {uri} {error}") from None
    cache.put({"digest": digest}, facts)
    return facts


def plain_files(files: Sequence[FileDigest]) -> tuple[FileDigest, ...]:
    """Return files without what a store said of them, sorted by path."""
    plain = (FileDigest(path=file.path, size=file.size, sha256=file.sha256) for file in files)
    return tuple(sorted(plain, key=lambda file: file.path))


def fact_faults(version: ModelFacts, facts: ArtifactContent) -> Iterator[str]:
    """Yield the key of each fact of a locked version that its own files tell otherwise."""
    for fact in file_facts():
        if not same_data(getattr(version, fact.name), getattr(facts, fact.name)):
            yield fact.key


def logged_elsewhere(version: ModelFacts, facts: ArtifactContent) -> str | None:
    """Return a sentence where a version's files say that they are of another logged model or run than the registry.

    That is no error: models are copied from one server to another, and a version may be registered with any source. But
    its metrics may then not be those of its files. Files that name neither, as those made by hand, say nothing.
    """
    pairs = (("logged model", version.model_id, facts.logged_model_id), ("run", version.run_id, facts.logged_run_id))
    kind, registered, logged = next(
        ((kind, registered, logged) for kind, registered, logged in pairs if registered and logged), ("", "", "")
    )
    if registered == logged:
        return None
    return (
        f"version {version.version} of '{version.registered_model}' is registered with {kind} {registered}, but its "
        f"files were logged by {kind} {logged}; make sure that its metrics are those of its files"
    )
