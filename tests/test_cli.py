"""The command line as a whole: what it offers, and who gets to see which error."""

import pytest

from truemask import cli
from truemask.bench.sources import Source
from truemask.cli.options import pairs
from truemask.methods import METHODS
from truemask.networks import NETWORKS
from truemask.noise import EVERY_NOISE
from truemask.types import BadInput

COMMANDS = ("demo", "data", "corrupt", "train", "predict", "evaluate", "audit", "fix", "bench")


@pytest.fixture
def answer(monkeypatch, capsys):
    """Runs a command; gives its exit code, and what it printed on the two streams."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["truemask", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_help_names_the_way_of_the_data_in_order(answer):
    code, out, _ = answer("--help")
    assert code == 0
    rows = [line.split()[1] for line in out.splitlines() if line.startswith("│ ")]
    assert [name for name in COMMANDS if name in rows] == list(COMMANDS)


@pytest.mark.parametrize("command", [*COMMANDS, "methods", "networks", "noises"])
def test_every_command_explains_itself(answer, command):
    code, out, err = answer(command, "--help")
    assert (code, err) == (0, "")
    assert f"truemask {command}" in out


@pytest.mark.parametrize(
    ("command", "table"), [("methods", METHODS), ("networks", NETWORKS), ("noises", EVERY_NOISE)]
)
def test_every_row_of_a_table_is_listed(answer, command, table):
    code, out, _ = answer(command)
    assert code == 0
    for name in table:
        assert f"│ {name} " in out or f"│ {name}:" in out


def test_a_method_shows_its_knobs_with_defaults(answer):
    code, out, _ = answer("methods", "elr")
    rows = [
        [cell.strip() for cell in line.split("│")[1:3]] for line in out.splitlines() if line.startswith("│")
    ]
    assert code == 0
    assert [row for row in rows if row[0]] == [["weight", "3.0"], ["momentum", "0.7"], ["stride", "1"]]


def test_what_a_user_got_wrong_is_one_line_and_code_2(answer):
    code, out, err = answer("methods", "elrr")
    assert (code, out) == (2, "")
    assert err.startswith("truemask: no method called 'elrr'; there is: ")
    assert err.count("\n") == 1


def test_an_error_of_ours_is_not_taken_for_the_users(monkeypatch):
    def broken():
        raise ValueError("a mistake in the code")

    monkeypatch.setattr("truemask.commands.showing.print_data_list", broken)
    monkeypatch.setattr("sys.argv", ["truemask", "data", "list"])
    with pytest.raises(ValueError, match="a mistake in the code"):
        cli.main()


def test_pairs_are_read_up_to_the_first_equals_sign():
    assert pairs("--set", ["lr=0.1", " batch-size = 4 ", "note=a=b"]) == {
        "lr": "0.1",
        "batch_size": "4",
        "note": "a=b",
    }
    for text in ("lr", "=3"):
        with pytest.raises(BadInput, match="--set takes name=value"):
            pairs("--set", [text])


def test_options_that_were_left_out_leave_the_plan_alone(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        "truemask.commands.runs.train_verb",
        lambda source, method, knobs, settings, out, **others: seen.update(
            source=source, plan=settings, out=out
        ),
    )
    monkeypatch.setattr("sys.argv", ["truemask", "train", "digits", "--set", "lr=1", "--epochs", "2"])
    with pytest.raises(SystemExit):
        cli.main()
    assert seen == {
        "source": Source("digits"),
        "plan": {"network": "auto", "epochs": 2, "lr": "1", "seed": 0},
        "out": None,
    }
