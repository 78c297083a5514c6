from __future__ import annotations

from support.tutorials import body_keys, picture, plan, transition_keys, tutorial

FACTS = {"board": picture("1"), "renamed": picture("1")}


def test_bodies_end_at_each_60th_frame_of_the_step_when_it_is_long():
    raw = [{"durationMs": 2000}, {"durationMs": 9000, "title": "B"}]
    timeline = plan(tutorial(raw))
    bodies = [(start, start + 60, False) for start in (60, 120, 180)]
    locals_ = [(s.local.start, s.local.end, s.mixes) for s in timeline.segments if s.clip_index == 1]
    assert locals_ == [(0, 15, True), (15, 60, False), *bodies, (240, 270, False)]


def test_fade_from_black_is_a_segment_of_its_own_when_it_leads_into_the_first_step():
    timeline = plan(tutorial([{"durationMs": 2000, "transition": {"type": "fade"}}]))
    assert [(s.local.end, s.mixes) for s in timeline.segments] == [(15, True), (60, False)]


def test_kinds_of_transition_have_keys_of_their_own_when_all_else_is_equal():
    keys = set()
    for kind in ("crossfade", "fade", "slide"):
        keys.add(transition_keys(plan(tutorial([{}, {"id": "b", "transition": {"type": kind}}])))["b"])
    assert len(keys) == 3


def test_moving_picture_has_a_key_for_each_chunk_when_it_moves_throughout():
    raw = {"id": "a", "durationMs": 12_000, "visuals": [{"assetId": "board", "motion": {"type": "pan"}}]}
    keys = body_keys(plan(tutorial([raw]), FACTS))["a"]
    assert len(set(keys)) == len(keys) == 7


def test_pulse_gives_its_chunks_keys_of_their_own_when_it_lasts_into_them():
    callout = {"kind": "box", "target": {"x": 0.5, "y": 0.5}, "startMs": 2000}
    raw = {"id": "a", "durationMs": 14_000, "visuals": ["board"], "callouts": [callout]}
    keys = body_keys(plan(tutorial([raw]), FACTS))["a"]
    # It appears at 2 s and is at rest 2.4 s later; chunks begin at 0.6 s and at each 2 s.
    assert keys[4] == keys[5] == keys[6] == keys[7]
    assert len(set(keys)) == 5


def test_later_visual_is_no_part_of_a_chunks_key_when_it_is_not_seen_in_it():
    held = {"assetId": "board", "motion": {"type": "hold"}}
    raw = {"id": "a", "durationMs": 9000, "visuals": [held, {"assetId": "card", "startMs": 8000}]}
    first = body_keys(plan(tutorial([raw]), FACTS | {"card": picture("2")}))["a"]
    second = body_keys(plan(tutorial([raw]), FACTS | {"card": picture("5")}))["a"]
    assert [old == new for old, new in zip(first, second, strict=True)] == [True, True, True, True, True, False]


def test_keys_stay_when_an_asset_is_renamed_and_change_when_it_is_missing():
    named, renamed = (
        body_keys(plan(tutorial([{"id": "a", "visuals": [name]}], assets=[name]), FACTS)) for name in FACTS
    )
    missing, missed = (body_keys(plan(tutorial([{"id": "a", "visuals": [name]}], assets=[name]), {})) for name in FACTS)
    assert named == renamed
    assert missing != named
    assert missing != missed


def test_options_change_every_key_when_they_change_every_pixel():
    keys = [
        {s.key for s in plan(tutorial([{"title": "A"}], options=options)).segments}
        for options in ({}, {"resolution": "640x360"}, {"theme": {"fontScale": 1.5}}, {"theme": {"primary": "#FF0000"}})
    ]
    assert len(set().union(*keys)) == sum(len(found) for found in keys)
