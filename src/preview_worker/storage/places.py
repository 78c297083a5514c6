"""The folders below DATA_DIR. Ids are checked by the contract before they become names here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Paths below one DATA_DIR; nothing is created by asking."""

    root: Path

    def preview(self, project_id: str, job_id: str) -> Path:
        """Folder of a published preview."""
        return self.root / "previews" / project_id / job_id

    def plan(self, project_id: str, job_id: str) -> Path:
        """Folder of a published plan (a dry run's result)."""
        return self.root / "plans" / project_id / job_id

    def assets(self, project_id: str) -> Path:
        """Folder below which a project's relative asset paths are looked up."""
        return self.root / "assets" / project_id

    def history(self, project_id: str) -> Path:
        """Which previews of a project were published last and approved."""
        return self.root / "history" / project_id

    def live(self, project_id: str, job_id: str) -> Path:
        """Early files of a job at work, a folder for each attempt."""
        return self.live_root / project_id / job_id

    @property
    def live_root(self) -> Path:
        """Early files of all jobs."""
        return self.root / "live"

    @property
    def stage(self) -> Path:
        """Where attempts are put together, on the same file system as the previews."""
        return self.root / "stage"

    @property
    def work(self) -> Path:
        """Folders of the render processes."""
        return self.root / "work"

    @property
    def reservations(self) -> Path:
        """What processes promise their running jobs of the disk."""
        return self.root / "reservations"

    @property
    def trash(self) -> Path:
        """What is being removed, on the same file system as the previews."""
        return self.root / "trash"

    @property
    def clock(self) -> Path:
        """What is known of the clock."""
        return self.root / "clock.json"

    @property
    def retention(self) -> Path:
        """How the last run of retention ended."""
        return self.root / "retention.json"

    @property
    def jobs(self) -> Path:
        """Records of jobs by id, readable without Redis."""
        return self.root / "jobs"

    @property
    def dead_letters(self) -> Path:
        """Dead letters that Redis has no room for any more."""
        return self.root / "dead-letters"

    @property
    def inline(self) -> Path:
        """Bytes of assets that came inside a payload or over https, by hash."""
        return self.root / "cache" / "inline"

    @property
    def voices(self) -> Path:
        """What draft voices said, by the hash of words and voice."""
        return self.root / "cache" / "voices"

    @property
    def facts(self) -> Path:
        """Measured facts of media, by hash."""
        return self.root / "cache" / "facts"

    def segments(self, project_id: str) -> Path:
        """Finished segments of one project, by content key."""
        return self.root / "cache" / "segments" / project_id
