"""Laws of the cache: which segments an edit makes new, and which it leaves as they are.

The tutorials here have room (no transition is clamped by a neighbour's length) and cards with pictures of their own: a
card without one shows the tutorial's first picture, and is new whenever that picture is.
"""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preview_worker.timeline.build import build_timeline
from support.any_tutorial import ANY_TUTORIAL
from support.tutorials import FURNITURE_OFF, body_keys, late_keys, picture, plan, transition_keys, tutorial

ANY_EDIT = settings(ANY_TUTORIAL, max_examples=15)
OTHER = picture("e", width_px=1600, height_px=1200)
HELD = {"type": "hold"}


def facts_for(raw):
    """One picture of its own for each step; the last character of an asset's id is its hash's digit."""
    names = {visual["assetId"] for step in raw for visual in step.get("visuals", ())}
    return {name: picture(name[-1]) for name in names}


def planned(raw, *, facts=None, furniture=None, **fields):
    chosen = {"furniture": furniture if furniture is not None else {"badge": "i/n", "progress": True}}
    chosen |= fields.pop("options", {})
    found = facts_for(raw) if facts is None else facts
    return plan(tutorial(raw, assets=sorted(found), options=chosen, title="Harbour", **fields), found)


def changed(before, after):
    """Ids of steps whose bodies are new, and of steps whose transitions are."""
    old_bodies, new_bodies = body_keys(before), body_keys(after)
    old_mixes, new_mixes = transition_keys(before), transition_keys(after)
    bodies = {name for name in new_bodies if old_bodies.get(name) != new_bodies[name]}
    return bodies, {name for name in new_mixes if old_mixes.get(name) != new_mixes[name]}


@st.composite
def roomy_steps(draw):
    """Three to five steps of 2–9 s with a picture each, cards at the ends or not."""
    count = draw(st.integers(3, 5))
    raw = []
    for index in range(count):
        kind = draw(st.sampled_from(("components_overview", "setup_step", "turn_flow", "scoring_summary")))
        kind = draw(st.sampled_from(("intro", kind))) if index == 0 else kind
        kind = draw(st.sampled_from(("end_card", kind))) if index == count - 1 else kind
        raw.append(
            {
                "id": f"step-{index}",
                "kind": kind,
                "title": draw(st.sampled_from(("Setup", "A turn"))),
                "text": draw(st.sampled_from(("", "Place the board. Take a card!"))),
                "durationMs": draw(st.sampled_from((2000, 3000, 5100, 9000))),
                "visuals": [{"assetId": f"picture-{index}", "motion": draw(st.sampled_from((None, HELD)))}],
                "transition": {"type": draw(st.sampled_from(("cut", "crossfade", "fade", "slide")))},
            }
        )
        if raw[-1]["visuals"][0]["motion"] is None:
            del raw[-1]["visuals"][0]["motion"]
    return raw


def edited(raw, index, **fields):
    copied = copy.deepcopy(raw)
    copied[index] |= fields
    return copied


def following(raw, index):
    return {raw[index + 1]["id"]} if index + 1 < len(raw) else set()


def assert_only(before, after, raw, index, *, transition_in=True):
    """Assert that of all segments only the step's own and the following transition are new, and some of them are."""
    bodies, mixes = changed(before, after)
    own = {raw[index]["id"]}
    assert bodies == own
    assert mixes <= (own if transition_in else set()) | following(raw, index)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_step_and_the_following_transition_are_new_when_its_words_change(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    field = data.draw(st.sampled_from(("title", "text")))
    assert_only(planned(raw), planned(edited(raw, index, **{field: "Quite other words"})), raw, index)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_step_and_the_following_transition_are_new_when_its_picture_changes(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    facts = facts_for(raw)
    replaced = facts | {f"picture-{index}": OTHER}
    assert_only(planned(raw, facts=facts), planned(raw, facts=replaced), raw, index)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_step_and_the_following_transition_are_new_when_a_callout_is_added(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    kind = data.draw(st.sampled_from(("box", "circle", "highlight")))
    callout = {"kind": kind, "target": {"x": 0.4, "y": 0.4}, "frame": True}
    assert_only(planned(raw), planned(edited(raw, index, callouts=[callout])), raw, index)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_segments_that_show_a_callout_are_new_when_it_is_gone_before_the_end(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    held = edited(raw, index, durationMs=9000, visuals=[{"assetId": f"picture-{index}", "motion": HELD}])
    callout = {"kind": "box", "target": {"x": 0.4, "y": 0.4}, "frame": True, "startMs": 4000, "endMs": 6000}
    before, after = planned(held), planned(edited(held, index, callouts=[callout]))
    first, second = body_keys(before)[f"step-{index}"], body_keys(after)[f"step-{index}"]
    kept = [old == new for old, new in zip(first, second, strict=True)]
    assert kept[-3:] == [False, True, True]
    assert all(kept[:-3])
    assert transition_keys(before) == transition_keys(after)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_its_transition_and_first_body_are_new_when_a_transition_changes(raw, data):
    index = data.draw(st.integers(1, len(raw) - 1))
    kind = data.draw(st.sampled_from(("cut", "crossfade", "fade", "slide")))
    length = data.draw(st.integers(0, 900))
    after = planned(edited(raw, index, transition={"type": kind, "durationMs": length}))
    before, name = planned(raw), raw[index]["id"]
    assert late_keys(before) == late_keys(after)
    old_bodies, new_bodies = body_keys(before), body_keys(after)
    del old_bodies[name], new_bodies[name]
    assert old_bodies == new_bodies
    old_mixes, new_mixes = transition_keys(before), transition_keys(after)
    old_mixes.pop(name, None)
    new_mixes.pop(name, None)
    assert old_mixes == new_mixes


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_last_body_is_new_when_a_held_step_becomes_longer(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    held = edited(raw, index, visuals=[{"assetId": f"picture-{index}", "motion": HELD}])
    longer = edited(held, index, durationMs=held[index]["durationMs"] + data.draw(st.sampled_from((40, 1000, 7000))))
    before, after = planned(held), planned(longer)
    old_bodies, new_bodies = body_keys(before), body_keys(after)
    name = raw[index]["id"]
    kept = old_bodies.pop(name)[:-1]
    assert new_bodies.pop(name)[: len(kept)] == kept
    assert old_bodies == new_bodies
    assert transition_keys(before) == transition_keys(after)


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_step_and_the_following_transition_are_new_when_a_moving_step_becomes_longer(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    longer = edited(raw, index, durationMs=raw[index]["durationMs"] + 1000)
    assert_only(planned(raw), planned(longer), raw, index)


INSERTED = {"id": "new", "title": "New", "text": "Words.", "durationMs": 3000}


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_new_step_and_its_neighbours_transition_are_new_when_it_is_inserted_without_furniture(raw, data):
    index = data.draw(st.integers(0, len(raw)))
    longer = [*raw[:index], INSERTED, *raw[index:]]
    before = planned(raw, furniture=FURNITURE_OFF)
    after = planned(longer, facts=facts_for(raw), furniture=FURNITURE_OFF)
    neighbour = {raw[index]["id"]} if index < len(raw) else set()
    bodies, mixes = changed(before, after)
    if index == 0:
        # The first step's crossfade begins to be one, which shortens its first body.
        assert bodies <= {"new", *neighbour}
        assert late_keys(before)[raw[0]["id"]] == late_keys(after)[raw[0]["id"]]
    else:
        assert bodies == {"new"}
    assert mixes <= {"new", *neighbour}


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_neighbours_transition_is_new_when_a_step_is_removed_without_furniture(raw, data):
    index = data.draw(st.integers(1, len(raw) - 1))
    facts = facts_for(raw)
    before = planned(raw, facts=facts, furniture=FURNITURE_OFF)
    after = planned([*raw[:index], *raw[index + 1 :]], facts=facts, furniture=FURNITURE_OFF)
    assert changed(before, after)[0] == set()
    assert changed(before, after)[1] <= following(raw, index)


def test_badges_are_drawn_anew_when_a_step_is_inserted_with_furniture():
    raw = [{"id": f"s{n}", "title": "Setup", "durationMs": 3000} for n in range(3)]
    before, after = planned(raw, facts={}), planned([*raw, INSERTED], facts={})
    assert changed(before, after)[0] == {"s0", "s1", "s2", "new"}


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_bodies_keep_their_keys_when_two_steps_change_places(raw, data):
    index = data.draw(st.integers(0, len(raw) - 2))
    plain = [step | {"kind": "setup_step"} for step in raw]
    plain[0] |= {"transition": {"type": "cut"}}
    swapped = copy.deepcopy(plain)
    swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
    before, after = planned(plain, furniture=FURNITURE_OFF), planned(swapped, furniture=FURNITURE_OFF)
    bodies, mixes = changed(before, after)
    moved = {f"step-{index}", f"step-{index + 1}"}
    # A step that becomes the first, or no longer is, loses or gets a transition; the bodies behind keep theirs.
    assert late_keys(before) == late_keys(after)
    assert bodies <= (moved if index == 0 else set())
    assert mixes <= moved | following(raw, index + 1)


@ANY_EDIT
@given(roomy_steps(), st.sampled_from((40, 1000, 3333)))
def test_later_steps_keep_all_keys_when_they_move_in_time(raw, later_ms):
    held = edited(raw, 0, visuals=[{"assetId": "picture-0", "motion": HELD}])
    before = planned(held)
    after = planned(edited(held, 0, durationMs=held[0]["durationMs"] + later_ms))
    assert after.clips[1].frames.start > before.clips[1].frames.start
    first = len(body_keys(before)["step-0"]) + len([name for name in transition_keys(before) if name == "step-0"])
    assert [s.key for s in before.segments[first:]] == [s.key for s in after.segments[-len(before.segments[first:]) :]]


@ANY_EDIT
@given(roomy_steps(), st.sampled_from((("en", "fr", FURNITURE_OFF), ("nl", "pt-BR", {"badge": "i"}))))
def test_no_key_changes_when_only_language_and_narration_do_and_captions_are_files(raw, case):
    # The badge's word belongs to English and French; other languages show the number alone.
    first, second, furniture = case
    translated = [step | {"narration": "Placez le plateau au milieu de la table !"} for step in raw]
    before = planned(raw, language=first, furniture=furniture)
    after = planned(translated, language=second, furniture=furniture)
    assert changed(before, after) == (set(), set())
    assert before.frames == after.frames
    assert before.cues != after.cues


@ANY_EDIT
@given(roomy_steps(), st.data())
def test_only_the_spoken_step_is_new_when_its_narration_changes_and_captions_are_burned_in(raw, data):
    index = data.draw(st.integers(0, len(raw) - 1))
    burned = {"includeCaptions": True}
    before = planned(raw, options=burned)
    after = planned(edited(raw, index, narration="Something else is said here."), options=burned)
    assert_only(before, after, raw, index)


@pytest.mark.parametrize("transition", ["cut", "crossfade"])
def test_equal_chunks_share_a_key_when_the_picture_is_held(transition):
    raw = [
        {"id": "a", "title": "A", "durationMs": 3000},
        {
            "id": "b",
            "title": "B",
            "durationMs": 18_000,
            "visuals": [{"assetId": "picture-1", "motion": HELD}],
            "transition": {"type": transition},
        },
    ]
    timeline = planned(raw)
    keys = late_keys(timeline)["b"]
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert not set(body_keys(timeline)["b"][:-8]) & set(keys)


def test_equal_steps_share_their_keys_when_they_stand_at_different_places():
    raw = [{"id": name, "title": "Same", "durationMs": 3000, "transition": {"type": "cut"}} for name in "abc"]
    keys = body_keys(planned(raw, facts={}, furniture=FURNITURE_OFF))
    assert keys["a"] == keys["b"] == keys["c"]


def test_every_key_changes_when_the_encoding_does():
    request = tutorial([{"id": "a", "title": "A"}, {"id": "b", "title": "B"}])
    first, second = (build_timeline(request, {}, encoding=name, max_duration_ms=60_000) for name in ("one", "two"))
    assert not {s.key for s in first.segments} & {s.key for s in second.segments}
