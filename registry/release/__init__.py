"""The release store: the bytes that locked models are served from, written once and never overwritten."""

from registry.release.released_file import ReleasedFile

__all__ = ["ReleasedFile"]
