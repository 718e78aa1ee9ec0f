"""IAM's limits of size, and documents that keep to them. Pure.

Source: IAM User Guide, "IAM and AWS STS quotas", where white space does not count; Amazon S3 User Guide, "Bucket
policies"; AWS KMS Developer Guide, "Quotas".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from components.aws.iam.shape import Document

# Characters.
MANAGED_POLICY = 6144
TRUST_POLICY = 2048
# Bytes, 20 KiB and 32 KiB.
BUCKET_POLICY = 20 * 1024
KEY_POLICY = 32 * 1024
# Customer-managed and AWS-managed together.
POLICIES_PER_ROLE = 10

_Item = TypeVar("_Item")


def text(policy: Document) -> str:
    """Return a document as the shortest JSON, the same for the same data: what is sent to AWS."""
    return json.dumps(policy, separators=(",", ":"))


def length(policy: Document) -> int:
    """Return how much of a quota a document takes: its characters without white space."""
    return len(text(policy))


def split(
    items: Sequence[_Item], build: Callable[[Sequence[_Item]], Document], limit: int = MANAGED_POLICY
) -> list[Document]:
    """Return documents of all items together, each as long as the limit lets it be.

    Args:
        items: what the documents are about, in the order that they keep.
        build: makes one document of some of them; more items never make a shorter one.
        limit: characters a document may have.

    Raises:
        ValueError: one item alone is too long.

    """
    documents: list[Document] = []
    group: list[_Item] = []
    for item in items:
        if group and length(build([*group, item])) > limit:
            documents.append(build(group))
            group = []
        group.append(item)
        if length(build(group)) > limit and len(group) == 1:
            raise ValueError(f"a policy about '{item}' alone has more than the {limit} characters of IAM; shorten it")
    return [*documents, build(group)] if group else documents
