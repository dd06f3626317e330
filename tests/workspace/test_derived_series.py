"""What formulas rest on, cycles, and entries of derived series."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_entries import ENTRIES

from forecaster.errors import InputError
from forecaster.workspace.beliefs import load_beliefs
from forecaster.workspace.derived_series import MAX_CHAIN, derived_entry, resolve_formula
from forecaster.workspace.formulas import parse_formula
from forecaster.workspace.reader import find_workspace, load_entries


def _definitions(**texts):
    return {
        name: parse_formula(text, place=f"priors/series/{name}.toml, key 'formula'")
        for name, text in texts.items()
    }


def _resolve(text, **texts):
    return resolve_formula(parse_formula(text), entries=ENTRIES, definitions=_definitions(**texts))


def test_definitions_come_after_those_they_use():
    found = _resolve("x * share", x="us / y", y="uk + us")
    assert [name for name, _ in found.definitions] == ["y", "x"]
    assert set(found.series) == {"us", "uk", "share"}
    assert len(found.series) == 3
    assert found.entries["x"].kind == "share"
    assert found.entries["y"].unit == "USD billion"


def test_a_formula_over_plain_series_needs_no_definitions():
    found = _resolve("us / uk", x="us / gone")
    assert found.definitions == ()
    assert found.series == ("us", "uk")


def test_a_cycle_is_printed():
    with pytest.raises(InputError) as caught:
        _resolve("us * z", z="w * us", w="1 + q", q="z / us")
    assert str(caught.value) == (
        "error: the formula of 'z' leads back to itself: z -> w -> q -> z\n"
        "  where: priors/series/q.toml, key 'formula'\n"
        "         z / us\n"
        "         ^\n"
        "  fix:   write one of these formulas without the others"
    )


def test_a_series_defined_by_itself_is_a_cycle():
    with pytest.raises(InputError, match="'v' leads back to itself: v -> v"):
        _resolve("v", v="v + us")


def test_the_longest_chain_is_followed_and_a_longer_one_is_refused():
    chain = {f"d{i}": f"d{i + 1}" for i in range(MAX_CHAIN + 1)}
    texts = {**chain, f"d{MAX_CHAIN}": "us"}
    assert len(_resolve("d1", **texts).definitions) == MAX_CHAIN
    with pytest.raises(InputError, match=f"more than {MAX_CHAIN} formulas"):
        _resolve("d0", **texts)


def test_doubling_definitions_are_walked_once_each():
    # written out, the last would have 2^18 terms
    texts = {f"d{i}": f"d{i + 1} + d{i + 1}" for i in range(18)}
    found = _resolve("d0", **texts, d18="us")
    assert len(found.definitions) == 19
    assert found.entries["d0"].kind == "positive"


def test_a_fault_in_a_definition_names_its_file():
    with pytest.raises(InputError, match="they cannot be added") as caught:
        _resolve("both / us", both="us + cn")
    assert "where: priors/series/both.toml, key 'formula'\n         us + cn" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("shere / us", "did you mean 'share'?"),
        ("us-uk", "put spaces about the minus: 'us - uk'"),
        ("1-share", "put spaces about the minus: '1 - share'"),
        ("qqqqqq / us", "choose series that 'forecaster list' shows"),
    ],
)
def test_an_unknown_series_comes_with_a_remedy(text, fix):
    with pytest.raises(InputError, match="there is no series") as caught:
        _resolve(text)
    assert str(caught.value).endswith(f"fix:   {fix}")


def test_an_entry_says_what_the_formula_makes():
    entry = derived_entry(parse_formula("us/(us+uk)"), ENTRIES)
    assert (entry.id, entry.unit, entry.kind, entry.timing) == (
        "us / (us + uk)", "fraction", "share", "flow",
    )  # fmt: skip
    assert derived_entry(parse_formula("models + hubs"), ENTRIES).timing == "stock"
    assert derived_entry(parse_formula("us / total"), ENTRIES).timing == "flow"


def _resolve_declared(declared, text):
    formula = parse_formula(text, place="x.toml")
    return resolve_formula(
        parse_formula(declared.id),
        entries=ENTRIES | {declared.id: declared},
        definitions={declared.id: formula},
    )


def test_a_declared_entry_is_kept_and_checked():
    declared = replace(ENTRIES["rate"], id="us-uk-ratio", title="Ratio")
    assert _resolve_declared(declared, "us / uk").entries["us-uk-ratio"] is declared
    with pytest.raises(
        InputError, match="declared of kind share, but its formula makes a positive"
    ):
        _resolve_declared(replace(declared, kind="share", unit="fraction"), "us / uk")
    with pytest.raises(
        InputError, match="declared in 'USD billion', but its formula is in 'ratio'"
    ):
        _resolve_declared(replace(declared, unit="USD billion"), "us / uk")


def test_a_definition_is_looked_into_where_it_decides_the_kind():
    # y alone is only positive; that it holds us makes us / y a share
    found = _resolve("us / y", y="uk + us")
    assert (found.entry.kind, found.entry.unit) == ("share", "fraction")
    assert _resolve("y - us", y="uk + us").entry.kind == "positive"
    with pytest.raises(InputError, match="can be zero"):
        _resolve("us / (y - 2 * us)", y="uk + us")


def test_the_deepest_chain_of_the_longest_sums_is_walked():
    # 20 formulas of 100 terms, each leading to the next through its deepest part
    long = " + ".join(["us"] * 99)
    texts = {f"d{i}": f"d{i + 1} + {long}" for i in range(1, MAX_CHAIN)}
    texts[f"d{MAX_CHAIN}"] = "us / uk * uk"
    assert _resolve("d1 / (d1 + us)", **texts).entry.kind == "share"


def test_a_difference_behind_a_name_has_no_mean_either():
    assert not _resolve("gap * 2 + d", d="us / uk - uk / us").has_mean
    assert not _resolve("d", d="us - uk").has_mean
    assert _resolve("d", d="share - part").has_mean
    assert _resolve("us / y", y="uk + us").has_mean


def test_the_formulas_that_are_shipped_hold():
    folder = find_workspace(None)
    entries = load_entries(folder)
    beliefs = load_beliefs(folder)
    texts = {name: beliefs.of(entry).formula for name, entry in entries.items()}
    definitions = {name: parse_formula(text) for name, text in texts.items() if text}
    assert len(definitions) >= 3
    for name in definitions:
        resolve_formula(parse_formula(name), entries=entries, definitions=definitions)
