"""Colours and their contrast (WCAG 2.2, relative luminance and contrast ratio)."""

from __future__ import annotations

MINIMUM_CONTRAST = 7.0
"""The contrast that text on screen must reach: WCAG 2.2 success criterion 1.4.6 (enhanced)."""

LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Of the light of red, green and blue."""
FLARE = 0.05
"""Added to both luminances of a contrast ratio: light that a screen reflects."""


def channels(colour: str) -> tuple[int, int, int]:
    """``#RRGGBB`` to red, green and blue, 0–255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mix(first: str, second: str, share: float) -> str:
    """Blend two colours: share 0 is the first, 1 the second."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1–21."""
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + FLARE) / (darker + FLARE)


def luminance(colour: str) -> float:
    """Relative luminance, 0–1."""
    return sum(weight * linear(level) for weight, level in zip(LUMINANCE_WEIGHTS, channels(colour), strict=True))


def linear(level: int) -> float:
    """The light of an sRGB channel, 0–255, as a share of its full light."""
    value = level / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own knee


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
