"""Settings of an air-gapped site: where everything third-party is had from."""

from __future__ import annotations

from pydantic import Field

from mlplatform.config.addresses import ChartMirror, ImagePrefix
from mlplatform.config.fields import Section


class MirrorSection(Section):
    """Own sources of everything third-party."""

    charts: ChartMirror | None = Field(
        default=None, description="oci://host/path, https://host/path (a chart museum) or a folder of .tgz files"
    )
    images: ImagePrefix | None = Field(
        default=None,
        description="prefix of every image, before its full name: registry.example.org/mirror gives "
        "registry.example.org/mirror/quay.io/jetstack/...",
    )
