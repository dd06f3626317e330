"""Declare the flags that several commands share, so that a flag means one thing everywhere."""

from __future__ import annotations

from typing import Annotated, Any

import typer

WHICH, HOW, WHERE = "What is forecast", "How", "Where it goes"
"""Panels of the help screen."""


def _which(flag: str, metavar: str, text: str) -> Any:
    """Return a flag about what is forecast."""
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=WHICH)


def _how(flag: str, metavar: str, text: str) -> Any:
    """Return a flag about how it is forecast."""
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=HOW)


def _where(flag: str, metavar: str, text: str) -> Any:
    """Return a flag about where the result goes."""
    return typer.Option(flag, metavar=metavar, help=text, rich_help_panel=WHERE)


def _switch(flag: str, text: str, panel: str) -> Any:
    """Return a flag that is on or off."""
    return typer.Option(flag, help=text, rich_help_panel=panel)


SeriesOrFile = Annotated[
    str,
    typer.Argument(
        metavar="SERIES|FILE",
        help="A series of the workspace, a CSV file, or - for standard input.",
        show_default=False,
    ),
]
AsOf = Annotated[
    str | None,
    _which("--as-of", "DATE", "Use only what was published by then. Default: today."),
]
Until = Annotated[
    str | None,
    _which(
        "--until",
        "PERIOD",
        "Last period: 2030 for annual figures, 2027-Q4, 2027-H1 or 2027-06. "
        "Default: the fourth year after the as-of year.",
    ),
]
By = Annotated[
    str | None,
    _which(
        "--by",
        "PERIOD",
        "Last period: 2030 for annual figures, 2027-Q4, 2027-H1 or 2027-06. "
        "Default: the fourth year after the as-of year.",
    ),
]
Basis = Annotated[
    str | None,
    _which("--basis", "NAME", "Who counted what. Default: the basis with the newest figure."),
]
Kind = Annotated[
    str | None,
    _which("--kind", "KIND", "What a FILE holds: share, positive, count, cumulative or real."),
]
Latent = Annotated[
    bool,
    _switch("--latent", "About the level behind the figures, without their errors.", WHICH),
]
Below = Annotated[bool, _switch("--below", "Reached means fallen to the level or under it.", WHICH)]
Coverage = Annotated[
    str, _how("--coverage", "PERCENTS", "Coverages of the bands, up to six, with commas between.")
]
Engine = Annotated[
    str, _how("--engine", "NAME", "How the fit is computed: amis, nuts or brute-force.")
]
Model = Annotated[
    str, _how("--model", "NAME", "Model family; 'forecaster list models' shows them.")
]
WithoutJudgements = Annotated[
    bool, _switch("--without-judgements", "Leave out what experts said.", HOW)
]
Scenario = Annotated[
    str | None,
    _which("--scenario", "NAME", "A named scenario; 'forecaster list scenarios' shows them."),
]
Scenarios = Annotated[
    list[str] | None,
    _which("--scenario", "NAME", "A named scenario; may be given several times."),
]
Sets = Annotated[
    list[str] | None,
    _which("--set", "DRIVER=STATE", "Set a driver: on, on@2027-Q1, off or p=0.3."),
]
Given = Annotated[
    list[str] | None,
    _which("--given", "CONDITION", "Take as seen: 'SERIES@2027 >= 20%' or 'driver=on@2027'."),
]
Priors = Annotated[
    list[str] | None,
    _how("--prior", "KEY=VALUE", "Change one belief for this run: growth.50%=0.1, driver:ID...."),
]
Every = Annotated[bool, _switch("--all", "Every question of the workspace.", WHICH)]
Core = Annotated[bool, _switch("--core", "Every core series of the workspace.", WHICH)]
Draws = Annotated[str, _how("--draws", "N", "Trajectories drawn, 100 to 200000.")]
Seed = Annotated[
    str | None,
    _how("--seed", "N", "Another seed gives other draws of the same forecast. Default: fixed."),
]
NoCache = Annotated[
    bool, _switch("--no-cache", "Fit anew, and keep nothing for the next time.", HOW)
]
AllowUnreliable = Annotated[
    bool, _switch("--allow-unreliable", "Print bands of fits that failed their checks too.", HOW)
]
Workers = Annotated[
    str, _how("--workers", "N", "Processes that share several series; the result is the same.")
]
Workspace = Annotated[
    str | None,
    _which("--workspace", "DIR", "Folder of facts and beliefs. Default: the one that ships."),
]
Csv = Annotated[
    str | None, _where("--csv", "FILE", "Write the bands as CSV; - for standard output.")
]
Layout = Annotated[
    str | None, _where("--layout", "NAME", "Of the CSV: wide, long or draws. Default: wide.")
]
Json = Annotated[bool, _switch("--json", "Print JSON and nothing else.", WHERE)]
Quiet = Annotated[bool, _switch("--quiet", "No progress and no notes on stderr.", WHERE)]
