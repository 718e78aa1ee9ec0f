"""What the AWS provider's ``Check`` adds to the inputs of a resource, undone before they are compared.

Sources: pulumi/pulumi-aws 7, ``provider/tags.go`` (``tagsAll``), ``provider/region.go`` (``region``) and
``provider/resources.go`` (settings of the provider); pulumi/pulumi-terraform-bridge 3, ``pkg/tfbridge/schema.go``
(``__defaults``: the names that ``Check`` filled in at each place, with a default or a generated name).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.review.state.property_values import is_unknown, signature

if TYPE_CHECKING:
    from collections.abc import Mapping

Inputs = dict[str, Any]

DEFAULTS = "__defaults"
# What the provider's own Check fills in; texts, as the engine keeps settings.
_OF_PROVIDER = {"skipCredentialsValidation": "false", "skipMetadataApiCheck": "true", "skipRegionValidation": "true"}


def aws_inputs(old: Inputs, new: Inputs, provider: Mapping[str, Any]) -> tuple[Inputs, Inputs]:
    """Return the inputs of an AWS resource in a form in which equal means unchanged.

    Args:
        old: from the last known state; changed.
        new: as the program wants them; changed.
        provider: inputs of the new resource's provider.

    """
    _without_defaults(old, new)
    for one, other in ((old, new), (new, old)):
        if "tagsAll" not in other:
            one.pop("tagsAll", None)
    region = provider.get("region")
    if isinstance(region, str) and not is_unknown(region):
        # A resource that names no region is in the provider's. A state from offline does not say which that was.
        for one, other in ((old, new), (new, old)):
            if "region" in one:
                other.setdefault("region", region)
    return old, new


def fill_in_aws_provider(old: Inputs, new: Inputs) -> None:
    """Forget what Check adds to the settings of an AWS provider that the program does not give."""
    for one, other in ((old, new), (new, old)):
        for key, value in _OF_PROVIDER.items():
            if key not in other and str(one.get(key)).lower() == value:
                one.pop(key, None)


def _without_defaults(old: Any, new: Any) -> None:
    """Remove what was filled in on one side where the other does not give it, at every depth."""
    if isinstance(old, list) and isinstance(new, list):
        for pair in zip(old, new, strict=False):
            _without_defaults(*pair)
    if not isinstance(old, dict) or signature(old):
        return
    other = new if isinstance(new, dict) and not signature(new) else {}
    for one, counterpart in ((old, other), (other, old)):
        filled = one.pop(DEFAULTS, None)
        for name in filled if isinstance(filled, list) else ():
            if counterpart.get(name) is None:
                one.pop(name, None)
    for key, value in old.items():
        _without_defaults(value, other.get(key))
