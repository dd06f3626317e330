"""Keep the command line quick to start: a command is imported when it is called.

Two habits of typer cost more than a forecast and are stepped around here, through its own
extension point, the `cls` of an app and of a command:

- a group builds every command, flags and all, before it reads the first argument;
- every text argument is passed through a pydantic model, which costs a tenth of a second to
  import and only returns the text.  Our flags arrive as text and are read in `options`, where a
  fault gets an error message in three parts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from forecaster.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping


class _AsTyped:
    """Hand the typed text on unread; several values become a list."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ARG002  # typer's own names
        """Return the text as it came, or a list of texts where several are allowed."""
        if param.multiple or param.nargs != 1:
            return list(value or ())
        return value


_AS_TYPED = _AsTyped()


class _ReadsText:
    """What commands and groups share: their flags are text, or on and off."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the flags, `--help` among them, set to pass text on unread.

        A typer that does not know this attribute ignores it and converts the text as before:
        slower by pydantic, and nothing else changes.
        """
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            vars(param)["_runtime_param"] = _AS_TYPED
        return params


class TextCommand(_ReadsText, TyperCommand):
    """A command that starts without pydantic."""


class TextGroup(_ReadsText, TyperGroup):
    """A group that starts without pydantic."""


class LateGroup(TextGroup):
    """A group that knows its commands by name and summary, and imports one when it is called.

    Attributes
    ----------
    summaries : command name -> the first line of its help
    package : where the command `x` lives: `<package>.x`, which holds its typer app as `app`
    """

    summaries: Mapping[str, str] = {}
    package = "forecaster.cli"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, summary in self.summaries.items():
            self.add_command(TyperCommand(name, help=summary), name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Put the real command in place of its summary, then let typer find it."""
        if args and args[0] in self.summaries:
            module = import_module(f"{self.package}.{args[0]}")
            command = typer.main.get_command(module.app)
            command.name = args[0]
            self.add_command(command, args[0])
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; a reader that has seen enough, as in `| head`, is no fault."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise typer.Exit(ExitCode.DONE) from None
        except KeyboardInterrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from None


def new_app(**settings: Any) -> typer.Typer:
    """Return a typer app without shell completion and with Python's own tracebacks."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )
