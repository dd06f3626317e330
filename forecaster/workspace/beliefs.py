"""Read the default priors of the model families."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.workspace.facts import KINDS, QUALITIES, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

THETA_NAMES = ("s_l", "s_b", "tau", "s_o")
"""The hyperparameters of the trend family, in the order of every theta array."""

_PACKED = Path(__file__).resolve().parent.parent / "priors"
_CHECKOUT = Path(__file__).resolve().parent.parent.parent / "priors"
SHIPPED_PRIORS = _PACKED if _PACKED.is_dir() else _CHECKOUT
"""In a wheel the folder lies inside the package, in a checkout beside it."""


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A positive quantity: the median, and the sd of its logarithm."""

    median: float
    log_sd: float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class Normal:
    """A real quantity."""

    mean: float
    sd: float
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrendPrior:
    """What is believed about a trend before its history, on the link scale.

    Attributes
    ----------
    theta : hyperparameters in the order of THETA_NAMES
    drift : the long-run rate d
    level_sd : sd of the level at the first datum, about the first datum
    thin_level : the level's prior when there are fewer than two values; None keeps level_sd
    floor_noise : least measurement sd of a value
    offset_sd : relation -> sd of the offset of a basis that is so related
    quality_sd : quality mark -> measurement sd in log units
    predictive : horizon in years -> quantiles at 2.5, 10, 50, 90 and 97.5%, as documented
    """

    theta: tuple[LogNormal, ...]
    drift: Normal
    level_sd: float
    thin_level: Normal | None
    floor_noise: float
    offset_sd: Mapping[str, float]
    quality_sd: Mapping[str, float]
    predictive: Mapping[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Beliefs:
    """Everything that a user may edit under `priors/`.

    Attributes
    ----------
    trend : kind -> default prior of the trend family
    hash : sha256 of the files read, for manifests and cache keys
    """

    trend: Mapping[str, TrendPrior]
    hash: str


def load_beliefs(workspace: Path) -> Beliefs:
    """Read the workspace's priors, or the shipped ones where it has none.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or a prior is missing or out of range.
    """
    reader, payload = read_families(workspace)
    quality_sd = {name: reader.number(f"measurement.{name}", least=0.0) for name in QUALITIES}
    trend = {kind: _trend_prior(reader, kind, quality_sd) for kind in KINDS}
    return Beliefs(trend=trend, hash=hashlib.sha256(payload).hexdigest())


def read_families(workspace: Path) -> tuple[Reader, bytes]:
    """Return a reader of the workspace's families.toml, or of the shipped one, and its bytes.

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML.
    """
    own = workspace / "priors" / "families.toml"
    path = own if own.is_file() else SHIPPED_PRIORS / "families.toml"
    try:
        payload = path.read_bytes()
        table = tomllib.loads(payload.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            problem=f"the priors cannot be read: {error}",
            where=str(path),
            fix="mend the file, or remove it to use the shipped priors",
        ) from error
    return Reader(path, table), payload


def _trend_prior(reader: Reader, kind: str, quality_sd: Mapping[str, float]) -> TrendPrior:
    """Read the table `[trend.<kind>]`."""
    at = f"trend.{kind}"
    thin = f"{at}.thin_level"
    return TrendPrior(
        theta=tuple(reader.log_normal(f"{at}.{name}") for name in THETA_NAMES),
        drift=reader.normal(f"{at}.drift"),
        level_sd=reader.number(f"{at}.level_sd", least=0.0),
        thin_level=reader.normal(thin) if reader.has(thin) else None,
        floor_noise=reader.number(f"{at}.floor_noise", least=1e-4),
        offset_sd={r: reader.number(f"{at}.offset.{r}", least=0.0) for r in RELATIONS},
        quality_sd=quality_sd,
        predictive={
            1: reader.quantiles(f"{at}.prior_predictive.one_year"),
            5: reader.quantiles(f"{at}.prior_predictive.five_years"),
        },
    )


class Reader:
    """Take typed values out of a TOML table, naming the key path of whatever is wrong."""

    def __init__(self, path: Path, table: Mapping[str, Any]) -> None:
        self._path = path
        self._table = table

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        return self._find(key) is not None

    def _find(self, key: str) -> Any:
        node: Any = self._table
        for part in key.split("."):
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return node

    def _fault(self, key: str, problem: str, fix: str) -> InputError:
        return InputError(problem=problem, where=f"{self._path}, key '{key}'", fix=fix)

    def number(self, key: str, *, least: float | None = None) -> float:
        """Return a finite number, at least `least`."""
        value = self._find(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fault(key, f"'{key}' is not a number: {value!r}", "write a number")
        # written so that NaN fails too
        if not abs(value) < 1e300 or (least is not None and not value >= least):
            floor = "finite" if least is None else f"finite and at least {least:g}"
            raise self._fault(key, f"'{key}' is {value!r}", f"write a number that is {floor}")
        return float(value)

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._find(key)
        if not isinstance(value, str) or not value.strip():
            raise self._fault(key, f"'{key}' is missing", "write a short text in quotes")
        return value

    def log_normal(self, key: str) -> LogNormal:
        """Return a log-normal prior with its unit and reason."""
        return LogNormal(
            median=self.number(f"{key}.median", least=1e-9),
            log_sd=self.number(f"{key}.log_sd", least=1e-3),
            unit=self.text(f"{key}.unit"),
            reason=self.text(f"{key}.reason"),
        )

    def normal(self, key: str) -> Normal:
        """Return a normal prior with its unit and reason."""
        return Normal(
            mean=self.number(f"{key}.mean"),
            sd=self.number(f"{key}.sd", least=1e-9),
            unit=self.text(f"{key}.unit"),
            reason=self.text(f"{key}.reason"),
        )

    def quantiles(self, key: str) -> tuple[float, ...]:
        """Return five numbers."""
        values = self._find(key)
        if not isinstance(values, list) or len(values) != 5:
            raise self._fault(key, f"'{key}' is not a list of five numbers", "write five quantiles")
        if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
            raise self._fault(key, f"'{key}' holds something else than numbers", "write numbers")
        return tuple(float(v) for v in values)
