"""What crosses a process border: payload, findings, report, progress, result, events and problems."""

from preview_worker.contract.finding import Code, Finding, Severity
from preview_worker.contract.identifiers import AssetId, Digest, JobId, ProjectId, StepId
from preview_worker.contract.job import PreviewJob
from preview_worker.contract.kinds import (
    AssetType,
    BadgeStyle,
    CalloutKind,
    Easing,
    Enter,
    Fit,
    Format,
    Layout,
    LoudnessProfile,
    MotionType,
    NarrationMode,
    OnMissingAsset,
    Priority,
    Quality,
    StepKind,
    TransitionType,
)
from preview_worker.contract.options import Audio, Furniture, Music, Options, Range, Theme
from preview_worker.contract.request import Asset, PreviewRequest
from preview_worker.contract.scene import Callout, Motion, Rect, Target, Visual
from preview_worker.contract.step import Step, Transition, spoken

__all__ = [
    "Asset",
    "AssetId",
    "AssetType",
    "Audio",
    "BadgeStyle",
    "Callout",
    "CalloutKind",
    "Code",
    "Digest",
    "Easing",
    "Enter",
    "Finding",
    "Fit",
    "Format",
    "Furniture",
    "JobId",
    "Layout",
    "LoudnessProfile",
    "Motion",
    "MotionType",
    "Music",
    "NarrationMode",
    "OnMissingAsset",
    "Options",
    "PreviewJob",
    "PreviewRequest",
    "Priority",
    "ProjectId",
    "Quality",
    "Range",
    "Rect",
    "Severity",
    "Step",
    "StepId",
    "StepKind",
    "Target",
    "Theme",
    "Transition",
    "TransitionType",
    "Visual",
    "spoken",
]
