"""Bridges: the tutorial formats that Mobius writes, turned into payloads; pure, without files or clocks."""

from preview_worker.bridges.convert import Imported, import_tutorial
from preview_worker.bridges.nearby import Nearby
from preview_worker.bridges.recognition import TutorialFormat, recognised
from preview_worker.bridges.remarks import Outcome, Remark

__all__ = ["Imported", "Nearby", "Outcome", "Remark", "TutorialFormat", "import_tutorial", "recognised"]
