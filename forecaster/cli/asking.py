"""Give commands the flags that say how to forecast, and turn what was typed into `Asked`.

    @asks("until", "as_of", ...)           the command declares no such flag itself
    def some_command(*, name, asked, json)     but gets them read, in one record

What a command declares itself keeps its place: all its flags stand in the help in one order, the
same for every command.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

from forecaster.cli import flags, options
from forecaster.cli.request import BASELINE, Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Command = Callable[..., None]

_SHARED: Mapping[str, tuple[Any, str | bool | None]] = {
    "until": (flags.Until, None),
    "by": (flags.By, None),
    "as_of": (flags.AsOf, None),
    "basis": (flags.Basis, None),
    "kind": (flags.Kind, None),
    "latent": (flags.Latent, False),
    "without_judgements": (flags.WithoutJudgements, False),
    "scenario": (flags.Scenario, None),
    "sets": (flags.Sets, None),
    "given": (flags.Given, None),
    "priors": (flags.Priors, None),
    "workspace": (flags.Workspace, None),
    "coverage": (flags.Coverage, "50,80,95"),
    "engine": (flags.Engine, "amis"),
    "model": (flags.Model, ""),
    "draws": (flags.Draws, "4000"),
    "seed": (flags.Seed, None),
    "no_cache": (flags.NoCache, False),
    "allow_unreliable": (flags.AllowUnreliable, False),
}
"""Flag -> what typer is told of it, and its default."""
_ORDER = (
    "core", "every", "nuts", "until", "by", "level", "below", "goal", "as_of", "scenarios",
    "scenario", "sets", "given", "basis", "kind", "latent",
    "without_judgements", "priors", "workspace", "coverage", "engine", "model", "draws", "seed",
    "workers", "no_cache", "allow_unreliable", "csv", "layout", "json", "quiet",
)  # fmt: skip
"""How flags follow one another in the help; arguments, which are not here, come first."""
ASKED = "asked"
"""The parameter of a command in whose place its shared flags stand."""


def asks(*names: str, **fixed: Any) -> Callable[[Command], Command]:
    """Return a decorator that puts shared flags in the place of the parameter `asked`.

    Parameters
    ----------
    names : of the flags, as in `_SHARED`
    fixed : fields of `Asked` that no flag of this command sets
    """
    shared = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in ((name, _SHARED[name]) for name in names)
    ]

    def decorate(command: Command) -> Command:
        """Return the command as typer shall see it."""
        own = dict(inspect.signature(command, eval_str=True).parameters)
        del own[ASKED]
        together = sorted([*own.values(), *shared], key=lambda found: _place(found.name))

        @wraps(command)
        def asking(**given: Any) -> None:
            """Read the shared flags, then run the command."""
            asked = read_asked({name: given.pop(name) for name in names}, fixed)
            command(asked=asked, **given)

        vars(asking)["__signature__"] = inspect.Signature(together)
        asking.__annotations__ = {found.name: found.annotation for found in together}
        return asking

    return decorate


def _place(name: str) -> int:
    """Return where a parameter stands; arguments keep their order in front."""
    return _ORDER.index(name) if name in _ORDER else -1


def read_asked(typed: Mapping[str, Any], fixed: Mapping[str, Any]) -> Asked:
    """Return what was asked for by flags.

    Parameters
    ----------
    typed : flag -> what was typed, or its default
    fixed : fields that none of these flags sets

    Raises
    ------
    InputError
        If a coverage, a number of draws or a seed is no such thing.
    """
    fields: dict[str, Any] = dict(fixed)
    for name, value in typed.items():
        if name == "by":
            fields |= {"until": value, "horizon": "by"}
        elif name == "coverage":
            fields["coverages"] = options.read_coverages(value)
        elif name == "draws":
            fields["n_draws"] = options.read_draws(value)
        elif name == "seed":
            fields["seed"] = options.read_seed(value)
        elif name in ("sets", "given", "priors"):
            fields[name] = tuple(value or ())
        elif name == "scenario":
            fields[name] = value or BASELINE
        elif name == "no_cache":
            fields["use_cache"] = not value
        else:
            fields[name] = value
    return Asked(**fields)
