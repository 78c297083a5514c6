"""Narrations of our own making in English and French, said by a pretended voice whose words have known times."""

from __future__ import annotations

import random
from dataclasses import dataclass

from preview_worker.contract import PreviewRequest
from preview_worker.timeline.model import SoundFacts
from preview_worker.timeline.time import samples_of_ms
from preview_worker.timeline.words import Border, words_of

PARTS = {
    "en": {
        "opening": ["At the start of the game", "When your turn comes", "If nobody can move", "After the first storm"],
        "actor": ["the oldest sailor", "each player", "whoever holds the lantern", "the keeper of the harbour"],
        "act": [
            "draws two cards from the deck",
            "puts a crate on the quay",
            "moves the ferry by one space",
            "turns over the top tile of the stack",
            "pays three coins to the bank",
            "rings the bell",
        ],
        "tail": ["and keeps the rest hidden", "unless the tide is out", "but never more than five of them", "at once"],
        "cry": ["Cast off!", "Ready?", "Well done.", "Then stop.", "That is all 12 of them."],
        "join": [", ", " ", ": ", "; "],
        "ends": [".", ".", ".", "!", "?"],
    },
    "fr": {
        "opening": ["Au début de la partie", "Quand vient votre tour", "Si personne ne peut avancer", "Après l'orage"],
        "actor": ["le plus vieux marin", "chaque joueur", "celui qui tient la lanterne", "la gardienne du port"],
        "act": [
            "pioche deux cartes de la réserve",
            "pose une caisse sur le quai",
            "avance le bac d'une case",
            "retourne la première tuile de la pile",
            "paie trois pièces à la banque",
            "sonne la cloche",
        ],
        "tail": ["et garde les autres cachées", "sauf à marée basse", "mais jamais plus de cinq", "sans attendre"],
        "cry": ["Larguez les amarres !", "Prêts ?", "Bien joué.", "On s'arrête.", "« Terre ! »", "Il en faut 100 %."],
        "join": [", ", " ", " : ", " ; "],
        "ends": [".", ".", ".", " !", " ?"],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A narration as it is said: `times` are start and end in ms of each of its words, as captions part them."""

    text: str
    times: tuple[tuple[int, int], ...]
    facts: SoundFacts


def narration(rng, language, sentences):
    """A text of some sentences."""
    parts = PARTS[language]
    return " ".join(_sentence(rng, parts) for _ in range(sentences))


def _sentence(rng, parts):
    if rng.random() < 0.15:
        return rng.choice(parts["cry"])
    pieces = [rng.choice(parts["actor"]) + " " + rng.choice(parts["act"])]
    if rng.random() < 0.5:
        pieces.insert(0, rng.choice(parts["opening"]))
    while rng.random() < 0.45:
        pieces.append(rng.choice(parts["tail"]))
    text = pieces[0]
    for piece in pieces[1:]:
        text += rng.choice(parts["join"]) + piece
    return text[0].upper() + text[1:] + rng.choice(parts["ends"])


def said(rng, text, *, letter_ms=62):
    """The text as a voice says it: not quite evenly, with pauses at borders of sentences and mostly of clauses."""
    clock = rng.randrange(0, 400)
    times = []
    for word in words_of(text):
        length = int((word.width + 1) * letter_ms * rng.uniform(0.75, 1.25))
        times.append((clock, clock + length))
        clock += length
        if word.border is Border.SENTENCE:
            clock += rng.randrange(400, 900)
        elif word.border is Border.CLAUSE and rng.random() < 0.7:
            clock += rng.randrange(200, 450)
    end = clock + rng.randrange(0, 300)
    levels = [-1000 if rng.random() < 0.5 else -620] * (end // 100 + 1)
    for start_ms, end_ms in times:
        for window in range(start_ms // 100, end_ms // 100 + 1):
            levels[window] = rng.randrange(-260, -180)
    facts = SoundFacts(
        sha256=f"{rng.getrandbits(256):064x}",
        duration_samples=samples_of_ms(end),
        channels=1,
        peak=0.5,
        loudness_db10=tuple(levels),
        peak_db10=tuple(-60 for _ in levels),
        seam_db10=(),
        seam_peak_db10=(),
    )
    return Said(text=text, times=tuple(times), facts=facts)


def tutorial(seed, *, steps=None, letter_ms=None, recorded=None):
    """A tutorial of a seed, with the facts of its recordings and what was said in each recorded step, by its id."""
    rng = random.Random(seed)
    language = ("en", "fr")[seed % 2]
    entries, facts, voices = [], {}, {}
    for number in range(steps or rng.randrange(2, 9)):
        step = {"id": f"s{number}", "narration": narration(rng, language, rng.randrange(1, 7))}
        if rng.random() < 0.5 if recorded is None else recorded:
            voice = said(rng, step["narration"], letter_ms=letter_ms or rng.choice([50, 62, 75]))
            step["narrationAssetId"] = f"voice-{number}"
            facts[f"voice-{number}"] = voice.facts
            voices[step["id"]] = voice
        elif rng.random() < 0.2:
            step["durationMs"] = rng.randrange(2000, 20_000)
        entries.append(step)
    request = PreviewRequest.model_validate(
        {
            "title": "Harbour",
            "language": language,
            "steps": entries,
            "assets": [{"id": key, "uri": f"{key}.wav"} for key in facts],
            "audio": {},
            "options": {"fps": rng.choice([12, 24, 25, 30])},
        }
    )
    return request, facts, voices
