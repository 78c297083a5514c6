"""Warnings of a report: notes in the contract's form, and what was asked for and isn't done."""

from __future__ import annotations

from collections.abc import Iterable

from preview_worker.contract import NarrationMode, PreviewRequest, PreviewWarning, WarningCode, severity_of, spoken
from preview_worker.timeline.model import MediaFacts, Note
from preview_worker.timeline.voices import draft_voice_name

_VOICE_HINT = (
    'Install the extra "voice", leave PREVIEW_VOICE at auto, and name a language or an audio.voice that eSpeak NG has; '
    "or record the narration and name it in narrationAssetId."
)
_NAME_HINT = "Name a language that eSpeak NG has, such as fr, fr-be or en-us, or leave audio.voice out."


def warnings_of(notes: Iterable[Note]) -> tuple[PreviewWarning, ...]:
    """Notes as the contract's warnings, each once, in the order of the video."""
    unique = dict.fromkeys(notes)
    return tuple(
        PreviewWarning(
            code=(code := WarningCode(note.code)),
            severity=severity_of(code),
            step_id=note.step_id,
            at_ms=note.at_ms,
            message=note.message,
            value=note.value,
            limit=note.limit,
            hint=note.hint,
        )
        for note in unique
    )


def not_rendered(request: PreviewRequest, facts: MediaFacts) -> tuple[Note, ...]:
    """Notes on a draft voice that is asked for and doesn't speak; a default left alone is no ask."""
    audio, speaker = request.audio, draft_voice_name(facts)
    if speaker is None and audio.narration is NarrationMode.TTS and any(spoken(step) for step in request.steps):
        # Which of the three it is the worker knows and the render process doesn't.
        causes = "draft voices are off, not installed, or none speaks this language"
        sentence = f"A draft voice is to speak, and the steps are silent: {causes}."
        return (_unmet(sentence, request.language, _VOICE_HINT),)
    if speaker is not None and audio.voice is not None and audio.voice.lower() != speaker:
        return (_unmet(f"There is no draft voice {audio.voice}; {speaker} speaks.", audio.voice, _NAME_HINT),)
    return ()


def _unmet(message: str, value: str, hint: str) -> Note:
    return Note(code=WarningCode.NOT_RENDERED.value, step_id=None, at_ms=None, message=message, value=value, hint=hint)
