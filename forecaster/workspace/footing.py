"""Name what a forecast rests on: figures, judgements or a formula."""

from __future__ import annotations

from forecaster.records import frozen

FEW = 1
"""So many figures or fewer make a forecast thin: its prior decides most of it."""


@frozen
class Footing:
    """What a forecast of one series rests on.

    Attributes
    ----------
    family : as believed
    n_points : figures that enter the fit
    first, last : periods of the first and the last of them; '' where there are none
    bases : who counted them; the blank basis is left out
    n_judgements : statements of experts about the series that were made by the as-of date
    inputs : series that the formula of a derived one names
    has_thin_inputs : whether each of these rests on one figure or none
    n_usable : how many of the statements pass the rules of a forecast; None where nobody asked
    """

    family: str
    n_points: int
    first: str
    last: str
    bases: tuple[str, ...]
    n_judgements: int
    inputs: tuple[str, ...] = ()
    has_thin_inputs: bool = False
    n_usable: int | None = None

    @property
    def is_thin(self) -> bool:
        """Whether the prior decides most of the forecast."""
        return self.has_thin_inputs if self.inputs else self.n_points <= FEW

    @property
    def text(self) -> str:
        """What it rests on, in a few words, for a table."""
        if self.inputs:
            thin = ", each of one figure or none" if self.has_thin_inputs else ""
            return f"formula over {', '.join(self.inputs)}{thin}"
        judged = count_judgements(self.n_judgements)
        if self.n_judgements:
            usable = "" if self.n_usable is None else f", {self.n_usable or 'none'} usable"
            judged += f" on file{usable}"
        if self.n_points == 0:
            return f"no history: prior and {judged}"
        if self.n_points == 1:
            return f"one figure, of {self.last}{self._on_bases()}; {judged}"
        span = f"{self.first} to {self.last}"
        return f"{self.n_points} figures, {span}{self._on_bases()}; {judged}"

    def _on_bases(self) -> str:
        """Return the bases after a comma."""
        return f", {' and '.join(self.bases)}" if self.bases else ""

    def sentence(self) -> str:
        """Return the first sentence of a thin forecast; '' where it is not thin."""
        if not self.is_thin:
            return ""
        if self.inputs:
            return (
                "This rests on a formula over series of one point or none each, and their priors."
            )
        judged = f" and {count_judgements(self.n_judgements)}" if self.n_judgements else ""
        if self.n_points == 0:
            return f"This rests on no history, only on what is believed{judged}."
        return f"This rests on one point, of {self.last}, and on what is believed{judged}."


def count_judgements(number: int) -> str:
    """Return 'no judgements', 'one judgement', '8 judgements'."""
    if number < 2:
        return "one judgement" if number else "no judgements"
    return f"{number} judgements"
