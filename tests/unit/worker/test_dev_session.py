from __future__ import annotations

import pytest

from preview_worker.errors import PermanentError, RenderCrashError, TooLongError
from support.dev import hand_session

pytestmark = pytest.mark.anyio


def request(title="Moon", **changed):
    """Two steps with ids; each keyword gives a step another text."""
    return {"title": title, "steps": [{"id": key, "text": changed.get(key, key)} for key in ("board", "cards")]}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tutorial.json"


async def test_first_step_is_drawn_and_then_the_video_rendered_when_the_command_begins(file):
    async with hand_session(file, request()) as session:
        session.studio.may_finish.set()
        ready = await session.screen.phase("ready", save=1)
        told = [(state.phase, state.percent, state.frame and state.frame.step_id) for state in session.screen.states]
        assert told == [
            ("validating", None, None),
            ("rendering", 0, None),
            ("rendering", 0, "board"),
            ("rendering", 40, "board"),
            ("ready", None, None),
        ]
        assert session.studio.calls == [("frame", "board"), ("render", "Moon")]
        assert ready.took_ms >= 0
        [video] = session.screen.videos
        assert [(step.id, step.start_ms, step.line) for step in video.steps] == [("board", 0, 1), ("cards", 2000, 1)]


async def test_picture_of_the_edited_step_comes_before_the_render_when_one_step_is_edited(file):
    async with hand_session(file, request()) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        session.save(request(cards="Deal three."))
        await session.screen.phase("ready", save=2)
        assert session.studio.calls[2:] == [("frame", "cards"), ("render", "Moon")]
        framed = next(state.frame for state in session.screen.states if state.save == 2 and state.frame)
        assert session.screen.pictures[framed.url.rpartition("/")[2]] == b"picture of cards"
        assert framed.title == "Deal three."


async def test_stale_render_is_dropped_and_nothing_of_it_shown_when_a_save_comes(file):
    async with hand_session(file, request("first")) as session:
        await session.screen.until(lambda state: state.percent == 40)
        session.save(request("second"))
        await session.screen.until(lambda state: state.percent == 40 and state.save == 2)
        assert ("dropped", "first") in session.studio.calls
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=2)
        assert [video.title for video in session.screen.videos] == ["second"]
        saves = [state.save for state in session.screen.states]
        assert saves == sorted(saves)


async def test_stale_render_is_dropped_and_the_old_video_stays_when_a_save_is_invalid(file):
    async with hand_session(file, request("first")) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        session.studio.may_finish.clear()
        session.save(request("second"))
        await session.screen.until(lambda state: state.percent == 40 and state.save == 2)
        session.save(text='{"title": "x",\n "steps": [{"kind": "y"}]}')
        invalid = await session.screen.phase("invalid", save=3)
        [fault] = invalid.faults
        assert (fault.line, fault.column, fault.code) == (2, 13, "not-allowed")
        assert fault.message.startswith("steps[0].kind")
        assert session.studio.calls[-1] == ("dropped", "second")
        assert len(session.screen.videos) == 1


async def test_nothing_is_rendered_when_an_edit_is_taken_back(file):
    async with hand_session(file, request()) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        session.save(text="{")
        assert (await session.screen.phase("invalid", save=2)).faults[0].code == "malformed-json"
        session.save(request())
        await session.screen.phase("ready", save=3)
        assert session.studio.calls == [("frame", "board"), ("render", "Moon")]
        assert len({video.url for video in session.screen.videos}) == 1
        assert session.screen.videos[-1].segments_made == 0


async def test_lines_follow_the_file_when_only_spaces_are_saved(file):
    async with hand_session(file, request()) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        session.save(text=file.read_text().replace('{"id": "cards"', '\n\n{"id": "cards"'))
        await session.screen.phase("ready", save=2)
        assert [step.line for step in session.screen.videos[-1].steps] == [1, 3]
        assert session.studio.calls == [("frame", "board"), ("render", "Moon")]


async def test_render_goes_on_when_only_spaces_are_saved_meanwhile(file):
    async with hand_session(file, request()) as session:
        await session.screen.until(lambda state: state.percent == 40)
        session.save(text=file.read_text() + "\n")
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        assert session.studio.calls == [("frame", "board"), ("render", "Moon")]


async def test_changed_picture_counts_as_a_save_and_as_an_edit_of_its_step(file):
    picture = file.parent / "deck.png"
    shown = request() | {"assets": [{"id": "deck", "uri": "deck.png"}]}
    shown["steps"][1]["visuals"] = ["deck"]
    async with hand_session(file, shown) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        assert session.saves.files == {file, picture}, "a file that isn't there yet is waited for"
        picture.write_bytes(b"a picture")
        session.saves.notice()
        await session.screen.phase("ready", save=2)
        assert session.studio.calls[2:] == [("frame", "cards"), ("render", "Moon")]


async def test_two_videos_are_kept_when_there_were_more(file):
    async with hand_session(file, request("0")) as session:
        session.studio.may_finish.set()
        for number in range(1, 4):
            await session.screen.phase("ready", save=number)
            session.save(request(str(number)))
        await session.screen.phase("ready", save=4)
        await session.screen.until(lambda _: len(session.screen.videos) == 4)
        session.save(text="{")
        await session.screen.phase("invalid", save=5)
        assert session.studio.discarded == session.screen.folders[:2]


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (PermanentError("It can't be drawn.", code="asset-undecodable"), "failed"),
        (RenderCrashError("It died."), "failed"),
        (TooLongError("It is too long.", pointer="/previewRequest/steps"), "invalid"),
        (PermanentError("It is too long.", pointer="/previewRequest/steps", code="too-long"), "invalid"),
    ],
)
async def test_the_reason_is_told_when_a_render_fails(file, error, phase):
    async with hand_session(file, request()) as session:
        session.studio.errors["render"] = error
        session.studio.may_finish.set()
        state = await session.screen.phase(phase, save=1)
        [fault] = state.faults
        assert (fault.message, fault.code) == (error.sentence, error.code)
        assert fault.line == (1 if error.pointer else None)
        del session.studio.errors["render"]
        session.save(request())
        await session.screen.phase("ready", save=2)


async def test_video_is_rendered_without_a_picture_when_the_step_cant_be_drawn_on_its_own(file):
    async with hand_session(file, request()) as session:
        session.studio.errors["frame"] = RenderCrashError("It died.")
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        assert all(state.frame is None for state in session.screen.states)


async def test_an_error_is_shown_and_forgotten_when_the_file_goes_and_comes_back(file):
    async with hand_session(file, request()) as session:
        session.studio.may_finish.set()
        await session.screen.phase("ready", save=1)
        file.unlink()
        session.saves.notice()
        assert (await session.screen.phase("invalid", save=2)).faults[0].code == "unreadable"
        session.save(request("back"))
        await session.screen.phase("ready", save=3)
        assert session.screen.videos[-1].title == "back"
