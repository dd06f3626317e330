from __future__ import annotations

import pytest

from forecaster.errors import InputError
from forecaster.workspace.tables import decode, read_table


def read(payload: bytes) -> list[tuple[int, dict[str, str]]]:
    """Read a table with one required and one optional column."""
    return read_table(payload, name="t.csv", required=("a",), optional=("b",))


def test_lines_keep_their_numbers_after_quoted_newlines_and_blank_lines() -> None:
    payload = b'a,b\n1,"two\nlines"\n\n,\n2,x\r\n3,y'
    assert [(line, cells["a"]) for line, cells in read(payload)] == [(2, "1"), (6, "2"), (7, "3")]


def test_an_optional_column_that_is_absent_reads_as_blank() -> None:
    assert read(b"a\n1\n") == [(2, {"a": "1", "b": ""})]


def test_cells_and_names_lose_the_blanks_around_them() -> None:
    assert read(b" a , b\n 1 ,\tx \n") == [(2, {"a": "1", "b": "x"})]


def test_a_header_alone_gives_no_lines() -> None:
    assert read(b"a,b\n") == []


def test_all_faults_of_a_header_are_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_table(b"peirod,x,x\n1,2,3\n", name="t.csv", required=("period", "value"), optional=())
    assert str(caught.value) == (
        "error: unknown column 'peirod'\n"
        "  where: t.csv, line 1\n"
        "  fix:   rename it to 'period'\n"
        "error: unknown column 'x'\n"
        "  where: t.csv, line 1\n"
        "  fix:   remove it; known are period, value\n"
        "error: the column 'value' is missing\n"
        "  where: t.csv, line 1\n"
        "  fix:   name it in the first line, which reads 'peirod,x,x'"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_named(encoding: str) -> None:
    with pytest.raises(InputError, match=r"the file is in UTF-(16|32)"):
        decode("period,value,note\n2024,1,中国\n".encode(encoding), name="t.csv")


def test_chinese_text_in_gb18030_is_named_and_in_utf_8_is_read() -> None:
    text = "period,value,note\n2024,1,国产芯片\n"
    assert decode(text.encode(), name="t.csv") == text
    with pytest.raises(InputError, match=r"in GBK \(GB18030\), not in UTF-8"):
        decode(text.encode("gb18030"), name="t.csv")


def test_western_accents_are_not_taken_for_chinese() -> None:
    with pytest.raises(InputError, match="the byte 0xE9 is not UTF-8"):
        decode("a,b\n1,café noir\n2,éa\n".encode("latin-1"), name="t.csv")


def test_control_bytes_of_a_file_name_and_a_header_are_escaped() -> None:
    with pytest.raises(InputError) as caught:
        read_table(b"a,\x1b[31m\n1,2\n", name="\x1bt.csv", required=("a",), optional=())
    assert "\x1b" not in str(caught.value)
    assert r"unknown column '\x1b[31m'" in str(caught.value)
