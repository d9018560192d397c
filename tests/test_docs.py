"""The docs say what the code does: pages match the tables, links lead somewhere, commands and code work."""

import re
import shlex
import sys
import tomllib
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from truemask.audit import SCHEMA
from truemask.bench.tables import read_table
from truemask.cli import app
from truemask.fixing import parse_rule
from truemask.methods import METHODS, make_method
from truemask.networks import NETWORKS
from truemask.noise import parse
from truemask.training import Plan
from truemask.types import Task

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from docs import generate  # noqa: E402  # the repository's own folder, which no package installs

PAGES = sorted((ROOT / "docs").rglob("*.md"))
ALL = [*PAGES, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    return [body for language, body in BLOCK.findall(page.read_text()) if language in languages]


def prose(page: Path) -> str:
    """The page without its code."""
    return re.sub(r"`[^`\n]*`", "", BLOCK.sub("", page.read_text()))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# Pages made from tables


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_page_of_the_reference_is_what_the_tables_say(name):
    written = (generate.REFERENCE / name).read_text()
    assert written == generate.PAGES[name](), "write the pages anew: make docs"


def test_the_reference_has_no_other_page():
    assert {page.name for page in generate.REFERENCE.iterdir()} == set(generate.PAGES)


def test_the_matrix_ticks_the_tasks_that_each_method_is_tested_on():
    matrix = re.findall(r"^\| \[`(\w+)`\]\(#\w+\) \| (.) \| (.) \| (.) \|", generate.methods(), re.MULTILINE)
    ticked = {
        name: {task for task, tick in zip(Task, ticks, strict=True) if tick == "✓"} for name, *ticks in matrix
    }
    assert ticked == {name: set(method.tasks) for name, method in METHODS.items()}


def test_the_how_to_of_audits_names_every_column_of_findings():
    told = (ROOT / "docs/how-to/audit-your-labels.md").read_text()
    assert [name for name in SCHEMA.names if f"`{name}`" not in told] == []


def test_contributing_is_short():
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 45


# Links


def anchors(page: Path) -> set[str]:
    """What headings are called in links: lower case, punctuation left out, spaces as dashes."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_relative_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(there), target


# Commands


def commands(text: str) -> Iterator[list[str]]:
    """The words of every truemask command in shell code, without what is set or run before it."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        while words:
            end = next((at for at, word in enumerate(words) if word in {"&", "&&", ";", "|"}), len(words))
            one, words = words[:end], words[end + 1 :]
            if "truemask" in one:
                yield one[one.index("truemask") + 1 :]


def command_of(words: list[str]) -> tuple[str, Any, list[str]]:
    """Name of the command that the words begin with, the command, and the words after its name."""
    command, name = typer.main.get_command(app), ""
    while hasattr(command, "commands") and words:
        first, *words = words
        assert first in command.commands, f"no command called {first!r}"
        name, command = f"{name} {first}".strip(), command.commands[first]
    return name, command, words


def check_command(words: list[str]) -> None:
    """Have the real command line read the words, without running anything, and look up what they name."""
    name, command, rest = command_of(words)
    with command.make_context(name, rest) as context:
        values = context.params
    if name in {"train", "audit"}:
        make_method(values["method"], pairs(values["knobs"]))
        Plan().changed(pairs(values["settings"]))
        assert values["network"].split(":")[0] in {"auto", *NETWORKS}
    if name == "corrupt":
        parse(values["spec"])
    if name == "fix":
        assert all(map(parse_rule, values["accept"] or []))
    if name.startswith("bench"):
        assert (ROOT / "tables" / f"{values['table']}.toml").is_file()


def pairs(texts: list[str] | None) -> dict[str, str]:
    return dict(text.split("=", maxsplit=1) for text in texts or [])  # type: ignore[misc]


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_command_in_a_block_is_one_that_there_is(page):
    for text in blocks(page, "sh", "bash", "console"):
        for words in commands(text):
            check_command(words)


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_every_command_in_a_sentence_has_a_name_and_options_that_there_are(page):
    for inline in re.findall(r"`(?:uv run )?truemask ([^`\n]*)`", page.read_text()):
        _, command, rest = command_of(inline.split())
        options = {option for given in command.params for option in given.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} <= options, inline


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("truemask train noisy --methd sce", "No such option"),
        ("truemask trian noisy", "no command called 'trian'"),
        ("truemask bench walk organelles-flip", "no command called 'walk'"),
        ("truemask train noisy --method sce --with gama=1", "sce has no knob 'gama'"),
        ("truemask train noisy --set epoch=3", "a plan has no setting 'epoch'"),
        ("truemask corrupt a b:0.1 c", "no noise called 'b'"),
        ("truemask evaluate runs/a", "Missing parameter"),
    ],
)
def test_a_command_that_there_is_not_is_noticed(line, said):
    (words,) = commands(line)
    with pytest.raises(Exception, match=said):
        check_command(words)


def test_commands_are_found_behind_settings_and_beside_each_other():
    found = list(commands("OMP_NUM_THREADS=1 uv run truemask methods & truemask networks & wait  # both"))
    assert found == [["methods"], ["networks"]]


# Code

CODED = [page for page in PAGES if blocks(page, "python")]
OUTPUT = re.compile(r"^```python\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


@pytest.fixture
def in_a_module() -> Iterator[Callable[[str], dict[str, Any]]]:
    """Runs code as a module of its own: dataclasses and type hints look theirs up by name."""
    module = types.ModuleType("code_of_a_page")
    sys.modules[module.__name__] = module
    methods = dict(METHODS)

    def run(code: str) -> dict[str, Any]:
        exec(compile(code, "code of a page", "exec"), module.__dict__)
        return module.__dict__

    yield run
    del sys.modules[module.__name__]
    METHODS.clear()  # type: ignore[attr-defined]
    METHODS.update(methods)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", CODED, ids=name_of)
def test_the_code_of_a_page_runs_and_prints_what_stands_below_it(
    page, in_a_module, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    for code, expected in OUTPUT.findall(page.read_text()):
        found = in_a_module(code)
        printed = capsys.readouterr().out
        assert printed == expected, code
    for name, test in found.items():
        if name.startswith("test_"):
            test()


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "toml")], ids=name_of)
def test_the_tables_of_a_page_can_be_read(page, tmp_path):
    for text in blocks(page, "toml"):
        path = tmp_path / "table.toml"
        path.write_text(text)
        table = read_table(path)
        assert all(table.alias.get(row, row) in METHODS for row in table.methods)
        assert tomllib.loads(text)["seeds"] == table.seeds
