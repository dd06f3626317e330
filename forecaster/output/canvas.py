"""Hold a grid of terminal cells: what stands in each, in which colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from rich.style import Style
from rich.text import Text

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bit of each braille dot: four rows from the top, two columns."""


@dataclass(slots=True)
class Cell:
    """One character cell.

    Attributes
    ----------
    glyph : one character of one column
    ink, paper : colours as '#rrggbb'; '' is the terminal's own

    """

    glyph: str = " "
    ink: str = ""
    paper: str = ""
    bold: bool = False


@dataclass(slots=True)
class Canvas:
    """A rectangle of cells; row 0 is the top, column 0 the left.

    Attributes
    ----------
    dots : (row, column) -> braille bits drawn there so far

    """

    n_rows: int
    n_columns: int
    cells: list[list[Cell]] = field(init=False)
    dots: dict[tuple[int, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.cells = [[Cell() for _ in range(self.n_columns)] for _ in range(self.n_rows)]

    def write(self, row: int, column: int, text: str, *, ink: str = "", bold: bool = False) -> None:
        """Put characters of width one into a row; what falls outside is left away."""
        for offset, glyph in enumerate(text):
            if 0 <= row < self.n_rows and 0 <= column + offset < self.n_columns:
                paper = self.cells[row][column + offset].paper
                self.cells[row][column + offset] = Cell(glyph, ink, paper, bold=bold)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], *, every: int = 1
    ) -> list[tuple[int, int]]:
        """Draw a line in braille dots; return the cells it crosses.

        Parameters
        ----------
        start, end
            (row, column) in cells, fractions allowed
        every
            draw one dot in so many

        """
        n_steps = max(int(4 * abs(end[0] - start[0])), int(2 * abs(end[1] - start[1])), 1)
        crossed: dict[tuple[int, int], None] = {}
        for step in range(0, n_steps + 1, every):
            share = step / n_steps
            dot_row = int(4 * (start[0] + share * (end[0] - start[0])))
            dot_column = int(2 * (start[1] + share * (end[1] - start[1])))
            cell = (dot_row // 4, dot_column // 2)
            if 0 <= cell[0] < self.n_rows and 0 <= cell[1] < self.n_columns:
                bit = _DOTS[dot_row % 4][dot_column % 2]
                self.dots[cell] = self.dots.get(cell, 0) | bit
                crossed[cell] = None
        return list(crossed)

    def braille(self, cell: tuple[int, int]) -> str:
        """Return the character of the dots drawn in a cell."""
        return chr(0x2800 + self.dots.get(cell, 0))

    def text(self, row: int) -> Text:
        """Return a row for the console, without the blanks at its end."""
        line = Text(end="", no_wrap=True)
        cells = self.cells[row]
        blank = Cell()
        last = max((i for i, cell in enumerate(cells) if cell != blank), default=-1)
        for (ink, paper, bold), run in groupby(cells[: last + 1], key=_look):
            style = Style(color=ink or None, bgcolor=paper or None, bold=bold or None)
            line.append("".join(cell.glyph for cell in run), style)
        return line


def _look(cell: Cell) -> tuple[str, str, bool]:
    """Return what makes the style of a cell."""
    return cell.ink, cell.paper, cell.bold
