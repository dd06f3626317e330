"""Answer the questions of the bank: by what is known, by forecasts, or by simulated drivers.

    question -> what is asked -> forecasts or worlds -> chance, quantiles, shares -> status

A question about one series is answered on that series' own forecast, so that the answer does not
hang on what else is asked; one about several on joint draws of just those. To fit as little as
can be, the horizon of a forecast is the end of the next year that five divides (and that is
not over): figures of earlier periods are read off it. `reach` with that horizon counts the same
draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from forecaster.errors import InputError, NotYetKnown, UnreliableFit
from forecaster.forecasts import question_answer as answers
from forecaster.forecasts.question_answer import Answer, Found, Known
from forecaster.forecasts.question_counts import count_answer, is_driven, trend_alone
from forecaster.forecasts.question_drivers import answer_driver, answer_event
from forecaster.forecasts.question_horizon import end_of_horizon, horizon, last_period
from forecaster.forecasts.question_stated import answer_stated, answer_stated_shares
from forecaster.forecasts.settings import BASELINE
from forecaster.workspace.history import known_by
from forecaster.workspace.question_types import (
    Crossing,
    DriverAsked,
    EventAsked,
    Numeric,
    Ranking,
    Threshold,
    targets_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forecaster.forecasts.forecast import Forecast
    from forecaster.forecasts.settings import Settings
    from forecaster.scenarios.worlds import Worlds
    from forecaster.workspace.facts import Facts
    from forecaster.workspace.question_types import Question

JUDGED = "this rests more on judgement than on figures"
DRIVEN = "this rests more on the judged probabilities of drivers than on figures"


class Forecasts(Protocol):
    """What makes forecasts under one set of settings; `pipeline.Run` is one."""

    def forecast(self, target: str) -> Forecast:
        """Return the forecast of a series or formula."""

    def one_world(self, targets: Sequence[str]) -> list[Forecast]:
        """Return forecasts whose draw k is one world."""


@dataclass(slots=True)
class Answerer:
    """Answers questions under one set of settings; what several share is made once.

    Attributes
    ----------
    settings : `until`, `basis` and `latent` are replaced by what each question needs
    facts : of every series below the questions
    make_run : settings -> what makes forecasts under them
    simulate : settings and last day -> all drivers in as many worlds as there are draws
    """

    settings: Settings
    facts: Facts
    make_run: Callable[[Settings], Forecasts]
    simulate: Callable[[Settings, date], Worlds]
    _runs: dict[Settings, Forecasts] = field(default_factory=dict)
    _forecasts: dict[tuple[Settings, str], Forecast] = field(default_factory=dict)
    _worlds: dict[tuple[Settings, date], Worlds] = field(default_factory=dict)

    def answer(self, question: Question) -> Answer:
        """Return the answer to a question, whatever happens: a fault becomes its status."""
        answer = self._answer_on(question, self.settings)
        if answer.status != answers.DECIDED:
            return answer
        assert answer.outcome is not None  # that is what decided means
        day = day_before(answer.outcome.known_on)
        return replace(answer, earlier=self._answer_on(question, replace(self.settings, as_of=day)))

    def _answer_on(self, question: Question, settings: Settings) -> Answer:
        """Return what is said on one day."""
        reason, status, found = "", answers.OPEN, None
        try:
            found = self._find(question, settings)
        except NotYetKnown as error:
            reason, status = error.faults[0].problem, answers.UNKNOWN_THEN
        except InputError as error:
            reason, status = str(error), answers.FAULTY
        except UnreliableFit as error:
            reason, status = str(error), answers.UNRELIABLE
        outcome = _outcome_known(question, settings.as_of) or (found.decided if found else None)
        if status not in answers.NO_ANSWER:  # what went wrong must be seen, even beside an outcome
            status = _status(question, status, outcome, settings.as_of)
        return Answer(
            question=question,
            as_of=settings.as_of,
            scenario=settings.world,
            status=status,
            found=found,
            outcome=outcome,
            reason=reason,
            warnings=self._warnings(question, found),
        )

    @staticmethod
    def _warnings(question: Question, found: Found | None) -> tuple[str, ...]:
        """Return what a reader must know of an answer; that it is a judgement comes first."""
        if found is None:
            return ()
        if found.footing.is_judgement or question.is_judgement:
            return (JUDGED, *found.warnings)
        return (DRIVEN, *found.warnings) if found.is_driven else found.warnings

    def _find(self, question: Question, settings: Settings) -> Found:
        """Return what can be worked out about a question.

        Raises
        ------
        InputError, UnreliableFit
            As the pipeline.
        """
        ask = question.ask
        if isinstance(ask, DriverAsked):
            last = ask.until or ask.on
            assert last is not None  # the reader of questions wants one
            found = answer_driver(ask, self._drivers(settings, last))
            return _as_stated(found, settings)
        if isinstance(ask, EventAsked) and not ask.driver:
            return answer_event(ask, None)
        if isinstance(ask, EventAsked):
            found = answer_event(ask, self._drivers(settings, ask.by))
            return _as_stated(found, settings)
        if not targets_of(ask):
            assert not isinstance(ask, Threshold | Crossing | Ranking)  # they name series
            return answer_stated(ask) if isinstance(ask, Numeric) else answer_stated_shares(ask)
        made = self._forecasts_for(question, settings)
        found = count_answer(question, made)
        alone = [trend_alone(each) for each in made]
        if found.decided or all(each is None for each in alone):
            return found
        without = [other or each for other, each in zip(alone, made, strict=True)]
        return replace(found, is_driven=is_driven(found, count_answer(question, without)))

    def _settings_for(self, question: Question, settings: Settings) -> Settings:
        """Return the settings of the forecasts that a question needs."""
        asked = last_period(question)
        return replace(
            settings,
            until=horizon(asked, settings.as_of),
            latent=question.asks == "latent",
            basis=self._basis(question, settings.as_of),
        )

    def _basis(self, question: Question, as_of: date) -> str | None:
        """Return the basis to ask for: None where that of the question is the default anyway.

        Raises
        ------
        NotYetKnown
            If nothing was known on that basis by then.
        """
        if not question.basis:
            return None
        series = [name for target in targets_of(question.ask) for name in target.series]
        for name in series:
            known_by(self.facts, name, as_of=as_of, basis=question.basis)
            if known_by(self.facts, name, as_of=as_of).target_basis != question.basis:
                return question.basis
        return None

    def _forecasts_for(self, question: Question, settings: Settings) -> list[Forecast]:
        """Return the forecasts that a question needs; several are on one draw axis."""
        targets = [target.text for target in targets_of(question.ask)]
        needed = self._settings_for(question, settings)
        if len(targets) == 1:
            return [self._forecast(needed, targets[0])]
        return self._run(needed).one_world(targets)

    def _forecast(self, settings: Settings, target: str) -> Forecast:
        """Return the forecast of a series or formula by itself."""
        key = (settings, target)
        if key not in self._forecasts:
            self._forecasts[key] = self._run(settings).forecast(target)
        return self._forecasts[key]

    def _run(self, settings: Settings) -> Forecasts:
        """Return what makes forecasts under some settings."""
        if settings not in self._runs:
            self._runs[settings] = self.make_run(settings)
        return self._runs[settings]

    def _drivers(self, settings: Settings, last: date) -> Worlds:
        """Return the worlds to the horizon of a question."""
        until = end_of_horizon(last, settings.as_of)
        key = (settings, until)
        if key not in self._worlds:
            self._worlds[key] = self.simulate(settings, until)
        return self._worlds[key]


def day_before(known_on: date) -> date:
    """Return the day from which a decided question is looked at again: the end of the year before.

    A day just before the outcome would often see all but the outcome.
    """
    return date(known_on.year - 1, 12, 31)


def _status(question: Question, status: str, outcome: Known | None, as_of: date) -> str:
    """Return the status of a question for which nothing went wrong."""
    if outcome is not None:
        return answers.DECIDED
    is_past = question.resolves_on < as_of
    return answers.DUE if is_past and status == answers.OPEN else status


def _outcome_known(question: Question, as_of: date) -> Known | None:
    """Return the outcome that the bank holds, if it was known by a day."""
    held = question.outcome
    if held is None or held.known_on > as_of:
        return None
    return Known(held.answer, held.source, held.known_on, held.note)


def _as_stated(found: Found, settings: Settings) -> Found:
    """Return an answer about a driver, without the ends of its range where drivers are set.

    The ends are of what is stated, which a scenario may replace.
    """
    return found if settings.world == BASELINE else replace(found, ends=None)
