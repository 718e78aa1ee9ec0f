"""Fixtures for all rooms."""

from tests.control_plane import binaries, control_plane, control_plane_with_crds, namespace

__all__ = ["binaries", "control_plane", "control_plane_with_crds", "namespace"]
