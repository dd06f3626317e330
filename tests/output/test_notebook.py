from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

from output_samples import capex_forecast, hostile_forecast, share_forecast, share_reach

from forecaster.output.notebook import forecast_html, reach_html


def test_page_is_well_formed_and_says_the_sentence():
    page = forecast_html(share_forecast())
    root = ET.fromstring(page)
    text = " ".join(root.itertext())
    assert "is expected to be 67% in 2030 (80% band 37% to 88%)." in text
    assert root.find(".//{http://www.w3.org/2000/svg}polygon") is not None
    assert len(root.findall(".//tr")) == 6


def test_page_needs_nothing_from_outside():
    for page in (forecast_html(capex_forecast()), reach_html(share_reach())):
        without_name = page.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|<script|<link|@import|url\(|\bsrc=|\bhref=", without_name)


def test_hostile_words_are_escaped():
    page = forecast_html(hostile_forecast())
    ET.fromstring(page)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_answer_about_a_level_has_its_line_and_both_tables():
    page = reach_html(share_reach())
    assert "level 40%" in page
    assert page.count("<table>") == 2
    assert page.index("Already passed") < page.index("<table>")


def test_chinese_title_is_used_when_asked_for():
    assert "国产芯片" in forecast_html(share_forecast(), language="zh")
    assert "国产芯片" not in forecast_html(share_forecast())


def test_same_forecast_gives_the_same_page():
    assert forecast_html(share_forecast()) == forecast_html(
        replace(share_forecast(), from_cache=True)
    )
