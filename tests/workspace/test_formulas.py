"""Formulas: what is read, how it is written again, and what hostile text comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.errors import InputError
from forecaster.workspace.formula_tree import Name, Negative, Number, Operation, names_in
from forecaster.workspace.formulas import MAX_NESTED, MAX_TERMS, is_formula, parse_formula

SERIES = ("us-spend", "cn-spend")
NOWHERE = (0, 0)
A, B, C = (Name(name, NOWHERE) for name in "abc")


def _join(sign, left, right):
    return Operation(sign, left, right, NOWHERE)


def test_products_bind_before_sums_and_signs_from_the_left():
    assert parse_formula("a - b - c").tree == _join("-", _join("-", A, B), C)
    assert parse_formula("a - b * c").tree == _join("-", A, _join("*", B, C))
    assert parse_formula("a / b / c").tree == _join("/", _join("/", A, B), C)
    assert parse_formula("(a - b) * c").tree == _join("*", _join("-", A, B), C)


def test_a_minus_before_a_part_turns_that_part_alone():
    # -a * b is (-a) * b, and --a turns twice
    minus = Negative(A, NOWHERE)
    assert parse_formula("-a * b").tree == _join("*", minus, B)
    assert parse_formula("--a").tree == Negative(minus, NOWHERE)


def test_a_minus_inside_a_word_belongs_to_the_id():
    assert parse_formula("us-spend").series == ("us-spend",)
    assert parse_formula("us - spend").series == ("us", "spend")
    assert parse_formula("us -spend").series == ("us", "spend")
    assert parse_formula("5g-subs-2020").series == ("5g-subs-2020",)


def test_numbers_are_plain_digits_with_an_exponent_at_most():
    found = parse_formula("1.5 * a + 2e-3 * b + .25 * c + 7. * a").tree
    numbers, waiting = [], [found]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Number):
            numbers.append(node.value)
        if isinstance(node, Operation):
            waiting = [node.left, node.right, *waiting]
    assert numbers == [1.5, 2e-3, 0.25, 7.0]


def test_series_are_named_once_in_their_order():
    assert parse_formula("b / (a + b) - c").series == ("b", "a", "c")


def test_every_part_knows_where_it_stands():
    tree = parse_formula("us / (uk + cn)").tree
    assert isinstance(tree, Operation)
    assert tree.span == (0, 14)
    assert tree.right.span == (5, 14)
    assert [name.span for name in names_in(tree)] == [(0, 2), (6, 8), (11, 13)]


_PARTS = st.one_of(
    st.sampled_from(["a", "us-spend", "5g", "x_1-y"]).map(lambda id_: Name(id_, NOWHERE)),
    st.floats(0, 1e300).map(lambda value: Number(value, NOWHERE)),
)
_TREES = st.recursive(
    _PARTS,
    lambda inner: st.one_of(
        inner.map(lambda node: Negative(node, NOWHERE)),
        st.builds(_join, st.sampled_from("+-*/"), inner, inner),
    ),
    max_leaves=12,
)


@given(tree=_TREES)
def test_a_formula_written_out_reads_as_the_same_tree(tree):
    from forecaster.workspace.formula_tree import write_tree

    formula = parse_formula(f"{write_tree(tree)} + a")
    assert formula.tree == _join("+", tree, A)
    assert str(parse_formula(str(formula))) == str(formula)


def test_a_formula_is_written_with_no_needless_parentheses():
    assert str(parse_formula("((a)+(b*c))/(c)")) == "(a + b * c) / c"
    assert str(parse_formula("a -(b) - ( c -a )")) == "a - b - (c - a)"


def test_the_largest_formula_is_read_and_one_more_term_is_refused():
    assert parse_formula("+".join(["a"] * MAX_TERMS)).series == ("a",)
    with pytest.raises(InputError, match=f"more than {MAX_TERMS} numbers and series"):
        parse_formula("+".join(["a"] * (MAX_TERMS + 1)))


def test_the_deepest_formula_is_read_and_one_parenthesis_more_is_refused():
    deepest = "(" * MAX_NESTED + "a" + ")" * MAX_NESTED
    assert parse_formula(deepest).series == ("a",)
    with pytest.raises(InputError, match=f"nested more than {MAX_NESTED} deep"):
        parse_formula(f"({deepest})")
    with pytest.raises(InputError, match=f"nested more than {MAX_NESTED} deep"):
        parse_formula("-" * (MAX_NESTED + 1) + "a")


@pytest.mark.parametrize("text", ["(" * 10_000, "x" * 1_000_000, "-" * 5_000, "a+" * 400_000])
def test_very_long_text_is_refused_in_a_few_short_lines(text):
    with pytest.raises(InputError, match="characters, more than") as caught:
        parse_formula(text)
    assert max(len(line) for line in str(caught.value).split("\n")) < 100


@given(text=st.text(max_size=60))
def test_any_text_is_a_formula_or_an_input_error(text):
    try:
        shown = str(parse_formula(text))
    except InputError as error:
        shown = str(error)
    assert shown
    assert all(line.isprintable() for line in shown.split("\n"))


@given(text=st.text(alphabet="ab1.-+*/() \t", max_size=40))
def test_text_in_the_letters_of_formulas_is_one_or_an_input_error(text):
    try:
        formula = parse_formula(text)
    except InputError:
        return
    assert formula.tree == parse_formula(str(formula)).tree


def test_a_long_formula_is_shown_about_the_fault():
    with pytest.raises(InputError) as caught:
        parse_formula("aaaa + " * 20 + "bbbb ) " + "+ cccc " * 20)
    assert str(caught.value) == (
        "error: this parenthesis closes none that was opened\n"
        "  where: ...a + aaaa + aaaa + aaaa + bbbb ) + cccc + cccc + cccc + cccc + cccc + cc...\n"
        "                                          ^\n"
        "  fix:   remove it, or open one before it"
    )


def test_the_marker_stands_under_the_fault_behind_chinese_and_control_characters():
    with pytest.raises(InputError) as caught:
        parse_formula("a + 人工")
    assert "  where: a + 人工\n             ^^^^\n" in str(caught.value)
    with pytest.raises(InputError) as caught:
        parse_formula("a\n+ \x1b[31m")
    # a line break is shown as a blank, an escape byte as four characters
    assert "  where: a + \\x1b[31m\n             ^^^^\n" in str(caught.value)


def test_the_place_of_a_formula_stands_above_it():
    with pytest.raises(InputError) as caught:
        parse_formula("a / (b", place="priors/series/x.toml, key 'formula'")
    assert str(caught.value) == (
        "error: this parenthesis is never closed\n"
        "  where: priors/series/x.toml, key 'formula'\n"
        "         a / (b\n"
        "             ^\n"
        "  fix:   close it with ')'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "us-spend / cn-spend", "us-spend/cn-spend", "us-spend/nothing", "1 - us-share", "-us-spend",
        "2 * us-spend", "(us-spend)", "exp(us-spend)", "us-spend ^ 2", "us-spend > 3", "a - b",
        "us-spend ÷ cn-spend", "（us-spend）", "us-spend -cn-spend",
    ],
)  # fmt: skip
def test_a_text_with_signs_is_a_formula(text):
    assert is_formula(text, SERIES)


@pytest.mark.parametrize(
    "text",
    [
        "us-spend", "us-spnd", "-", "", "figures.csv", "my figures (2024).csv", "a - b.CSV",
        "./a / b", "/tmp/a * b", "../x", "~/x", "nowhere/figures", "us-spend cn-spend",
    ],
)  # fmt: skip
def test_an_id_or_a_file_is_no_formula(text):
    assert not is_formula(text, SERIES)
