"""Which jobs a newer one may replace."""

from __future__ import annotations


def scope_of(*, project_id: str, chapter_id: str | None, language: str, dry_run: bool) -> str:
    """What a job shares with those it may supersede: a plan replaces plans alone.

    The Lua text of admission makes the same text of a foreign job's payload. Of a job in several languages its own
    counts.
    """
    return "\n".join(("plan" if dry_run else "preview", project_id, language.lower(), chapter_id or ""))
