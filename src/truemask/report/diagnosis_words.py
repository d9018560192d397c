"""An audit's diagnosis in plain words, each statement with the figures it rests on."""

import math
from collections.abc import Iterator, Mapping, Sequence

from truemask.audit.diagnosis import GOOD, WEAK, Diagnosis, Nature, Place
from truemask.bench.precedents import BASELINE, Precedent
from truemask.report.blocks import Statement

_SURE = 0.01
_LONGEST = 32
_MOST_TABLES = 3
_MOST_PLACES = 3
_MANY_TIMES = 100
"""Beyond, next to nothing is flagged elsewhere, and the figure means no more than that."""
_REVIEWS = (0.5, 0.8)

KIND_WORDS: Mapping[str, str] = {
    "swapped": "swapped classes",
    "missing": "missing labels",
    "spurious": "labels where nothing is",
    "merged": "objects merged into one",
    "split": "objects split into several",
    "shifted": "shifted outlines",
    "boundary_over": "outlines too wide",
    "boundary_under": "outlines too narrow",
    "hole": "holes",
    "duplicate": "duplicates",
    "unusable": "unusable images",
}


def statements(diagnosis: Diagnosis, known: Sequence[Precedent] | None, *, unit: str) -> list[Statement]:
    """How good the evidence is, what kind of noise, how much, where, its cost, methods, what to review first.

    Args:
        diagnosis: the numbers.
        known: tables about such noise; None where there are no tables to read.
        unit: what bears one label, in the plural.
    """
    said = [*_evidence(diagnosis, unit), _kinds(diagnosis.nature), *_how(diagnosis.nature)]
    said.append(_rate(diagnosis, unit))
    said += [_where(of, found, unit) for of, found in diagnosis.places.items() if found]
    rate = diagnosis.rate[0]
    said += _from_tables(known, rate)
    return [*said, *_review(diagnosis)]


def _evidence(diagnosis: Diagnosis, unit: str) -> Iterator[Statement]:
    found = diagnosis.agreement
    if found is None or math.isnan(found.value):
        return
    if found.same is None:
        how = "well" if found.value >= GOOD else "fairly" if found.value >= WEAK else "weakly"
        words = f"Predictions agree {how} with the given labels"
        rests = f"Cohen's kappa of {found.labels:,} {unit}: {found.value:.2f}; 1 is all, 0 what chance does"
    else:
        words = f"Predictions are at the place of {found.value:.0%} of the given objects"
        rests = f"{found.labels:,} {unit}; of their class, too: {found.same:.0%}"
    if found.value < WEAK:
        see = "" if diagnosis.calibration else ", and see --calibrate"
        words += f": much of what they object to may be their own mistake. Train longer or larger{see}"
    yield Statement("Evidence", f"{words}.", rests)


def _kinds(nature: Nature) -> Statement:
    if not nature.kinds:
        return Statement("Kind", "Nothing that is probably wrong was found.", f"{nature.on:,} findings")
    shares = [f"{KIND_WORDS[kind]} {share:.0%}" for kind, share in nature.kinds.items() if share >= 0.01]
    return Statement(
        "Kind",
        f"Of what looks wrong: {', '.join(shares)}.",
        f"{nature.on:,} findings, counted by their probability where it is known",
    )


def _how(nature: Nature) -> Iterator[Statement]:
    if not math.isnan(nature.spread):
        by_rule = nature.by_rule < _SURE
        words = (
            "Wrong labels follow a rule: each class is taken for some others far more than for the rest"
            if by_rule
            else "Which class a wrong label names looks like chance"
        )
        rests = (
            f"evenness {nature.spread:.2f} over the other classes, 1 is any alike, 0 always the same; by "
            f"chance in {_chance(nature.by_rule)}"
        )
        yield Statement("By rule or chance", f"{words}.", rests)
    if not math.isnan(nature.worst_tenth):
        piled = nature.by_image < _SURE
        words = "Errors pile up in some images" if piled else "Errors are spread over the images"
        yield Statement(
            "By image",
            f"{words}: the worst tenth of them has {nature.worst_tenth:.0%} of what is flagged.",
            f"by chance it would have {nature.expected_tenth:.0%}; so much in {_chance(nature.by_image)}",
        )


def _chance(p: float) -> str:
    return f"{p:.0%} of draws" if p >= _SURE else "fewer than 1% of draws"


def _rate(diagnosis: Diagnosis, unit: str) -> Statement:
    rate, low, high = diagnosis.rate
    if math.isnan(rate):
        return Statement("Amount", "How much is wrong cannot be told.", diagnosis.rests_on)
    return Statement(
        "Amount",
        f"About {rate:.1%} of the {unit} have a wrong label ({low:.1%} to {high:.1%}).",
        f"{diagnosis.rests_on}; 90 % interval",
    )


def _where(of: str, found: Sequence[Place], unit: str) -> Statement:
    worst = [place for place in found if place.stands_out][:_MOST_PLACES]
    rests = f"{len(found)} groups by {of}; 90 % intervals for all groups of all kinds at once, over images"
    if not worst:
        return Statement(f"Where: {of}", f"No {of} stands out.", rests)
    texts = [f"{place.name}: {place.share:.1%} of its {unit} flagged, {_times(place)}" for place in worst]
    return Statement(f"Where: {of}", f"{'; '.join(texts)}.", rests)


def _times(place: Place) -> str:
    if place.times > _MANY_TIMES:
        return f"more than {_MANY_TIMES} times as many as elsewhere"
    return f"{place.times:.1f} times as many as elsewhere ({place.low:.1f} to {place.high:.1f})"


def _from_tables(known: Sequence[Precedent] | None, rate: float) -> Iterator[Statement]:
    if math.isnan(rate):
        return
    if not known:
        why = "no tables of results here" if known is None else "no table about this task and such errors"
        yield Statement("Cost", "What it costs is not known.", why)
        yield Statement("Method", "Which method to train with is not known.", why)
        return
    # Tables with more seeds first: a single run says little.
    order = sorted(known, key=lambda one: -min(len(level.scores) for level in one.rows[BASELINE]))
    yield from (_cost(one, rate) for one in order[:_MOST_TABLES])
    compared = [one for one in order if len(one.rows) > 1][:_MOST_TABLES]
    if not compared:
        yield Statement("Method", "Which method to train with is not known.", "no table compares methods")
    yield from (_method(one, rate) for one in compared)


def _cost(one: Precedent, rate: float) -> Statement:
    levels, loss = one.rows[BASELINE], one.loss_at(rate)
    seeds = min(len(level.scores) for level in levels)
    rests = f"table {one.table}: {short(one.dataset)}, {BASELINE}, {_seeds(seeds)}"
    if loss is None:
        last = levels[-1]
        lost = abs(levels[0].mean - last.mean)
        return Statement(
            "Cost",
            f"More than was tried: at {last.rate:.0%} cross entropy lost {lost:.3f} of {one.metric}.",
            rests,
        )
    near = min(levels[1:], key=lambda level: abs(level.rate - rate))
    return Statement(
        "Cost",
        f"About {max(0.0, loss):.3f} of {one.metric}, if it is as there: cross entropy fell from "
        f"{levels[0].mean:.3f} to {near.mean:.3f} at {near.rate:.0%} ({short(near.noise)}).",
        rests,
    )


def _method(one: Precedent, rate: float) -> Statement:
    row, best, base = one.best_near(rate)
    rests = f"table {one.table}: {short(one.dataset)}, {short(base.noise)} ({base.rate:.0%}), "
    rests += _seeds(len(best.scores))
    gain = abs(best.mean - base.mean)
    if row == BASELINE or gain <= best.spread + base.spread:
        return Statement("Method", "None was clearly better than cross entropy.", rests)
    return Statement(
        "Method",
        f"{row}: {best.mean:.3f} of {one.metric}, cross entropy {base.mean:.3f}.",
        rests,
    )


def short(spec: str) -> str:
    """A spec or a name with options, cut to what a reader takes in: the files have it all."""
    return spec if len(spec) <= _LONGEST else f"{spec[:_LONGEST]}…"


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _review(diagnosis: Diagnosis) -> Iterator[Statement]:
    lift, calibration = diagnosis.lift, diagnosis.calibration
    if lift is None:
        yield Statement(
            "Review",
            "How many findings are errors: see --calibrate, or decide about a sample: truemask spot-check.",
            "not calibrated",
        )
        return
    if math.isnan(lift.errors):
        held = f"All {len(lift.found):,} findings hold about {lift.found[-1]:,.0f} errors."
        yield Statement(
            "Review", held, "what a reviewer decided; --calibrate tells of errors not listed, too"
        )
        return
    if lift.errors < 1:
        yield Statement("Review", "No errors are expected.", "probabilities of the calibrated findings")
        return
    texts = []
    for share in _REVIEWS:
        needed = lift.needed(share)
        many = "more than all findings" if needed is None else f"the {needed:,} most probable findings"
        texts.append(f"{share:.0%} of the errors: {many}")
    unseen = calibration is not None and calibration.at_most
    about = "at most" if unseen else "about"
    held = f"All {len(lift.found):,} hold {about} {lift.found[-1]:,.0f} of {lift.errors:,.0f} errors."
    if lift.found[-1] > lift.errors:
        held = (
            f"Of all {len(lift.found):,} {about} {lift.found[-1]:,.0f} are right, some of them about the "
            f"same of {lift.errors:,.0f} errors."
        )
    rests = "probabilities of the calibrated findings"
    yield Statement(
        "Review",
        f"To see {'; '.join(texts)}. {held}",
        f"{rests}, before anybody has looked at a sample" if unseen else rests,
    )
