"""The command `ask`: answers to questions of the bank."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import flags  # typer reads the annotations
from forecaster.cli.asking import asks
from forecaster.cli.destination import check_output
from forecaster.cli.frame import TextCommand, new_app
from forecaster.cli.progress import Progress
from forecaster.cli.request import Asked, find_folder, load_shared, read_settings
from forecaster.cli.streams import Streams, open_streams
from forecaster.errors import ExitCode, InputError
from forecaster.workspace.faults import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from forecaster.forecasts.question_answer import Answer
    from forecaster.forecasts.questions import Answerer
    from forecaster.forecasts.settings import Settings
    from forecaster.pipeline import Run
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.question_types import Question

app = new_app()


@app.command(cls=TextCommand)
@asks(
    "as_of", "scenario", "sets", "without_judgements", "workspace", "engine", "draws", "seed",
    "no_cache", "allow_unreliable",
    until=None, coverages=(), model="",
)  # fmt: skip
def ask_command(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUESTION",
            help="Questions of the bank; 'forecaster list questions' shows them.",
            show_default=False,
        ),
    ] = None,
    every: flags.Every = False,
    asked: Asked,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write the answers as CSV; - for standard output.",
            rich_help_panel=flags.WHERE,
        ),
    ] = None,
    json: flags.Json = False,
    quiet: flags.Quiet = False,
) -> None:
    """Answer questions of the bank, one, several or all.

    forecaster ask q03 q05
    """
    streams = open_streams(is_quiet=quiet)
    check_output(csv, is_json=json)
    bank = Bank(asked, streams.today)
    chosen = bank.choose(names or [], every=every)
    with Progress(streams, "reading the questions") as progress:
        found = bank.answer(chosen, note=progress.note, step=progress.update)
    if csv is not None:
        _write_csv(found, csv, bank, streams)
    if json:
        from forecaster.output.question_record import answer_record

        streams.write_json([answer_record(answer) for answer in found])
    elif csv != "-":
        _print(found, streams)
    _end(found, streams)


class Bank:
    """The questions of a workspace, with what answers them.

    Raises
    ------
    InputError
        At the first fault of the arguments or the workspace.
    """

    def __init__(self, asked: Asked, today: date) -> None:
        from forecaster.workspace.beliefs import load_beliefs
        from forecaster.workspace.driver_beliefs import load_driver_beliefs
        from forecaster.workspace.question_bank import load_questions
        from forecaster.workspace.reader import load_entries

        self.settings: Settings = read_settings(asked, today=today)
        self.folder: Path = find_folder(asked.workspace)
        self.entries = load_entries(self.folder)
        drivers = load_driver_beliefs(self.folder, self.entries)
        beliefs = load_beliefs(self.folder)
        found = load_questions(self.folder, self.entries, drivers, beliefs=beliefs)
        self.questions: Mapping[str, Question] = {question.id: question for question in found}
        self.manifest: dict[str, Any] = {}

    def choose(self, names: Sequence[str], *, every: bool) -> list[Question]:
        """Return the questions asked for, in their order; each once.

        Raises
        ------
        InputError
            If there is none, or one is unknown.
        """
        if every:
            names = list(self.questions)
        if not names:
            problem = "no question is asked" if self.questions else "the workspace has no questions"
            fix = "name one that 'forecaster list questions' shows, or add --all"
            if not self.questions:
                fix = "write some into priors/questions.toml"
            raise InputError(problem=problem, where="QUESTION", fix=fix)
        return [self.find(name) for name in dict.fromkeys(names)]

    def find(self, name: str) -> Question:
        """Return a question by its id, with or without 'question:' before it.

        Raises
        ------
        InputError
            If there is none.
        """
        wanted = name.strip().removeprefix("question:")
        if wanted not in self.questions:
            near = did_you_mean(wanted, self.questions)
            raise InputError(
                problem=f"there is no question {quoted(wanted)}",
                where="QUESTION",
                fix=near or "choose one that 'forecaster list questions' shows",
            )
        return self.questions[wanted]

    def answer(
        self,
        chosen: Sequence[Question],
        *,
        note: Callable[[str], None],
        step: Callable[[str], None],
    ) -> list[Answer]:
        """Return the answers, in the order asked for.

        Parameters
        ----------
        note : takes one-line statements
        step : takes what is being done
        """
        answerer = self._answerer(chosen, note)
        found = []
        for number, question in enumerate(chosen):
            step(f"answering {question.id} ({number + 1} of {len(chosen)})")
            found.append(answerer.answer(question))
        return found

    def _answerer(self, chosen: Sequence[Question], note: Callable[[str], None]) -> Answerer:
        """Return what answers some questions, with the facts below them."""
        from forecaster.forecasts.questions import Answerer
        from forecaster.workspace.beliefs import load_beliefs
        from forecaster.workspace.question_types import targets_of

        targets = list(dict.fromkeys(t.text for q in chosen for t in targets_of(q.ask)))
        beliefs = load_beliefs(self.folder, targets)
        shared = load_shared(self.folder, targets, self.entries, beliefs, "")
        base = shared.run(self.settings, note)
        self.manifest = self._manifest(base)
        base.drivers.scenario(self.settings)  # what is at fault with it is no question's fault

        def make_run(settings: Settings) -> Run:
            """Return a run of its own for other settings, in the same worlds of drivers."""
            return base.under(settings)

        def simulate(settings: Settings, until: date) -> Worlds:
            """Return all drivers to a day, as the forecasts of the same horizon have them."""
            needed = replace(settings, until=str(until.year))
            return base.drivers.worlds(base.drivers.scenario(needed), needed)

        return Answerer(self.settings, shared.facts, make_run, simulate)

    def _manifest(self, run: Run) -> dict[str, Any]:
        """Return what the answers hang on, for files."""
        from forecaster import __version__

        settings = self.settings
        return {
            "version": __version__,
            "seed": settings.seed,
            "n_draws": settings.n_draws,
            "engine": settings.engine,
            "as_of": settings.as_of.isoformat(),
            "scenario": settings.world,
            "without_judgements": settings.without_judgements,
            "facts_hash": run.facts.hash,
            "beliefs_hash": run.beliefs.hash,
        }


def find_answers(names: Sequence[str], asked: Asked, *, every: bool = False) -> list[Answer]:
    """Return the answers to questions of the bank, in the order asked for.

    A question that cannot be answered has a status that says so, and a reason.

    Raises
    ------
    InputError
        If a question is unknown, or the workspace or an argument is at fault.
    """
    streams = open_streams(is_quiet=True)
    bank = Bank(asked, streams.today)
    chosen = bank.choose(names, every=every)
    return bank.answer(chosen, note=streams.note, step=lambda _: None)


def _write_csv(found: Sequence[Answer], csv: str, bank: Bank, streams: Streams) -> None:
    """Write the answers into a file or to stdout."""
    from forecaster.output.question_csv import write_answers

    write_answers(found, csv, manifest=bank.manifest, stdout=streams.data())
    if csv != "-":
        streams.note(f"wrote {csv}")


def _print(found: Sequence[Answer], streams: Streams) -> None:
    """Print a table, or the card of a single answer."""
    from forecaster.output.question_screen import print_answer, print_answers

    if len(found) == 1:
        print_answer(found[0], streams.console())
    else:
        print_answers(found, streams.console())


def _end(found: Sequence[Answer], streams: Streams) -> None:
    """Warn of what is due, complain about what could not be answered, and end by the worst."""
    from forecaster.forecasts import question_answer as answers
    from forecaster.output.question_screen import due_sentence

    for answer in found:
        if answer.status == answers.DUE:
            streams.note(f"warning: {due_sentence(answer)}")
        elif answer.status in answers.NO_ANSWER:
            streams.complain(f"question {answer.question.id} has no answer")
            streams.complain(answer.reason)
    statuses = {answer.status for answer in found}
    if answers.FAULTY in statuses:
        raise typer.Exit(ExitCode.INPUT)
    if answers.UNRELIABLE in statuses:
        raise typer.Exit(ExitCode.UNRELIABLE)
