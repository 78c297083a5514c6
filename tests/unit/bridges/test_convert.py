from __future__ import annotations

import json
from pathlib import Path

import pytest

from preview_worker.bridges import Nearby, Outcome, TutorialFormat, import_tutorial
from preview_worker.contract import validate_job
from preview_worker.errors import InvalidPayloadError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "bridges"
EXPECTED = [
    ("storyboard-1.0", TutorialFormat.STORYBOARD_1_1, 3, "en"),
    ("storyboard-1.1", TutorialFormat.STORYBOARD_1_1, 4, "en"),
    ("storyboard-1.1-oddities", TutorialFormat.STORYBOARD_1_1, 2, "en"),
    ("storyboard-1.2", TutorialFormat.STORYBOARD_1_2, 2, "en"),
    ("storyboard-1.2-bilingual", TutorialFormat.STORYBOARD_1_2, 2, "en"),
    ("renderer-configuration", TutorialFormat.RENDERER_CONFIGURATION, 3, "fr-CA"),
    ("renderer-configuration-oddities", TutorialFormat.RENDERER_CONFIGURATION, 4, "fr"),
    ("slide-list", TutorialFormat.SLIDE_LIST, 3, "en"),
    ("slide-list-oddities", TutorialFormat.SLIDE_LIST, 3, "fr"),
    ("reviewed-script", TutorialFormat.REVIEWED_SCRIPT, 3, "fr-CA"),
    ("chapter-steps", TutorialFormat.CHAPTER_STEPS, 3, "en"),
    ("chapters-bilingual", TutorialFormat.CHAPTER_STEPS, 3, "en"),
    ("bare-steps", TutorialFormat.CHAPTER_STEPS, 3, "en"),
]


def raw(name):
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def imported(name, **options):
    return import_tutorial(raw(name), **options)


def request(name, **options):
    return imported(name, **options).payload["previewRequest"]


def remarks(result, pointer):
    return [(remark.outcome.value, remark.reason) for remark in result.remarks if remark.pointer == pointer]


@pytest.mark.parametrize(("name", "format_", "steps", "language"), EXPECTED)
def test_each_fixture_becomes_a_valid_payload_when_its_format_is_recognised(name, format_, steps, language):
    result = imported(name)
    report = result.report()
    verdict = validate_job(result.payload, strict=True)
    assert verdict.errors == ()
    assert (result.format, report["steps"], result.language) == (format_, steps, language)
    assert {warning.code for warning in verdict.warnings} <= {"required"}


def test_every_fixture_is_part_of_the_table_above():
    assert {path.stem for path in FIXTURES.glob("*.json")} == {row[0] for row in EXPECTED}


def test_placed_visuals_keep_their_boxes_and_overlays_become_notes_when_a_storyboard_has_both():
    step = request("storyboard-1.1")["steps"][1]
    assert [visual["placement"] for visual in step["visuals"]] == [
        {"x": 0.1, "y": 0.55, "width": 0.4, "height": 0.4},
        {"x": 0.5, "y": 0.55, "width": 0.4, "height": 0.4},
    ]
    assert step["visuals"][0]["enter"] == "fade"
    (note,) = step["callouts"]
    assert (note["kind"], note["text"]) == ("note", "Put the board in the middle of the table.")
    assert note["placement"] == {"x": 0.1, "y": 0.08, "width": 0.8, "height": 0.2}
    assert step["narration"] == "Put the board in the middle of the table."
    assert "text" not in step


def test_a_focus_zoom_goes_to_a_rectangle_about_its_anchor_when_it_has_scales():
    motion = request("storyboard-1.1")["steps"][1]["visuals"][1]["motion"]
    assert motion == {
        "type": "focus",
        "to": {"x": 0.0833, "y": 0.0, "width": 0.8333, "height": 0.8333},
        "easing": "in_out_cubic",
    }


def test_overlays_become_title_or_text_when_nothing_is_placed():
    intro, _, step, end = request("storyboard-1.1")["steps"]
    assert (intro["kind"], intro["title"], intro["durationMs"]) == ("intro", "How to play: Lanternes", 3167)
    assert (step["text"], step["durationMs"]) == ("Shuffle the 24 route cards.", 4500)
    assert (end["kind"], end["title"]) == ("end_card", "You’re ready to play!")


def test_a_storyboard_reports_what_it_loses():
    result = imported("storyboard-1.1")
    assert remarks(result, "/scenes/2/notesForEditor") == [("dropped", "has no place in a payload")]
    assert remarks(result, "/scenes/1/overlays/1")[0][0] == "dropped"
    assert remarks(result, "/scenes/1/visuals/1/motions/2")[0][0] == "dropped"
    assert remarks(result, "/scenes/1/visuals/0/assetId")[0][0] == "check"


def test_odd_values_are_brought_into_the_limits_when_a_storyboard_has_them():
    result = imported("storyboard-1.1-oddities")
    made = result.payload["previewRequest"]
    assert made["options"] == {"resolution": "1920x1080", "fps": 30}
    assert [step["id"] for step in made["steps"]] == ["step-1", "scene-2"]
    shown = made["steps"][1]["visuals"]
    assert shown[0]["placement"] == {"x": 0.05, "y": 0.05, "width": 0.5, "height": 0.5}
    assert (shown[0]["layer"], shown[0]["opacity"]) == (3, 1.0)
    assert shown[2]["placement"] == {"x": 0.8, "y": 0.8, "width": 0.2, "height": 0.2}
    assert made["assets"][0] == {"id": "board", "uri": "board.png"}
    assert made["steps"][0]["transition"] == {"type": "crossfade", "durationMs": 2000}


def test_sections_carry_words_pictures_pages_and_directions_when_a_storyboard_is_of_contract_1_2():
    first, second = request("storyboard-1.2")["steps"]
    assert (first["kind"], first["narration"]) == ("intro", "Welcome to Lanternes. We row over a misty lake.")
    assert (first["text"], first["durationMs"], first["reference"]) == ("Lanternes", 4000, "Rulebook p. 1")
    assert first["visuals"] == [{"assetId": "img-board", "motion": {"type": "zoom_in"}}]
    assert first["metadata"] == {"sectionId": "sec-intro", "directions": ["Overhead view of the lake"]}
    assert [visual["assetId"] for visual in second["visuals"]] == ["img-cards"]
    assert [callout["kind"] for callout in second["callouts"]] == ["highlight", "arrow"]
    assert (second["reference"], second["chapter"]) == ("Rulebook pp. 3, 4", "Setup")
    assert "durationMs" not in second


def test_the_chosen_language_is_taken_when_texts_are_bilingual():
    french = request("storyboard-1.2-bilingual", language="fr")["steps"]
    assert [(step["title"], step["narration"]) for step in french] == [
        ("Mise en place", "Placez le plateau."),
        ("Décompte", "Comptez vos points."),
    ]
    english = imported("storyboard-1.2-bilingual", language="en")
    assert english.payload["previewRequest"]["steps"][0]["title"] == "Setup"
    reason = "holds the words in another language; import again with --language fr for them"
    assert ("dropped", reason) in remarks(english, "/storyboard/scenes/0/titleFr")
    assert remarks(english, "/storyboard/scenes/1/titleFr")[0][0] == "changed"


def test_a_teaching_scene_keeps_side_focus_callouts_and_reference_when_a_configuration_is_split():
    intro, step, end = request("renderer-configuration")["steps"]
    assert (intro["kind"], intro["title"], intro["narrationAssetId"]) == ("intro", "Lanternes", "brand-intro")
    assert (step["layout"], step["reference"], step["durationMs"]) == ("picture_right", "Livret p. 3", 6500)
    assert step["visuals"][0]["motion"]["to"] == {"x": 0.0, "y": 0.0741, "width": 0.9259, "height": 0.9259}
    assert [(callout["kind"], callout["text"], callout["startMs"]) for callout in step["callouts"]] == [
        ("label", "Plateau", 1500),
        ("marker", "", 2000),
    ]
    assert (end["background"], end["durationMs"], end["narration"]) == ("#151A21", 120_000, "")


def test_a_windows_path_with_a_line_end_is_reduced_to_its_name_when_it_is_another_machine_s():
    made = request("renderer-configuration")
    assert {"id": "page-3", "uri": "page-3.png"} in made["assets"]
    assert {"id": "brand-intro", "uri": "brand-intro.wav", "type": "audio"} in made["assets"]


def test_two_files_of_one_name_stay_apart_when_only_their_folders_differ():
    made = request("renderer-configuration-oddities")
    assert [asset["uri"] for asset in made["assets"]][:2] == ["scan.png", "b/scan.png"]
    assert [step["visuals"][0]["assetId"] for step in made["steps"][1:3]] == ["scan", "scan-2"]
    assert made["steps"][2]["callouts"][0]["pulse"] is True


def test_slides_share_music_and_accent_when_they_agree():
    result = imported("slide-list")
    made = result.payload["previewRequest"]
    assert result.remarks == ()
    assert made["audio"] == {"music": {"assetId": "lake", "gainDb": -20.0}}
    assert made["options"] == {"theme": {"accent": "#D9A441"}}
    assert [(step["kind"], step["durationMs"], step["chapter"]) for step in made["steps"]] == [
        ("intro", 3000, "Welcome"),
        ("components_overview", 5000, "Components"),
        ("scoring_summary", 2500, "Scoring"),
    ]
    assert len(made["steps"][1]["visuals"]) == 3


def test_a_second_music_and_accent_are_reported_when_slides_disagree():
    result = imported("slide-list-oddities")
    assert result.payload["previewRequest"]["audio"]["music"]["gainDb"] == -12.0
    assert remarks(result, "/1/backgroundMusicFile")[0][0] == "dropped"
    assert remarks(result, "/2/themeBorderColor")[0][0] == "dropped"
    assert [asset["uri"] for asset in result.payload["previewRequest"]["assets"]][-1] == "table.png"


def test_pages_and_recordings_beside_the_file_are_used_when_a_reviewed_script_names_none():
    nearby = Nearby(["audio/mise-1.mp3", "audio/tour-1.wav", "pages/page-1.png", "x/boats.png"])
    intro, setup, turn = request("reviewed-script", nearby=nearby)["steps"]
    made = request("reviewed-script", nearby=nearby)["assets"]
    uris = {asset["id"]: asset["uri"] for asset in made}
    assert uris[intro["visuals"][0]["assetId"]] == "pages/page-1.png"
    assert uris[setup["narrationAssetId"]] == "audio/mise-1.mp3"
    assert uris[turn["narrationAssetId"]] == "audio/tour-1.wav"
    assert uris[turn["visuals"][0]["assetId"]] == "x/boats.png"
    assert "narrationAssetId" not in intro


def test_a_reviewed_script_keeps_words_pages_focus_and_marks():
    _, setup, turn = request("reviewed-script")["steps"]
    assert (setup["text"], setup["reference"]) == ("Le plateau « au centre »", "Livret pp. 2, 3")
    assert setup["visuals"][0]["motion"] == {
        "type": "focus",
        "to": {"x": 0.0, "y": 0.04, "width": 0.92, "height": 0.92},
    }
    assert setup["callouts"][1]["target"] == {"x": 1.0, "y": 0.0}
    assert (turn["text"], turn["kind"]) == ("Ramer\nAllumer", "turn_flow")


def test_assets_are_matched_to_steps_when_they_stand_apart():
    result = imported("chapter-steps")
    made = result.payload["previewRequest"]
    assert (made["title"], made["chapterId"]) == ("Setting up the lake", "ch-setup")
    assert [[visual["assetId"] for visual in step.get("visuals", [])] for step in made["steps"]] == [
        ["a1"],
        ["a2", "a9"],
        [],
    ]
    assert remarks(result, "/assetMatches/s7") == [("dropped", "is matched to a step that isn't there")]


def test_each_chapter_begins_at_its_first_step_when_there_are_several():
    made = request("chapters-bilingual", language="fr-CA")
    assert [(step["id"], step.get("chapter")) for step in made["steps"]] == [
        ("a", "Mise en place"),
        ("b", "Tour"),
        ("a-2", None),
    ]
    assert [step["text"] for step in made["steps"]] == ["Placez le plateau.", "Ramez.", "Allumez."]


def test_ids_come_from_the_file_when_none_are_given():
    payload = imported("renderer-configuration-oddities").payload
    assert payload["projectId"] == "Gameplay-actions-7"
    assert payload["jobId"] == "Gameplay-actions-7-renderer-configuration"
    assert payload["requestId"] == payload["jobId"]
    assert imported("bare-steps").payload["projectId"] == "imported"


def test_given_ids_win_when_the_file_has_its_own():
    payload = imported("storyboard-1.1", project_id="lake", job_id="lake-7").payload
    assert (payload["projectId"], payload["jobId"], payload["requestId"]) == ("lake", "lake-7", "lake-7")


def test_the_format_given_wins_when_the_file_looks_like_another():
    result = imported("reviewed-script", format=TutorialFormat.STORYBOARD_1_1)
    assert result.format is TutorialFormat.STORYBOARD_1_1
    assert remarks(result, "/scenes/1/on_screen_text")[0][0] == Outcome.DROPPED


@pytest.mark.parametrize(
    "value", [None, 3, "x", [], {}, {"a": 1}, [1], {"scenes": {}}, {"scenes": [{"id": 1}]}], ids=repr
)
def test_a_file_that_is_none_of_the_formats_is_refused_with_what_was_looked_for(value):
    with pytest.raises(InvalidPayloadError, match="neither an array `scenes`") as caught:
        import_tutorial(value)
    assert (caught.value.code, "storyboard-1.1" in str(caught.value.hint)) == ("unknown-format", True)


def test_a_payload_is_refused_with_a_hint_when_it_needs_no_import():
    with pytest.raises(InvalidPayloadError, match="payload already"):
        import_tutorial({"jobId": "a", "previewRequest": {}})


def test_a_file_is_refused_when_its_payload_would_be_too_large():
    steps = [{"id": f"s{number}", "text": "a" * 6000} for number in range(400)]
    with pytest.raises(InvalidPayloadError) as caught:
        import_tutorial(steps)
    assert caught.value.code == "payload-too-large"


def test_what_is_too_much_is_reported_when_lists_are_longer_than_a_payload_takes():
    result = import_tutorial([{"text": f"Step {number}"} for number in range(503)])
    assert len(result.payload["previewRequest"]["steps"]) == 500
    assert [remark.pointer for remark in result.remarks] == ["/500", "/501", "/502"]


def test_remarks_are_counted_when_there_are_more_than_are_kept():
    result = import_tutorial([{"text": "x", **{f"k{number}": 1 for number in range(2100)}}])
    assert (len(result.remarks), result.omitted) == (2000, 100)
