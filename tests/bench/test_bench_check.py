from pathlib import Path

import pytest

from truemask.bench.check import check
from truemask.bench.tables import read_table
from truemask.types import BadInput

TABLES = sorted((Path(__file__).parents[2] / "tables").glob("*.toml"))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_committed_tables_name_what_there_is(path):
    table = read_table(path)
    for one in (table, *map(table.elsewhere, table.at)):
        check(one)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"gce", "gce_flat"', '"gse", "gce_flat"', "no method called 'gse'"),
        ("gce_flat.q", "gce_flat.p", "gce has no knob 'p'"),
        ("value = 1.0", "value = 1.5", "q=1.5"),
        ("epochs = 3", "epoch = 3", "no setting 'epoch'"),
        ("epochs = 3", "epochs = 0", "epochs must be at least 1"),
        ("[only]", '[plan_with.ce]\nlrs = { value = 0.1, why = "a" }\n[only]', "no setting 'lrs'"),
        ("[only]", '[plan_with.ce]\nlr = { value = 0.0, why = "a" }\n[only]', "lr must be above 0"),
        ('gce_flat = "gce"', 'gce = "glc"\ngce_flat = "gce"', "gce asks for verified labels; say how many"),
        (
            "[only]",
            'trusted = { share = 0.1, why = "few" }\n[only]',
            "no method of it asks for verified labels",
        ),
    ],
)
def test_what_is_not_there_is_refused_before_any_training(toml, write_toml, before, after, said):
    check(read_table(write_toml(toml)))
    assert before in toml
    with pytest.raises(BadInput) as caught:
        check(read_table(write_toml(toml.replace(before, after))))
    assert str(caught.value).startswith("table toy: ")
    assert said in str(caught.value)


def test_a_knob_that_is_the_noise_rate_is_known_only_once_labels_are_corrupted(toml, write_toml):
    check(
        read_table(
            write_toml(toml.replace("value = 1.0", 'value = "noise rate"').replace("accuracy_oracle", "ece"))
        )
    )
