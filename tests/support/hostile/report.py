"""What a full run counted, as a page for people."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field

import av
import PIL
from PIL import features

from support.hostile.corpora import PACKAGES


@dataclass
class Tally:
    """Lines of the report by what was examined: each a row of (what, value)."""

    seed: int
    sections: dict = field(default_factory=dict)

    def add(self, section, **values):
        self.sections.setdefault(section, {}).update(values)

    def write(self, path):
        """Write the page."""
        versions = {
            "Python": platform.python_version(),
            "Pillow": PIL.__version__,
            "libjpeg-turbo": features.version("libjpeg_turbo"),
            "libwebp": features.version("webp"),
            "zlib": features.version("zlib"),
            "PyAV": av.__version__,
            "FFmpeg": av.ffmpeg_version_info,
        }
        lines = [
            "# Hostile files",
            "",
            "Files made to break a decoder, put before the real render process, one after the other. Written by:",
            "",
            f"    make hostile SEED={self.seed}",
            "",
            f"On {', '.join(f'{name} {version}' for name, version in versions.items())}, {platform.machine()}.",
            f"Corpora: {', '.join(f'{name} {version}' for name, version in PACKAGES.items())}.",
        ]
        for section, values in self.sections.items():
            lines += ["", f"## {section}", "", "| what | |", "|---|---|"]
            lines += [f"| {what.replace('_', ' ')} | {value} |" for what, value in values.items()]
        path.write_text("\n".join(lines) + "\n", "utf-8")
