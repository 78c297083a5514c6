"""How much the draft voice may say for one tutorial, and how much it has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from preview_worker.errors import TooLongError
from preview_worker.speech.voices import Utterance

TRIMMED_EACH_BYTES = 32 * 1024 * 1024
"""While a long tutorial is spoken, older recordings go each time this much was said."""


@dataclass(slots=True, kw_only=True)
class Said:
    """What is said for one tutorial so far.

    Attributes:
        uses: In how many steps each utterance is said.
        max_duration_ms: How much may be said.
        total_ms: How much is said, in all steps.
        untrimmed_bytes: How much was kept since older recordings were last looked at.
    """

    uses: Counter[Utterance]
    max_duration_ms: int
    total_ms: int = 0
    untrimmed_bytes: int = 0

    def add(self, utterance: Utterance, length_ms: int) -> None:
        """Count an utterance.

        Raises:
            TooLongError: That is more than a tutorial may last (permanent).
        """
        self.total_ms += length_ms * self.uses[utterance]
        if self.total_ms > self.max_duration_ms:
            raise TooLongError(
                f"The draft voice speaks for more than the {self.max_duration_ms / 1000:g} s that are allowed in all.",
                pointer="/previewRequest/steps",
                hint="Split the tutorial into chapters, shorten its texts, or raise PREVIEW_MAX_DURATION_S.",
            )

    def trim_is_due(self, kept_bytes: int) -> bool:
        """Count what was kept; true each time it has become a good deal."""
        self.untrimmed_bytes += kept_bytes
        if self.untrimmed_bytes < TRIMMED_EACH_BYTES:
            return False
        self.untrimmed_bytes = 0
        return True
