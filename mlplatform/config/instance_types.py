"""What the name of an EC2 instance type says. Pure.

Source: Amazon EC2 Instance Types, "Naming conventions": series, generation, options (``g``: Graviton), then the size.
"""

from __future__ import annotations

import re

# The GPUs of a node as a resource of Kubernetes, and the taint that keeps others away from them.
NVIDIA_GPU = "nvidia.com/gpu"

_TYPE = re.compile(r"(?P<series>[a-z]+)(?P<generation>\d*)(?P<options>[a-z]*)(?P<more>(-[a-z0-9]+)?)\.[a-z0-9-]+")
# g: graphics and inference, gr: the same with more memory, p: training.
_GPU = frozenset({"g", "gr", "p"})
# The graphics processors of g4ad are AMD's.
_NOT_NVIDIA = frozenset({"g4ad"})
_OTHER_CHIPS = frozenset({"trn", "inf", "dl", "vt", "f", "mac"})


def is_instance_type(name: str) -> bool:
    """Tell whether a text has the form of an instance type, ``m7i.large``."""
    return _TYPE.fullmatch(name) is not None


def is_arm(name: str) -> bool:
    """Tell whether an instance type's processor is not amd64: Graviton (``m7g``), its first generation (``a1``), Grace.

    Raises:
        ValueError: the text is no instance type.

    """
    match = _match(name)
    return "g" in match["options"] or match["series"] == "a" or match["more"].startswith("-gb")


def has_nvidia_gpu(name: str) -> bool:
    """Tell whether an instance type has graphics processors of NVIDIA.

    Raises:
        ValueError: the text is no instance type.

    """
    match = _match(name)
    return match["series"] in _GPU and _family(match) not in _NOT_NVIDIA


def has_other_chips(name: str) -> bool:
    """Tell whether an instance type is made for chips that nothing here has drivers for, or for macOS.

    Raises:
        ValueError: the text is no instance type.

    """
    match = _match(name)
    return match["series"] in _OTHER_CHIPS or _family(match) in _NOT_NVIDIA


def _match(name: str) -> re.Match[str]:
    match = _TYPE.fullmatch(name)
    if match is None:
        message = f"'{name}' is no instance type"
        raise ValueError(message)
    return match


def _family(match: re.Match[str]) -> str:
    return match["series"] + match["generation"] + match["options"]
