"""Kinds of steps: from a scene's type, else guessed from its heading, in English and French."""

from __future__ import annotations

import re

from preview_worker.bridges.node import Node
from preview_worker.contract.kinds import StepKind

_TYPES: dict[str, StepKind] = {
    **{kind.value: kind for kind in StepKind},
    "brand_intro": StepKind.INTRO,
    "title": StepKind.INTRO,
    "title_card": StepKind.INTRO,
    "opening": StepKind.INTRO,
    "components": StepKind.COMPONENTS_OVERVIEW,
    "component_overview": StepKind.COMPONENTS_OVERVIEW,
    "setup": StepKind.SETUP_STEP,
    "teaching": StepKind.SETUP_STEP,
    "step": StepKind.SETUP_STEP,
    "phase": StepKind.TURN_FLOW,
    "turn": StepKind.TURN_FLOW,
    "gameplay": StepKind.TURN_FLOW,
    "turn_walkthrough": StepKind.TURN_FLOW,
    "scoring": StepKind.SCORING_SUMMARY,
    "end": StepKind.END_CARD,
    "outro": StepKind.END_CARD,
    "brand_outro": StepKind.END_CARD,
    "section_break": StepKind.TRANSITION,
}
# The first that is found in a heading decides; end before scoring, as in "Fin de la partie et décompte" it is scoring.
_HEADINGS: tuple[tuple[StepKind, re.Pattern[str]], ...] = (
    (StepKind.INTRO, re.compile(r"^(intro|introduction|bienvenue|welcome)\b", re.IGNORECASE)),
    (StepKind.END_CARD, re.compile(r"^(outro|conclusion|merci|thanks|thank you|end card)\b", re.IGNORECASE)),
    (StepKind.SCORING_SUMMARY, re.compile(r"\b(scor|d[ée]compte|points\b|victoire|victory|winning)", re.IGNORECASE)),
    (StepKind.COMPONENTS_OVERVIEW, re.compile(r"\b(components?|mat[ée]riel|composants?|contents?)\b", re.IGNORECASE)),
    (StepKind.SETUP_STEP, re.compile(r"\b(set[ -]?up|mise en place|pr[ée]paration|installation)\b", re.IGNORECASE)),
    (
        StepKind.TURN_FLOW,
        re.compile(r"\b(turns?|tours?|gameplay|d[ée]roulement|actions?|phases?|manche)\b", re.IGNORECASE),
    ),
)


def kind_of(node: Node, heading: str) -> StepKind:
    """Return the kind of a scene's step: by its type where that is known, else by its heading, else a setup step.

    A type that is not known is remarked.
    """
    written = node.name("kind", "type", "sceneType", "segmentType")
    kind = _TYPES.get(re.sub(r"[\s-]+", "_", written.lower()))
    if kind is StepKind.SETUP_STEP and written.lower() == "teaching":
        return guessed(heading)
    if kind is not None:
        return kind
    kind = guessed(heading)
    if written:
        key = next(key for key in ("kind", "type", "sceneType", "segmentType") if node.has(key))
        node.ledger.changed(node.at(key), f"is no kind of step; it is taken for {kind.value}", written)
    return kind


def guessed(heading: str) -> StepKind:
    """Return the kind that a heading suggests."""
    return next((kind for kind, words in _HEADINGS if words.search(heading)), StepKind.SETUP_STEP)
