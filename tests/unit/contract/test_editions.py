"""Variants: what an edition takes over, what falls away with other words, and what is told of words left behind."""

from __future__ import annotations

import pytest

from preview_worker.contract import validate_job
from preview_worker.contract.editions import editions
from preview_worker.contract.warning import warning_of

STEP = {
    "id": "start",
    "title": "Set up",
    "text": "Lay the board out.",
    "narration": "Lay the board out, please.",
    "narrationAssetId": "voice",
    "narrationTimings": "times",
    "durationMs": 4000,
    "callouts": [{"kind": "note", "placement": {"x": 0.1, "y": 0.1, "width": 0.3, "height": 0.2}, "text": "Here"}],
}
ASSETS = [{"id": name, "uri": f"{name}.bin"} for name in ("voice", "times", "voix", "temps", "spare")]


def job(words, *, step=STEP, variant=(), **request):
    whole = {
        "title": "Harbour",
        "language": "en",
        "steps": [step],
        "assets": ASSETS,
        "audio": {"voice": "en-us"},
        "variants": [{"language": "fr", "steps": {"start": words}, **dict(variant)}],
        **request,
    }
    return {"jobId": "j", "projectId": "p", "requestId": "r", "dryRun": False, "previewRequest": whole}


def in_french(words, **members):
    verdict = validate_job(job(words, **members))
    assert verdict.errors == ()
    return editions(verdict.job.preview_request)[1]


def findings(*arguments, **members):
    verdict = validate_job(job(*arguments, **members))
    return {(found.code.value, found.pointer) for found in (*verdict.errors, *verdict.warnings)}


def test_a_request_without_variants_is_its_only_edition():
    request = validate_job(job({}, variants=[])).job.preview_request
    assert editions(request) == (request,)


def test_an_edition_has_its_own_words_and_all_else_of_the_step():
    words = {"title": "Début", "text": "Posez.", "narration": "Posez-le.", "chapter": "Un", "reference": "p. 3"}
    edition = in_french(words, variant={"title": "Le port", "description": "Un jeu."}.items())
    (step,) = edition.steps
    assert (edition.language, edition.title, edition.description, edition.variants) == ("fr", "Le port", "Un jeu.", ())
    assert (step.title, step.text, step.narration) == ("Début", "Posez.", "Posez-le.")
    assert (step.chapter, step.reference, step.duration_ms, step.callouts[0].text) == ("Un", "p. 3", 4000, "Here")


def test_what_a_variant_leaves_out_stays_as_it_is():
    (step,) = in_french({}).steps
    assert (step.title, step.narration, step.narration_asset_id, step.narration_timings) == (
        "Set up",
        "Lay the board out, please.",
        "voice",
        "times",
    )


@pytest.mark.parametrize(
    ("words", "narration", "recording", "timings"),
    [
        ({"narration": "Posez-le."}, "Posez-le.", None, None),
        ({"text": "Posez."}, None, None, None),
        ({"narration": "Posez-le.", "narrationAssetId": "voix"}, "Posez-le.", "voix", None),
        ({"narrationAssetId": "voix"}, STEP["narration"], "voix", None),
        ({"narrationAssetId": "voix", "narrationTimings": "temps"}, STEP["narration"], "voix", "temps"),
        ({"title": "Début"}, STEP["narration"], "voice", "times"),
        ({"narration": STEP["narration"]}, STEP["narration"], "voice", "times"),
        ({"narration": None, "title": None}, STEP["narration"], "voice", "times"),
    ],
)
def test_a_recording_stays_only_where_the_same_words_are_spoken(words, narration, recording, timings):
    (step,) = in_french(words).steps
    assert (step.narration, step.narration_asset_id, step.narration_timings) == (narration, recording, timings)


def test_a_step_that_is_silent_by_intent_stays_silent():
    (step,) = in_french({"text": "Posez."}, step=STEP | {"narration": ""}).steps
    assert step.narration == ""


def test_the_draft_voice_is_the_languages_own_unless_the_variant_names_one():
    assert in_french({}).audio.voice is None
    assert in_french({}, variant={"voice": "fr-be"}.items()).audio.voice == "fr-be"


def test_phrases_of_callouts_are_those_of_the_language():
    step = STEP | {"callouts": [{**STEP["callouts"][0], "startMs": 500}, {**STEP["callouts"][0], "at": "the board"}]}
    words = {"narration": "Posez le plateau.", "callouts": [{"text": "Ici", "at": "plateau"}, {"at": "le plateau"}]}
    first, second = in_french(words, step=step).steps[0].callouts
    assert (first.text, first.at, first.start_ms) == ("Ici", "plateau", None)
    assert (second.text, second.at) == ("Here", "le plateau")


def test_assets_are_listed_with_the_edition_that_uses_them():
    own, french = editions(validate_job(job({"narration": "Posez.", "narrationAssetId": "voix"})).job.preview_request)
    assert [asset.id for asset in own.assets] == ["voice", "times", "temps", "spare"]
    assert [asset.id for asset in french.assets] == ["voix"]


def test_body_of_a_step_gives_way_to_a_translated_text():
    step = {key: value for key, value in STEP.items() if key not in ("text", "narration")} | {"body": "Lay it out."}
    (found,) = in_french({"text": "Posez."}, step=step).steps
    assert found.text == "Posez."


@pytest.mark.parametrize(
    ("words", "members", "expected"),
    [
        ({"narration": "Posez."}, {}, set()),
        ({"narrationAssetId": "voix"}, {}, {("untranslated", "/previewRequest/variants/0/steps/start")}),
        ({"narrationAssetId": "voix", "narration": STEP["narration"]}, {}, set()),
        ({"title": "Début"}, {}, {("untranslated", "/previewRequest/variants/0/steps/start")}),
        ({"title": "Début", "text": "Posez."}, {}, set()),
        ({"narration": "Posez."}, {"language": "FR"}, {("duplicate-id", "/previewRequest/variants/0/language")}),
        (
            {"narration": "Posez.", "callouts": [{"at": "le plateau"}]},
            {},
            {("unknown-phrase", "/previewRequest/variants/0/steps/start/callouts/0/at")},
        ),
    ],
)
def test_findings_when_words_are_missing_or_wrong(words, members, expected):
    assert findings(words, **members) == expected


def test_words_are_missed_only_where_other_steps_of_the_variant_have_them():
    other = {**STEP, "id": "turn"}
    left = findings(
        {"title": "Début", "narration": "Posez."},
        steps=[STEP, other],
        variants=[{"language": "fr", "steps": {"start": {"title": "A", "narration": "B"}, "turn": {"narration": "C"}}}],
    )
    assert left == {("untranslated", "/previewRequest/variants/0/steps/turn")}


NOTE = STEP["callouts"][0]


@pytest.mark.parametrize(
    ("fields", "given", "left"),
    [
        ({"chapter": "One"}, {"chapter": "Un"}, "chapter"),
        ({"reference": "p. 3"}, {"reference": "page 3"}, "reference"),
        ({"callouts": [NOTE, NOTE]}, {"callouts": [{"text": "Ici"}, {"text": "Là"}]}, "callouts"),
    ],
)
def test_what_else_is_shown_is_missed_where_other_steps_of_the_variant_have_it(fields, given, left):
    spoken = {"narration": "Posez."}
    steps = [STEP | fields, STEP | fields | {"id": "turn"}]
    variants = [{"language": "fr", "steps": {"start": spoken | given, "turn": spoken}}]
    (warning,) = validate_job(job({}, steps=steps, variants=variants)).warnings
    assert (warning.pointer, warning.value) == ("/previewRequest/variants/0/steps/turn", left)
    variants[0]["steps"]["start"] = spoken
    assert validate_job(job({}, steps=steps, variants=variants)).warnings == ()


def test_a_callout_without_words_of_its_own_is_missed_beside_one_that_has_some():
    step = STEP | {"callouts": [NOTE, {"kind": "box", "target": {"x": 0, "y": 0}, "frame": True}, NOTE]}
    words = {"narration": "Posez.", "callouts": [{"text": "Ici"}]}
    assert findings(words, step=step) == {("untranslated", "/previewRequest/variants/0/steps/start")}


def test_body_is_the_same_as_text_in_a_variant():
    (step,) = in_french({"body": "Posez."}).steps
    assert (step.text, step.narration) == ("Posez.", None)
    assert findings({"body": "Posez."}) == set()
    assert findings({"body": "Posez.", "text": "Placez."}) == {
        ("conflict", "/previewRequest/variants/0/steps/start/body")
    }
    assert findings({"body": 5}) == {("wrong-type", "/previewRequest/variants/0/steps/start/body")}


def test_an_unknown_key_below_a_steps_words_is_told_at_its_place():
    assert findings({"narration": "Posez.", "titel": "x"}) == {
        ("unknown-key", "/previewRequest/variants/0/steps/start/titel")
    }


def test_characters_that_cannot_be_shown_are_told_below_a_steps_words():
    assert findings({"narration": "Posez\u0007."}) == {
        ("text-cleaned", "/previewRequest/variants/0/steps/start/narration")
    }


def test_a_warning_of_words_left_behind_names_their_place_once():
    (found,) = validate_job(job({"title": "Début"})).warnings
    place = "previewRequest.variants[0].steps.start"
    assert warning_of(found, ["start"]).message == f"{place} leaves narration in the request's own language"
