"""What a render process says when it renders no video: facts, warnings, and a picture where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from preview_worker.contract import PreviewWarning
from preview_worker.errors import RenderCrashError
from preview_worker.render.protocol import Event, FileReady, LogLine, Noticed, Probed, Progress, Refused
from preview_worker.render.settling import settled
from preview_worker.storage.facts import FactsCache
from preview_worker.worker.heard import facts_of, warnings_of
from preview_worker.worker.inputs import Inputs


@dataclass(slots=True, kw_only=True)
class Listener:
    """Hears a render process until it has finished its command.

    Attributes:
        facts: Where measured facts are kept.
        inputs: What the process works on: nothing is kept that was made of a file changed meanwhile.
        takes_picture: Whether a picture is asked for, and so may be answered.
        warnings: What was noticed, in its order.
        picture: The file of the picture, once it is there.
        refusal: Why there is none.
    """

    facts: FactsCache
    inputs: Inputs
    takes_picture: bool = False
    warnings: list[PreviewWarning] = field(default_factory=list)
    picture: FileReady | None = None
    refusal: Refused | None = None

    async def hear(self, event: Event) -> None:
        """Take an event.

        Raises:
            AssetError: An asset was written to meanwhile (permanent, ``asset-changed``).
            RenderCrashError: The process says what nobody has asked for, or what the protocol doesn't know (transient).
            StorageError: Facts can't be kept (transient).
        """
        match event:
            case Probed():
                await settled(self._keep_facts, event)
            case Noticed():
                self.warnings += warnings_of(event.warnings)
            case Refused() if self.takes_picture:
                self.refusal = event
            case FileReady() if self.takes_picture:
                await settled(self.inputs.check)
                self.picture = event
            case Progress() | LogLine():
                pass
            case _:
                raise RenderCrashError(f"The render process said {type(event).__name__} out of turn.")

    def _keep_facts(self, event: Probed) -> None:
        self.inputs.check()
        self.facts.keep(facts_of(event, self.inputs))
