import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truemask.noise import EVERY_NOISE, check, parse
from truemask.types import BadInput, Problem, Task

THERE_IS = ", ".join((*sorted(EVERY_NOISE), "none"))
FOR_IMAGES = ", ".join(name for name, row in sorted(EVERY_NOISE.items()) if Task.CLASSIFICATION in row.tasks)
FLIP_HAS = "rate, background, rates, exact"
RATES = st.floats(0, 1, width=32)
STEPS = st.one_of(
    st.builds("flip:{}".format, RATES),
    st.builds("flip:{},background={},exact=true".format, RATES, RATES),
    st.builds("flip:{},rates=cat:{};dog:{}".format, RATES, RATES, RATES),
    st.builds("sample:{},as=background".format, RATES),
    st.builds("sample:{},keeps=cat:{},exact=true".format, RATES, RATES),
    st.just("random"),
    st.builds("random:{}".format, RATES),
    st.builds("dilate:{}".format, st.integers(0, 9)),
    st.just("skeleton"),
    st.builds("asymmetric:{},map=voc".format, RATES),
    st.builds("asymmetric:{},map=cat>dog;1>2".format, RATES),
    st.builds("superclass:{},groups=coco,to=swap".format, RATES),
    st.builds("superclass:{},groups=dog/cat;blocks/3".format, RATES),
    st.builds("permutation:{},map=reed".format, RATES),
    st.builds("confident:{},sparsity={}".format, RATES, RATES),
    st.just("matrix:0.25/0.75;0.75/0.25"),
)
SPECS = st.lists(STEPS, max_size=3).map(lambda steps: "+".join(steps) or "none")


@settings(deadline=None)  # machines under load are slow now and then
@given(SPECS)
def test_the_canonical_text_reads_as_the_same_spec(text):
    spec = parse(text)
    assert parse(str(spec)) == spec
    assert str(parse(str(spec))) == str(spec)


@settings(deadline=None)  # machines under load are slow now and then
@given(st.lists(SPECS, min_size=2, max_size=8))
def test_different_specs_have_different_slugs_that_any_file_system_takes(texts):
    specs = {parse(text) for text in texts}
    slugs = {spec.slug.lower() for spec in specs}
    assert len(slugs) == len(specs)
    assert all(set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789_.-") for slug in slugs)
    assert all(len(slug) <= 100 for slug in slugs)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" miss:0.30 + symmetric:.2 ", "miss:0.3+symmetric:0.2"),
        ("flip:1", "flip:1"),
        ("flip:1e-1", "flip:0.1"),
        ("flip,rate=0.4", "flip:0.4"),
        ("flip:rate=0.4", "flip:0.4"),
        ("flip:0.4,exact=false", "flip:0.4"),
        ("flip:0.4,exact=true,background=.1", "flip:0.4,background=0.1,exact=true"),
        ("sample:0.3,as=ignore", "sample:0.3"),
        ("asymmetric,map=dog>cat;cat > dog,rate=.4", "asymmetric:0.4,map=cat>dog;dog>cat"),
        ("none", "none"),
        ("clean", "none"),
        ("none+flip:0.1", "flip:0.1"),
    ],
)
def test_specs_that_mean_the_same_have_one_text(text, canonical):
    assert str(parse(text)) == canonical


def test_slugs_of_plain_specs_read_like_the_spec():
    assert parse("miss:0.3+symmetric:0.2").slug == "miss-0.3--symmetric-0.2"
    assert parse("none").slug == "none"
    assert parse("asymmetric:0.4,map=1>2").slug == "asymmetric-0.4-map-1_2-0dfd14fd"


def test_knobs_are_typed_and_complete():
    (step,) = parse("flip:1,exact=true").steps
    assert step.knobs() == {"rate": 1.0, "background": None, "rates": None, "exact": True}
    assert type(step.knobs()["rate"]) is float
    (step,) = parse("sample:0.5,as=background").steps
    assert step.knobs() == {"keep": 0.5, "keeps": None, "as_": "background", "exact": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "symetric:0.2",
            f"no noise called 'symetric'; there is: {THERE_IS}; did you mean symmetric?",
        ),
        ("qqq", f"no noise called 'qqq'; there is: {THERE_IS}"),
        ("", "a noise spec names noises joined by +, such as miss:0.3+symmetric:0.2; no noise is none"),
        (
            "flip:0.2+",
            "a noise spec names noises joined by +, such as miss:0.3+symmetric:0.2; no noise is none",
        ),
        ("flip:40", "flip: rate is a share from 0 to 1; got 40; for 40 % write 0.4"),
        ("flip:-0.1", "flip: rate is a share from 0 to 1; got -0.1"),
        ("flip:nan", "flip: rate is a share from 0 to 1; got nan"),
        ("flip:much", "flip: rate is a share from 0 to 1; got 'much'"),
        ("dilate:1.5", "dilate: radius_px is whole pixels from 0 to 255; got '1.5'"),
        ("flip", "flip needs rate, such as flip:0.4"),
        ("asymmetric:0.4", "asymmetric needs map, such as asymmetric:0.4,map=1>2;2>1"),
        (
            "flip:0.4,bakground=0",
            f"flip has no knob 'bakground'; it has: {FLIP_HAS}; did you mean background?",
        ),
        ("skeleton:3", "skeleton has no knob '3'; it has none"),
        (
            "flip:0.4,exact",
            f"flip has no knob 'exact'; it has: {FLIP_HAS}; did you mean exact?",
        ),
        ("flip:0.4,rate=0.3", "flip is told its rate twice"),
        ("flip:0.4,exact=yes", "flip: exact is true or false; got 'yes'"),
        ("sample:0.4,as=bg", "sample: as is one of ignore, background; got 'bg'"),
        (
            "asymmetric:0.4,map=vok",
            "asymmetric: no class map called 'vok'; there is: cifar10, cityscapes, dmi, mnist, reed, "
            "scenes, voc; or pairs such as map=cat>dog;dog>cat",
        ),
        (
            "asymmetric:0.4,map=a>b>c",
            "asymmetric: 'a>b>c' in the class map 'a>b>c' is no pair such as cat>dog",
        ),
        ("asymmetric:0.4,map=a>b;a>b", "asymmetric: the class map 'a>b;a>b' says a pair twice"),
        ("flip:0.4,rates=cat", "flip: 'cat' in the class rates 'cat' is no pair such as cat:0.2"),
        (
            "flip:0.4,rates=cat:3",
            "flip: 'cat:3' in the class rates 'cat:3' is no class and rate from 0 to 1, such as cat:0.2",
        ),
        ("flip:0.4,rates=cat:0;cat:1", "flip: the class rates 'cat:0;cat:1' name a class twice"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text, message):
    with pytest.raises(BadInput) as error:
        parse(text)
    assert str(error.value) == message


STREET = Problem(Task.SEMANTIC, ("car", "bus"))
OBJECTS = Problem(Task.INSTANCE, ("background", "car"), background=0)
DIGITS = Problem(Task.CLASSIFICATION, ("0", "1", "2"))


@pytest.mark.parametrize(
    ("text", "problem", "message"),
    [
        (
            "flip:0.4",
            DIGITS,
            f"flip does not apply to classification labels, only to semantic ones; there is: {FOR_IMAGES}",
        ),
        (
            "dilate:2",
            DIGITS,
            "dilate does not apply to classification labels, only to instance and semantic ones; "
            f"there is: {FOR_IMAGES}",
        ),
        ("miss:0.3", STREET, "miss needs a background class; among car, bus there is none"),
        ("skeleton", STREET, "skeleton needs a background class; among car, bus there is none"),
        (
            "random:0.3",
            STREET,
            "random with a share of foreground needs a background class; among car, bus there is none",
        ),
        (
            "sample:0.3,as=background",
            STREET,
            "sample,as=background needs a background class; among car, bus there is none",
        ),
        (
            "flip:0.3,background=0.1",
            STREET,
            "flip with a rate of its own for the background needs a background class; "
            "among car, bus there is none",
        ),
        ("flip:0.3,rates=van:0.1", STREET, "the rates van:0.1: no class called 'van'; there is: car, bus"),
        (
            "asymmetric:0.3,map=car>van",
            STREET,
            "the class map car>van: no class called 'van'; there is: car, bus",
        ),
        ("asymmetric:0.3,map=2>0", STREET, "the class map 2>0: no class called '2'; there is: car, bus"),
        (
            "asymmetric:0.3,map=car>0",
            STREET,
            "the class map car>0 sends 'car' to itself; leave such a pair out",
        ),
        (
            "symmetric:0.3",
            OBJECTS,
            "symmetric noise needs two classes to change between; this problem has one",
        ),
        (
            "asymmetric:0.3,map=car>0",
            OBJECTS,
            "the class map car>0 names the background, which is no object's class; "
            "use miss to leave objects out",
        ),
    ],
)
def test_a_noise_that_does_not_fit_the_problem_is_told_before_any_label_is_seen(text, problem, message):
    with pytest.raises(BadInput) as error:
        check(parse(text), problem)
    assert str(error.value) == message


@pytest.mark.parametrize("problem", [STREET, OBJECTS, DIGITS], ids=["pixels", "objects", "classes"])
def test_no_noise_fits_every_problem(problem):
    check(parse("none"), problem)
