import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truemask.noise.draws import Draws, threshold
from truemask.noise.kernels import bits, compiled

UNITS = st.lists(st.integers(0, 2**62), max_size=20)


def splitmix64(stream, units):
    """The same draws in numpy: output `unit` of the published generator, started at `stream`."""
    with np.errstate(over="ignore"):
        z = np.uint64(stream) + (units.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def test_a_stream_is_the_published_generator():
    out = np.empty(3, np.uint64)
    bits(np.uint64(1234567), np.arange(3, dtype=np.uint64), out)
    assert out.tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.integers(0, 2**63 - 1), UNITS, st.text(max_size=5))
def test_compiled_draws_equal_numpy(seed, units, key):
    draws, where = Draws(seed, key, 3), np.array(units, dtype=np.int64)
    expected = splitmix64(draws.stream("a"), where)
    assert draws.bits("a", where).tolist() == expected.tolist()
    assert draws.uniforms("a", where).tolist() == [int(one >> np.uint64(11)) / 2**53 for one in expected]


def test_draws_do_not_depend_on_what_else_is_drawn():
    draws, units = Draws(1, "image"), np.arange(100)
    assert (draws.bits("a", units)[::-1] == draws.bits("a", units[::-1].copy())).all()
    assert draws.bits("a", units[40:41]) == draws.bits("a", units)[40]


@pytest.mark.parametrize(
    "other", [Draws(2, "image"), Draws(1, "images"), Draws(1, "image", 1)], ids=["seed", "key", "step"]
)
def test_every_part_of_the_name_makes_other_draws(other):
    units = np.arange(20_000)
    one, two = Draws(1, "image").uniforms("a", units), other.uniforms("a", units)
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / np.sqrt(len(units))


def test_purposes_have_nothing_to_do_with_each_other():
    units = np.arange(20_000)
    draws = Draws(1, "image")
    assert abs(np.corrcoef(draws.uniforms("a", units), draws.uniforms("b", units))[0, 1]) < 0.03


def test_uniforms_are_uniform():
    drawn = Draws(1, "image").uniforms("a", np.arange(200_000))
    counts = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 50  # chi-squared with 19 degrees: 1 in 7000 is above
    assert 0 <= drawn.min() < drawn.max() < 1


@settings(deadline=None, max_examples=40)  # the first call compiles
@given(st.integers(1, 50), st.data())
def test_chosen_are_as_many_as_asked_for(size, data):
    count = data.draw(st.integers(0, size))
    chosen = Draws(1, "image").chosen("a", np.arange(size), count)
    assert chosen.sum() == count


def test_every_unit_is_chosen_equally_often():
    times = sum(Draws(seed, "image").chosen("a", np.arange(10), 3).astype(int) for seed in range(2000))
    assert abs(times - 600).max() < 4 * np.sqrt(2000 * 0.3 * 0.7)


def test_thresholds_are_shares_of_the_high_half():
    assert [threshold(rate) for rate in (0.0, 0.25, 1.0)] == [0, 2**30, 2**32]


def test_a_loop_without_a_file_of_its_own_compiles_without_a_cache():
    made = {}
    exec("def loop(values):\n    values[0] = 3", made)
    values = np.zeros(1)
    compiled(made["loop"])(values)
    assert values[0] == 3
