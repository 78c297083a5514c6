"""Colours and their contrast (WCAG 2.2, relative luminance and contrast ratio)."""

from __future__ import annotations

MINIMUM_CONTRAST = 7.0
"""The contrast that text on screen must reach: WCAG 2.2 success criterion 1.4.6 (enhanced)."""


def channels(colour: str) -> tuple[int, int, int]:
    """``#RRGGBB`` to red, green and blue, 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """Blend two colours: share 0 is the first, 1 the second."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1–21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(text: str, behind: str, minimum: float = MINIMUM_CONTRAST) -> str:
    """The colour nearest to `text`, towards white or black, that reaches the contrast on what lies behind it."""
    if contrast(text, behind) >= minimum:
        return text
    target = "#FFFFFF" if contrast("#FFFFFF", behind) >= contrast("#000000", behind) else "#000000"
    for step in range(1, 21):
        candidate = mix(text, target, step / 20)
        if contrast(candidate, behind) >= minimum:
            return candidate
    return target


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own knee
