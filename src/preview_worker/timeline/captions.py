"""Captions: the narration cut into cues of at most two balanced lines, spread over the speech by length.

Limits follow the domain's norm: 42 characters a line, two lines, 17 characters a second, one second at least.
"""

from __future__ import annotations

import re
from fractions import Fraction

from preview_worker.timeline.model import Cue, Note
from preview_worker.timeline.time import FrameRange, ms_of_frames

LINE_CHARACTERS = 42
CHARACTERS_PER_SECOND = 17
SHORTEST_CUE_S = 1

_SENTENCE_END = re.compile(r"(?<=[.!?…])[»”\"')\]]*(?:[\u00a0\u202f]»)?(?= )")
_CLAUSE_ENDS = (";", ":", ",", "–", "—", ")")
_STICKS_TO_PREVIOUS = frozenset("!?;:»%")


def cut_cues(text: str, speech: FrameRange, *, step_id: str, rate: Fraction) -> tuple[Cue, ...]:
    """Cut a spoken text into cues that share the speech's frames in proportion to their length.

    Args:
        text: The narration.
        speech: Frames of the whole timeline in which it is heard; cues stay inside them.
        step_id: The step it belongs to.
        rate: Frames per second.

    Returns:
        Cues that tile the speech, each at least a frame long. Where there are fewer frames than cues, the last ones
        are left out: they could not be seen.
    """
    texts = _joined_to_last_a_second(_cue_texts(text), speech, rate)
    total = sum(len(cue) for cue in texts)
    if not total or not len(speech):
        return ()
    cues: list[Cue] = []
    said, start = 0, speech.start
    for following, cue in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        said += len(cue)
        by_length = speech.start + len(speech) * said // total
        end = min(speech.end, max(start + 1, min(by_length, speech.end - following)))
        if end > start:
            cues.append(Cue(frames=FrameRange(start=start, end=end), lines=_lines(cue.split(" ")), step_id=step_id))
            start = end
    return tuple(cues)


def reading_notes(cues: tuple[Cue, ...], rate: Fraction) -> tuple[Note, ...]:
    """A `caption-fast` note for every step with cues that must be read faster than 17 characters a second.

    It tells their number, and pace and start of the fastest.
    """
    fast: dict[str, list[tuple[Fraction, Cue]]] = {}
    for cue in cues:
        pace = Fraction(sum(len(line) for line in cue.lines)) * rate / len(cue.frames)
        if pace > CHARACTERS_PER_SECOND:
            fast.setdefault(cue.step_id, []).append((pace, cue))
    return tuple(_reading_note(step_id, found, rate) for step_id, found in fast.items())


def _reading_note(step_id: str, found: list[tuple[Fraction, Cue]], rate: Fraction) -> Note:
    worst, cue = max(found, key=lambda entry: entry[0])
    which = "A caption" if len(found) == 1 else f"{len(found)} captions"
    most = "" if len(found) == 1 else "up to "
    return Note(
        code="caption-fast",
        step_id=step_id,
        at_ms=ms_of_frames(cue.frames.start, rate),
        message=f"{which} of step {step_id} must be read at {most}{float(worst):.1f} characters a second.",
        value=round(float(worst), 1),
        limit=CHARACTERS_PER_SECOND,
        hint="Give the step more time (durationMs) or shorten its narration.",
    )


def _cue_texts(text: str) -> list[str]:
    cues: list[str] = []
    for sentence in _sentences(text):
        rest = sentence
        while rest:
            head = _longest_head(rest)
            cues.append(" ".join(head))
            rest = rest[len(head) :]
    return cues


def _sentences(text: str) -> list[list[str]]:
    flat = " ".join(_words(text))
    parts = [part for part in _SENTENCE_END.sub(lambda match: match.group() + "\n", flat).split("\n") if part.strip()]
    return [_words(part) for part in parts]


def _words(text: str) -> list[str]:
    """Words between ordinary spaces; French punctuation set off by a space stays with the word before it."""
    words: list[str] = []
    for run in re.split(r"[ \t\r\n]+", text.strip()):
        if words and (run[:1] in _STICKS_TO_PREVIOUS or words[-1].endswith("«")):
            words[-1] += "\u00a0" + run
        elif run.strip():
            words.append(run)
    return words


def _longest_head(words: list[str]) -> list[str]:
    """The words of the next cue: all if they fit two lines, else up to the last clause border, else balanced."""
    if _fits(words):
        return words
    fitting = max(1, next(count for count in range(1, len(words) + 1) if not _fits(words[: count + 1])))
    for count in range(fitting, fitting // 2, -1):
        if words[count - 1].endswith(_CLAUSE_ENDS):
            return words[:count]
    pieces = -(-len(" ".join(words)) // (2 * LINE_CHARACTERS))
    share = len(" ".join(words)) / max(2, pieces)
    balanced = next((n for n in range(1, fitting + 1) if len(" ".join(words[:n])) >= share), fitting)
    return words[:balanced]


def _fits(words: list[str]) -> bool:
    # Told by the length first: balancing a whole unpunctuated narration again for each cue takes seconds.
    length = sum(len(word) + 1 for word in words) - 1
    return length <= 2 * LINE_CHARACTERS + 1 and all(len(line) <= LINE_CHARACTERS for line in _lines(words))


def _lines(words: list[str]) -> tuple[str, ...]:
    """One line if it fits, else the two lines whose lengths differ least."""
    whole = " ".join(words)
    if len(whole) <= LINE_CHARACTERS or len(words) == 1:
        return (whole,)
    splits = ((" ".join(words[:count]), " ".join(words[count:])) for count in range(1, len(words)))
    return min(splits, key=lambda pair: (max(len(pair[0]), len(pair[1])), len(pair[0])))


def _joined_to_last_a_second(texts: list[str], speech: FrameRange, rate: Fraction) -> list[str]:
    """Join a cue that would stand for less than a second to the one before, where both fit two lines."""
    total = sum(len(text) for text in texts) or 1
    joined: list[str] = []
    for text in texts:
        short = len(speech) * len(text) < SHORTEST_CUE_S * rate * total
        previous_short = bool(joined) and len(speech) * len(joined[-1]) < SHORTEST_CUE_S * rate * total
        if joined and (short or previous_short) and _fits([*joined[-1].split(" "), *text.split(" ")]):
            joined[-1] = f"{joined[-1]} {text}"
        else:
            joined.append(text)
    return joined
