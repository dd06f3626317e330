"""Read every broken file of `tests/data` and compare the whole message."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.workspace.bare_file import read_bare

DATA = Path(__file__).parents[1] / "data"

BROKEN = [
    (
        "control-bytes.csv",
        "positive",
        (
            "error: '\\x1b[31mred\\x1b[0m' is not a number\n"
            "  where: control-bytes.csv, line 2\n"
            "  fix:   write a plain number, such as 1200 or 0.41"
        ),
    ),
    (
        "cumulative-falls.csv",
        "cumulative",
        (
            "error: a cumulative series never falls, but 2023 has 4 after 5 in 2022\n"
            "  where: cumulative-falls.csv, line 3\n"
            "  fix:   correct the value, or read the file with --kind positive"
        ),
    ),
    (
        "decimal-comma.csv",
        "share",
        (
            "error: '0,41' has a decimal comma\n"
            "  where: decimal-comma.csv, line 2\n"
            "  fix:   write 0.41"
        ),
    ),
    (
        "double-column.csv",
        "positive",
        (
            "error: the column 'value' stands in the header twice\n"
            "  where: double-column.csv, line 1\n"
            "  fix:   remove one of them"
        ),
    ),
    (
        "empty.csv",
        "positive",
        (
            "error: the file is empty\n"
            "  where: empty.csv\n"
            "  fix:   give it a header line and at least one line of figures"
        ),
    ),
    (
        "encoding-gbk.csv",
        "positive",
        (
            "error: the file is in GBK (GB18030), not in UTF-8\n"
            "  where: encoding-gbk.csv\n"
            "  fix:   save it as UTF-8, for instance: iconv -f GB18030 -t UTF-8 FILE > NEWFILE"
        ),
    ),
    (
        "encoding-latin-1.csv",
        "positive",
        (
            "error: the byte 0xE9 is not UTF-8\n"
            "  where: encoding-latin-1.csv, line 2\n"
            "  fix:   save the file again as UTF-8; it may be in Latin-1 or Windows-1252"
        ),
    ),
    (
        "encoding-utf-16-without-mark.csv",
        "positive",
        (
            "error: the file is in UTF-16LE, not in UTF-8\n"
            "  where: encoding-utf-16-without-mark.csv\n"
            "  fix:   save it as UTF-8, for instance: iconv -f UTF-16LE -t UTF-8 FILE > NEWFILE"
        ),
    ),
    (
        "encoding-utf-16.csv",
        "positive",
        (
            "error: the file is in UTF-16, not in UTF-8\n"
            "  where: encoding-utf-16.csv\n"
            "  fix:   save it as UTF-8, for instance: iconv -f UTF-16 -t UTF-8 FILE > NEWFILE"
        ),
    ),
    (
        "encoding-utf-32.csv",
        "positive",
        (
            "error: the file is in UTF-32, not in UTF-8\n"
            "  where: encoding-utf-32.csv\n"
            "  fix:   save it as UTF-8, for instance: iconv -f UTF-32 -t UTF-8 FILE > NEWFILE"
        ),
    ),
    (
        "full-width-digits.csv",
        "positive",
        (
            "error: '４０' has full-width characters\n"
            "  where: full-width-digits.csv, line 2\n"
            "  fix:   type 40"
        ),
    ),
    (
        "full-width-percent.csv",
        "share",
        (
            "error: '４０％' has full-width characters\n"
            "  where: full-width-percent.csv, line 2\n"
            "  fix:   type 0.4"
        ),
    ),
    (
        "header-only.csv",
        "positive",
        (
            "error: the file has a header and no lines below it\n"
            "  where: header-only.csv\n"
            "  fix:   give it at least one line with a period and a value"
        ),
    ),
    (
        "infinity.csv",
        "positive",
        (
            "error: 'inf' is not a finite number\n"
            "  where: infinity.csv, line 2\n"
            "  fix:   leave the line out where there is no figure\n"
            "error: '-Infinity' is not a finite number\n"
            "  where: infinity.csv, line 3\n"
            "  fix:   leave the line out where there is no figure\n"
            "error: '1e999' is too large for a number\n"
            "  where: infinity.csv, line 4\n"
            "  fix:   use a larger unit"
        ),
    ),
    (
        "many-faults.csv",
        "positive",
        (
            "error: 'abc' is not a number\n"
            "  where: many-faults.csv, line 2\n"
            "  fix:   write a plain number, such as 1200 or 0.41\n"
            "error: '2022-Q5' is not a period\n"
            "  where: many-faults.csv, line 3\n"
            "  fix:   write 2024, 2024-H1, 2024-Q3, 2024-06 or 2024-06-15\n"
            "error: a positive series cannot have the negative value -1\n"
            "  where: many-faults.csv, line 4\n"
            "  fix:   correct the value, or make the series one of kind 'real'\n"
            "error: the period 2024 stands there twice\n"
            "  where: many-faults.csv, lines 5 and 6\n"
            "  fix:   keep one of the two"
        ),
    ),
    (
        "missing-column.csv",
        "positive",
        (
            "error: the column 'value' is missing\n"
            "  where: missing-column.csv, line 1\n"
            "  fix:   name it in the first line, which reads 'period,note'"
        ),
    ),
    (
        "missing-number.csv",
        "positive",
        (
            "error: a number is missing\n"
            "  where: missing-number.csv, line 3\n"
            "  fix:   fill it in, or leave the line out"
        ),
    ),
    (
        "missing-period.csv",
        "positive",
        (
            "error: a period is missing\n"
            "  where: missing-period.csv, line 3\n"
            "  fix:   write 2024, 2024-H1, 2024-Q3, 2024-06 or 2024-06-15"
        ),
    ),
    (
        "misspelt-column.csv",
        "positive",
        (
            "error: unknown column 'vlaue'\n"
            "  where: misspelt-column.csv, line 1\n"
            "  fix:   rename it to 'value'"
        ),
    ),
    (
        "more-cells-than-columns.csv",
        "positive",
        (
            "error: the line has 3 cells, the header has 2\n"
            "  where: more-cells-than-columns.csv, line 3\n"
            "  fix:   put a value that holds a comma into double quotes, and leave no cell out"
        ),
    ),
    (
        "nan.csv",
        "positive",
        (
            "error: 'nan' is not a finite number\n"
            "  where: nan.csv, line 3\n"
            "  fix:   leave the line out where there is no figure\n"
            "error: 'N/A' is not a finite number\n"
            "  where: nan.csv, line 4\n"
            "  fix:   leave the line out where there is no figure"
        ),
    ),
    (
        "negative-amount.csv",
        "positive",
        (
            "error: a positive series cannot have the negative value -3\n"
            "  where: negative-amount.csv, line 3\n"
            "  fix:   correct the value, or make the series one of kind 'real'"
        ),
    ),
    (
        "no-header.csv",
        "positive",
        (
            "error: the first line holds figures and not the names of the columns\n"
            "  where: no-header.csv, line 1\n"
            "  fix:   write this line above it: period,value"
        ),
    ),
    (
        "not-a-period.csv",
        "positive",
        (
            "error: '2024-13' is not a period\n"
            "  where: not-a-period.csv, line 2\n"
            "  fix:   write 2024, 2024-H1, 2024-Q3, 2024-06 or 2024-06-15"
        ),
    ),
    (
        "nul-bytes.csv",
        "positive",
        (
            "error: the file holds NUL bytes, so it is not a text file\n"
            "  where: nul-bytes.csv, line 3\n"
            "  fix:   export it again as CSV (UTF-8)"
        ),
    ),
    (
        "one-fault-many-times.csv",
        "positive",
        (
            "error: 'x2001' is not a number\n"
            "  where: one-fault-many-times.csv, line 2\n"
            "  fix:   write a plain number, such as 1200 or 0.41\n"
            "error: 'x2002' is not a number\n"
            "  where: one-fault-many-times.csv, line 3\n"
            "  fix:   write a plain number, such as 1200 or 0.41\n"
            "error: 'x2003' is not a number\n"
            "  where: one-fault-many-times.csv, line 4\n"
            "  fix:   write a plain number, such as 1200 or 0.41\n"
            "error: 7 more lines have the same fault: not a number\n"
            "  where: one-fault-many-times.csv"
        ),
    ),
    (
        "only-a-byte-order-mark.csv",
        "positive",
        (
            "error: the file is empty\n"
            "  where: only-a-byte-order-mark.csv\n"
            "  fix:   give it a header line and at least one line of figures"
        ),
    ),
    (
        "other-spelling-of-period.csv",
        "positive",
        (
            "error: 'Q3 2024' is not a period\n"
            "  where: other-spelling-of-period.csv, line 2\n"
            "  fix:   did you mean 2024-Q3?\n"
            "error: '2024Q4' is not a period\n"
            "  where: other-spelling-of-period.csv, line 3\n"
            "  fix:   did you mean 2024-Q4?\n"
            "error: '2025/6' is not a period\n"
            "  where: other-spelling-of-period.csv, line 4\n"
            "  fix:   did you mean 2025-06?"
        ),
    ),
    (
        "overlapping-periods.csv",
        "positive",
        (
            "error: the periods 2024 and 2024-H1 overlap\n"
            "  where: overlapping-periods.csv, lines 2 and 3\n"
            "  fix:   keep the whole or its parts, not both"
        ),
    ),
    (
        "percent-in-amount.csv",
        "positive",
        (
            "error: '41%' is a percentage, not a number\n"
            "  where: percent-in-amount.csv, line 2\n"
            "  fix:   write the number alone"
        ),
    ),
    (
        "percent-in-share.csv",
        "share",
        (
            "error: '40 %' is a percentage, not a number\n"
            "  where: percent-in-share.csv, line 2\n"
            "  fix:   write 0.4\n"
            "error: '41%' is a percentage, not a number\n"
            "  where: percent-in-share.csv, line 3\n"
            "  fix:   write 0.41"
        ),
    ),
    (
        "quote-not-closed.csv",
        "positive",
        (
            "error: a double quote is opened and not closed, or closed inside a value\n"
            "  where: quote-not-closed.csv, line 3\n"
            '  fix:   put the whole value into double quotes, and write a quote inside it as ""'
        ),
    ),
    (
        "repeated-period.csv",
        "positive",
        (
            "error: the period 2023 stands there twice\n"
            "  where: repeated-period.csv, lines 2 and 4\n"
            "  fix:   keep one of the two"
        ),
    ),
    (
        "separated-by-semicolons.csv",
        "positive",
        (
            "error: the columns are separated by semicolons, not by commas\n"
            "  where: separated-by-semicolons.csv, line 1\n"
            "  fix:   separate the columns by commas"
        ),
    ),
    (
        "share-above-one.csv",
        "share",
        (
            "error: a share of 41 is above 1\n"
            "  where: share-above-one.csv, line 3\n"
            "  fix:   did you mean 41%? write 0.41"
        ),
    ),
    (
        "share-below-zero.csv",
        "share",
        (
            "error: a share of -0.3 is below 0\n"
            "  where: share-below-zero.csv, line 2\n"
            "  fix:   write shares as fractions between 0 and 1"
        ),
    ),
    (
        "text-in-number.csv",
        "positive",
        (
            "error: 'about two' is not a number\n"
            "  where: text-in-number.csv, line 3\n"
            "  fix:   write a plain number, such as 1200 or 0.41"
        ),
    ),
    (
        "thousands-separators.csv",
        "positive",
        (
            "error: '1,234,567' has separators between thousands\n"
            "  where: thousands-separators.csv, line 2\n"
            "  fix:   write 1234567"
        ),
    ),
    (
        "two-units.csv",
        "positive",
        (
            "error: the unit 'CNY billion' is not 'USD billion', that of the first\n"
            "  where: two-units.csv, line 3\n"
            "  fix:   keep to one unit in a file"
        ),
    ),
    (
        "underscore-in-number.csv",
        "positive",
        (
            "error: '1_000' has separators between thousands\n"
            "  where: underscore-in-number.csv, line 2\n"
            "  fix:   write 1000"
        ),
    ),
    (
        "unknown-column.csv",
        "positive",
        (
            "error: unknown column 'colour'\n"
            "  where: unknown-column.csv, line 1\n"
            "  fix:   remove it; known are period, value, unit, basis, quality, source, note"
        ),
    ),
    (
        "unknown-quality.csv",
        "positive",
        (
            "error: 'estimated' is not a quality\n"
            "  where: unknown-quality.csv, line 2\n"
            "  fix:   did you mean 'estimate'?"
        ),
    ),
]


@pytest.mark.parametrize(("name", "kind", "message"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_a_broken_file_is_refused_with_a_message_that_mends_it(
    name: str, kind: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA)
    with pytest.raises(InputError) as caught:
        read_bare(name, kind=kind, stdin=io.BytesIO())
    assert str(caught.value) == message


def test_every_broken_file_has_its_message() -> None:
    broken = {path.name for path in DATA.glob("*.csv") if not path.name.startswith("good-")}
    assert broken == {name for name, _, _ in BROKEN}


def test_the_same_bytes_on_the_standard_input_are_refused_by_that_name() -> None:
    payload = io.BytesIO((DATA / "share-above-one.csv").read_bytes())
    with pytest.raises(InputError) as caught:
        read_bare("-", kind="share", stdin=payload)
    assert str(caught.value) == (
        "error: a share of 41 is above 1\n"
        "  where: standard input, line 3\n"
        "  fix:   did you mean 41%? write 0.41"
    )
