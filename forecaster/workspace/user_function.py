"""Import a function that the user has named as `module:function`, and call it.

The module is looked for in the current folder first, then among the installed packages, and
nowhere else: a workspace holds facts and beliefs, and reading them never runs code. What a module
or function of the user's raises is told as a fault of the input, with the line in the user's file.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import traceback
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import InputError
from forecaster.records import frozen
from forecaster.workspace.faults import did_you_mean, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

FORM = "write module:function, such as growth:build for build() in growth.py of this folder"


@frozen
class UserFunction:
    """A function of the user's.

    Attributes
    ----------
    name : as it was named, 'module:function'
    file : where its module lies
    line : where it begins in that file; 0 where that is not known
    """

    name: str
    file: str
    line: int
    _function: Callable[..., Any]

    @property
    def where(self) -> str:
        """The place to name in messages."""
        line = f", line {self.line}" if self.line else ""
        return f"{printable(self.file)}{line}, function {quoted(self.name.partition(':')[2])}"

    def __call__(self, argument: object) -> Any:
        """Call it with one argument; what it prints goes to stderr.

        Raises
        ------
        InputError
            If it raises; its own error is named, with the last line that lies in the user's file.
        """
        with _users_own_faults(self.name, self.file, self.line):
            return self._function(argument)


def split_name(name: str, *, where: str) -> tuple[str, str]:
    """Return module and function of 'module:function'; nothing is imported.

    Raises
    ------
    InputError
        If the name has another form.
    """
    module_name, colon, function_name = name.strip().partition(":")
    is_dotted = all(part.isidentifier() for part in module_name.split("."))
    if not (colon and is_dotted and function_name.isidentifier()):
        raise InputError(problem=f"{quoted(name)} names no function", where=where, fix=FORM)
    return module_name, function_name


@contextmanager
def user_function(name: str, *, where: str) -> Iterator[UserFunction]:
    """Import a function for as long as the context lasts.

    Modules from the current folder are forgotten afterwards, so that the next call sees the files
    as they are then.

    Parameters
    ----------
    name : 'module:function'; the module may lie in a package, 'package.module:function'
    where : where the name was written, for messages

    Raises
    ------
    InputError
        If the name has another form, there is no such module or function (the nearest names are
        offered), it cannot be called, or the module raises when it is imported.
    """
    module_name, function_name = split_name(name, where=where)
    with _folder_first(module_name, where=where):
        module = _import(module_name, where=where)
        file = str(getattr(module, "__file__", None) or module_name)
        function = _find(module, function_name, file)
        code = getattr(function, "__code__", None)
        line = code.co_firstlineno if code is not None else 0
        yield UserFunction(f"{module_name}:{function_name}", file, line, function)


@contextmanager
def _folder_first(module_name: str, *, where: str) -> Iterator[None]:
    """Let imports see the current folder, where it holds the module; undo it all afterwards."""
    folder = str(Path.cwd())
    top = module_name.partition(".")[0]
    importlib.invalidate_caches()  # the file may be younger than the last look at its folder
    if PathFinder.find_spec(top, [folder]) is None:
        yield
        return
    if top in sys.modules or top in sys.stdlib_module_names:
        raise InputError(
            problem=f"the module name {quoted(top)} is taken by another module",
            where=where,
            fix=f"give {quoted(top)} in this folder another name",
        )
    before, writes_no_bytecode = set(sys.modules), sys.dont_write_bytecode
    sys.path.insert(0, folder)
    # a cached file of the same second and size would hide an edit
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes_no_bytecode
        with contextlib.suppress(ValueError):  # the user's module may have changed the path
            sys.path.remove(folder)
        for new in set(sys.modules) - before:
            if _is_of_folder(getattr(sys.modules[new], "__file__", None), folder):
                del sys.modules[new]


def _is_of_folder(file: str | None, folder: str) -> bool:
    """Say whether a module is the user's own, and not of packages installed below the folder.

    A virtual environment often lies in the current folder, and numpy cannot be loaded twice.
    """
    if file is None or not Path(file).is_relative_to(folder):
        return False
    below = [path for path in sys.path if path != folder and Path(path).is_relative_to(folder)]
    return not any(Path(file).is_relative_to(path) for path in below)


def _import(module_name: str, *, where: str) -> ModuleType:
    """Import the module; one that is missing is told apart from one that it misses itself."""
    try:
        with _users_own_faults(module_name, _own_file(module_name), 0):
            return importlib.import_module(module_name)
    except _MissingModule as missing:
        here = sorted(path.stem for path in Path.cwd().glob("*.py"))
        near = did_you_mean(module_name, here)
        folder = printable(str(Path.cwd()))
        raise InputError(
            problem=f"there is no module {quoted(missing.name)} in {folder}, "
            "nor among the installed packages",
            where=where,
            fix=near or "go to the folder of the file, or install its package",
        ) from None


class _MissingModule(Exception):  # noqa: N818  # never leaves this file
    """The module that was asked for does not exist."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def _own_file(module_name: str) -> str:
    """Return the file that a module of the current folder would have, or the module's name."""
    path = Path.cwd().joinpath(*module_name.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return str(file)
    return module_name


def _find(module: ModuleType, name: str, file: str) -> Callable[..., Any]:
    """Return the function of a module."""
    if not hasattr(module, name):
        known = [key for key, value in vars(module).items() if callable(value)]
        raise InputError(
            problem=f"the module {quoted(module.__name__)} has no function {quoted(name)}",
            where=printable(file),
            fix=did_you_mean(name, known) or "name a function that it defines",
        )
    function = getattr(module, name)
    if not callable(function):
        raise InputError(
            problem=f"{quoted(name)} is no function but of type {type(function).__name__}",
            where=printable(file),
            fix="name a function that takes the history and returns a PyMC model",
        )
    return function  # type: ignore[no-any-return]


@contextmanager
def _users_own_faults(name: str, file: str, line: int) -> Iterator[None]:
    """Turn whatever the user's code raises into an error of the input; keep stdout for results.

    Parameters
    ----------
    file, line : where to point when no line of the file was reached
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and ":" not in name and f"{name}.".startswith(f"{missing}."):
            raise _MissingModule(missing) from None
        problem = f"{quoted(name)} raised {type(error).__name__}"
        if said := printable(str(error).replace("\n", " ").strip()):
            problem += f": {said}"
        place = printable(file)
        if found := _line_of(error, file) or line:
            place += f", line {found}"
        raise InputError(problem=problem, where=place, fix="mend the code there") from error


def _line_of(error: BaseException, file: str) -> int:
    """Return the last line of the user's file that led to an error, 0 where none did."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename == file]
    return lines[-1] if lines else 0
