"""A photograph in the making: a table, what is laid on it, and where in it things are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from art.lake import View
from art.piece import lay
from art.surface import lit, walnut

# Scenes are drawn at twice their size and reduced by areas: no edge is jagged.
DRAWN = 2
PAPER_EDGE = (206, 190, 158)
BOARD_EDGE = (190, 160, 120)
Anchor = tuple[float, ...]


@dataclass(slots=True, kw_only=True)
class Scene:
    """A picture that grows piece by piece; all positions are in pixels of the finished picture.

    Attributes:
        width_px: Width of the finished picture.
        height_px: Height of the finished picture.
        picture: What is drawn so far, at DRAWN times the size.
        anchors: Name → where it is: (x, y) of a point or (x, y, width, height) of a box, in fractions of the picture.
    """

    width_px: int
    height_px: int
    picture: Image.Image
    anchors: dict[str, Anchor] = field(default_factory=dict)

    @classmethod
    def on_table(cls, width_px: int, height_px: int, seed: int) -> "Scene":
        """Begin with the empty table."""
        table = walnut((width_px * DRAWN, height_px * DRAWN), seed)
        return cls(width_px=width_px, height_px=height_px, picture=table)

    @classmethod
    def on(cls, picture: Image.Image) -> "Scene":
        """Begin with a picture drawn at DRAWN times the size."""
        width, height = picture.width // DRAWN, picture.height // DRAWN
        return cls(width_px=width, height_px=height, picture=picture.convert("RGB"))

    def at(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Finished pixels to drawn pixels."""
        return x_px * DRAWN, y_px * DRAWN

    def sheet(self, sheet: Image.Image, x_px: float, y_px: float, angle: float = 0, thickness_px: float = 2.5) -> None:
        """Lay a card or mat down, drawn at DRAWN times the size."""
        centre = self.at(x_px, y_px)
        lay(self.picture, sheet, centre, angle=angle, thickness_px=thickness_px * DRAWN, edge=PAPER_EDGE, bevel_px=1.5)

    def board(self, board: Image.Image, x_px: float, y_px: float) -> None:
        """Lay the game board down, drawn at DRAWN times the size."""
        lay(self.picture, board, self.at(x_px, y_px), thickness_px=12 * DRAWN, edge=BOARD_EDGE, bevel_px=3)

    def point(self, name: str, x_px: float, y_px: float) -> None:
        """Note where something is."""
        self.anchors[name] = (round(x_px / self.width_px, 4), round(y_px / self.height_px, 4))

    def box(self, name: str, centre_px: tuple[float, float], size_px: tuple[float, float]) -> None:
        """Note the box something fills."""
        left, top = centre_px[0] - size_px[0] / 2, centre_px[1] - size_px[1] / 2
        self.anchors[name] = (
            round(left / self.width_px, 4),
            round(top / self.height_px, 4),
            round(size_px[0] / self.width_px, 4),
            round(size_px[1] / self.height_px, 4),
        )

    def points(self, view: View, corner_px: tuple[float, float], places: Mapping[str, tuple[float, float]]) -> None:
        """Note where places of the board are; the view's top left corner lies at `corner_px`."""
        scale = view.scale / DRAWN
        for name, (x, y) in places.items():
            self.point(name, corner_px[0] + (x - view.left) * scale, corner_px[1] + (y - view.top) * scale)

    def finished(self, seed: int) -> Image.Image:
        """Return the lit picture at its finished size."""
        return lit(self.picture.reduce(DRAWN), seed)
