"""`preview-worker check` as its users call it: a render process looks, and nothing is rendered."""

from __future__ import annotations

import json
import os

import pytest

from preview_worker.cli.group import run
from support.defects import labelled, request, shown, told, write_assets


@pytest.fixture(scope="module")
def tutorials(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorials")
    write_assets(folder)
    return folder


@pytest.fixture
def call(tutorials, tmp_path, monkeypatch, capsys):
    """Check a request that lies beside its assets."""
    for name in list(os.environ):
        if name.startswith(("PREVIEW_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PREVIEW_VOICE", "none")

    def checked(content, *options):
        file = tutorials / f"{tmp_path.name}.json"
        file.write_text(json.dumps(content, indent=1))
        code = run(["check", str(file), *options])
        return code, capsys.readouterr().out, content

    return checked


def written(content):
    """The lines of the file."""
    return json.dumps(content, indent=1).splitlines()


def test_clean_tutorial_ends_with_0_and_its_length(call, tmp_path):
    code, out, _ = call(request(shown("a")), "--strict")
    assert (code, out) == (0, "1 step, 1.0 s: nothing to complain of\n")
    assert not list((tmp_path / "data").rglob("*.mp4"))


def test_warnings_are_told_with_line_step_and_hint(call):
    wrong = request(shown("a"), told("b", "Take \ue123 now.", visuals=[], tilte="x"), extra=["gone"])
    code, out, content = call(wrong)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "The whole"
    assert lines[-1].endswith("1 error-like warning, 2 advice")
    assert any(line.startswith("Step b (0:01)") for line in lines)
    key = next(number for number, line in enumerate(written(content), start=1) if "tilte" in line)
    assert f"  {key}:4: advice: steps[1].tilte is not part of the contract [unknown-key]" in lines
    assert '      did you mean "title"?' in lines
    assert call(wrong, "--strict")[0] == 1


def test_sarif_places_each_result_in_the_file(call):
    wrong = request(shown("a", callouts=[labelled(0.5, 0.5, "\U00016800")]), extra=["gone"])
    code, out, content = call(wrong, "--sarif")
    assert code == 0
    results = json.loads(out)["runs"][0]["results"]
    lines = {result["ruleId"]: result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results}
    text = written(content)
    assert '"id": "gone"' in text[lines["asset-unused"]]
    assert '"id": "a"' in text[lines["glyph-missing"]]
    assert {result["ruleId"]: result["level"] for result in results} == {
        "asset-unused": "note",
        "glyph-missing": "warning",
    }


def _damaged(tutorials):
    (tutorials / "spoilt.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return "asset-undecodable"


def _absent(tutorials):
    (tutorials / "spoilt.png").unlink(missing_ok=True)
    return "asset-missing"


def _outside(tutorials):
    _absent(tutorials)
    (tutorials / "spoilt.png").symlink_to("/etc/hostname")
    return "asset-refused"


def _sound(tutorials):
    _absent(tutorials)
    (tutorials / "spoilt.png").write_bytes((tutorials / "voice.wav").read_bytes())
    return "asset-undecodable"


@pytest.mark.parametrize("spoil", [_damaged, _absent, _outside, _sound])
def test_what_would_fail_the_job_ends_with_1_and_names_the_asset(call, tutorials, spoil):
    expected = spoil(tutorials)
    broken = request(shown("a"), shown("b", "spoilt"), options={"onMissingAsset": "fail"})
    code, out, content = call(broken, "--json")
    told_ = json.loads(out)
    assert (code, told_["valid"]) == (1, False)
    (error,) = told_["errors"]
    assert error["code"] == expected
    index = [asset["id"] for asset in content["assets"]].index("spoilt")
    assert error["pointer"] == f"/assets/{index}"
    assert '"spoilt"' in "".join(written(content)[error["line"] - 1 : error["line"] + 1])


def test_a_path_that_would_fail_the_job_is_placed_at_its_visual(call):
    broken = request(shown("a"), shown("b", visuals=["no/where.png"]), options={"onMissingAsset": "fail"})
    error = json.loads(call(broken, "--json")[1])["errors"][0]
    assert (error["code"], error["pointer"]) == ("asset-missing", "/steps/1/visuals/0")


FRENCH_SHORT = {"language": "fr", "steps": {"a": {"narration": "Bien."}}}


def upscaled(*variants):
    """A job of two steps that are spoken, of which the second shows a small picture large."""
    first = told("a", "Place the board in the middle of the table.", narration="Place it in the middle of the table.")
    second = shown("b", "icon", layout="full", narration="Take this.")
    return request(first, second, options={"resolution": "320x180"}, variants=list(variants))


def test_what_is_true_in_every_language_is_told_once_wherever_it_is_in_the_video(call):
    _, out, _ = call(upscaled(FRENCH_SHORT), "--json")
    found = json.loads(out)
    assert found["plan"]["variants"][0]["durationMs"] != found["plan"]["durationMs"]
    languages = [entry.get("language") for entry in found["warnings"] if entry["code"] == "picture-upscaled"]
    assert languages == [None]


def test_words_left_behind_are_told_with_the_variants_language(call):
    _, out, _ = call(upscaled(FRENCH_SHORT), "--json")
    (entry,) = (entry for entry in json.loads(out)["warnings"] if entry["code"] == "untranslated")
    assert (entry["language"], entry["stepId"]) == ("fr", "b")
