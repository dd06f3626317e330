"""Functions named by the user: where they are looked for, and what is told when they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forecaster.errors import InputError
from forecaster.workspace.user_function import user_function


def _write(name: str, text: str) -> str:
    path = Path.cwd() / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def _call(name: str, argument: object = None) -> object:
    with user_function(name, where="--model") as function:
        return function(argument)


def test_a_module_of_the_current_folder_is_found_and_forgotten(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    _write("growth_a.py", "import growth_b\ndef f(x): return growth_b.K * x")
    _write("growth_b.py", "K = 3")
    path = list(sys.path)
    assert _call("growth_a:f", 2) == 6
    assert {"growth_a", "growth_b"}.isdisjoint(sys.modules)
    assert sys.path == path
    assert not sys.dont_write_bytecode
    # a cached file would hide the edit, which keeps size and second
    assert not Path("__pycache__").exists()
    _write("growth_b.py", "K = 5")
    assert _call("growth_a:f", 2) == 10


def test_a_module_in_a_package_of_the_current_folder_is_found():
    _write("models_c/__init__.py", "")
    _write("models_c/curve.py", "def f(x): return x + 1")
    assert _call("models_c.curve:f", 2) == 3


def test_an_installed_module_is_found():
    with user_function("math:sqrt", where="--model") as function:
        assert function(9) == 3
        assert function.line == 0


def test_what_the_function_prints_goes_to_stderr(capsys):
    _write("talks_d.py", "print('loading')\ndef f(x): print('calling')")
    _call("talks_d:f")
    assert capsys.readouterr() == ("", "loading\ncalling\n")


@pytest.mark.parametrize(
    "name", ["growth", "growth:", ":f", "a/b:f", "a..b:f", "a:f()", "", "a:b:c"]
)
def test_names_of_another_form_are_refused(name: str):
    with pytest.raises(InputError, match="names no function") as caught:
        _call(name)
    assert "module:function" in caught.value.faults[0].fix


def test_a_missing_module_offers_the_files_of_the_folder():
    _write("gompertz_e.py", "")
    with pytest.raises(InputError, match="there is no module 'gompertz_f'") as caught:
        _call("gompertz_f:f")
    assert caught.value.faults[0].where == "--model"
    assert caught.value.faults[0].fix == "did you mean 'gompertz_e'?"


def test_a_module_that_misses_another_one_is_at_fault_itself():
    path = _write("needs_g.py", "import numpy\nimport no_such_module_g\n")
    with pytest.raises(InputError, match="raised ModuleNotFoundError: No module named") as caught:
        _call("needs_g:f")
    assert caught.value.faults[0].where == f"{path}, line 2"


def test_a_missing_function_offers_the_nearest():
    _write("growth_h.py", "def build(x): pass")
    with pytest.raises(InputError, match="has no function 'bild'") as caught:
        _call("growth_h:bild")
    assert caught.value.faults[0].fix == "did you mean 'build'?"


def test_a_value_that_cannot_be_called_is_refused():
    _write("growth_i.py", "build = 3")
    with pytest.raises(InputError, match="'build' is no function but of type int"):
        _call("growth_i:build")


@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        (
            "def f(x):\n    y = x\n    return 1 / 0\n",
            "raised ZeroDivisionError: division by zero",
            3,
        ),
        ("import sys\ndef f(x): sys.exit(3)\n", "raised SystemExit: 3", 2),
        ("def f(x):\n    return g(x)\ndef g(x):\n    raise KeyError('k')\n", "KeyError: 'k'", 4),
        ("def f(x):\n    return int('x')\n", "ValueError: invalid literal", 2),
        ("x = 1\ny = undefined\n", "raised NameError: name 'undefined' is not defined", 2),
        ("def f(x)\n    return\n", "raised SyntaxError", 1),
        ("\n\ndef f(): pass\n", "raised TypeError: f() takes 0 positional arguments", 3),
    ],
)
def test_what_the_code_raises_is_told_with_its_line(text: str, problem: str, line: int):
    path = _write("faulty_j.py", text)
    with pytest.raises(InputError) as caught:
        _call("faulty_j:f")
    fault = caught.value.faults[0]
    assert problem in fault.problem
    assert fault.where == f"{path}, line {line}"


def test_a_file_may_not_stand_in_the_way_of_another_module():
    _write("statistics.py", "def f(x): pass")
    with pytest.raises(InputError, match="the module name 'statistics' is taken"):
        _call("statistics:f")


def test_control_bytes_of_an_error_are_written_out():
    _write("escapes_k.py", "def f(x): raise ValueError('\\x1b[2J')")
    with pytest.raises(InputError) as caught:
        _call("escapes_k:f")
    assert "\x1b" not in str(caught.value)


def test_packages_installed_below_the_current_folder_stay_loaded(tmp_path, monkeypatch):
    # a virtual environment in the folder, whose packages the user's module imports
    site = tmp_path / ".venv" / "site-packages"
    site.mkdir(parents=True)
    (site / "installed_below.py").write_text("LOADED = []\n")
    (tmp_path / "mine_above.py").write_text("import installed_below\ndef build(x): return x\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(site))
    with user_function("mine_above:build", where="--model"):
        pass
    assert "installed_below" in sys.modules
    assert "mine_above" not in sys.modules
    del sys.modules["installed_below"]
