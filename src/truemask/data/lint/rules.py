"""RULES: what the linter knows to be wrong with label sets. One row a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is. Errors break training or falsify its score; the command then ends with exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    Args:
        severity: how bad it is.
        means: what is wrong, in a sentence's end.
        way_out: what to do about it.
    """

    severity: Severity
    means: str
    way_out: str


RULES: Mapping[str, Rule] = {
    # Files
    "unreadable": Rule(Severity.ERROR, "the file cannot be read", "replace it, or remove it"),
    "image-missing": Rule(
        Severity.ERROR, "labels without their image", "bring the image back, or remove its labels"
    ),
    "image-unlabelled": Rule(
        Severity.NOTE, "images without labels: never trained on", "label them, or leave them"
    ),
    "image-without-objects": Rule(
        Severity.NOTE, "images in which nothing is labelled", "make sure that there is nothing in them"
    ),
    "size-mismatch": Rule(
        Severity.ERROR, "labels of another size than their image", "make the labels anew at the image's size"
    ),
    "name-twice": Rule(Severity.ERROR, "two files of one name", "rename one of them"),
    "image-twice": Rule(
        Severity.WARNING, "the same image twice in a split", "remove one, after comparing their labels"
    ),
    "split-leak": Rule(
        Severity.ERROR, "the same image in two splits: scores are too good", "remove it from one of them"
    ),
    "split-near-leak": Rule(
        Severity.WARNING,
        "nearly the same image in two splits: frames of a film, another compression",
        "look at both; keep a film or a scene in one split",
    ),
    # Entries
    "entry-broken": Rule(
        Severity.ERROR, "an entry lacks a field, or has one of the wrong kind", "complete it, or remove it"
    ),
    "id-twice": Rule(Severity.ERROR, "two entries have one id", "give one of them a new id"),
    "reference-broken": Rule(
        Severity.ERROR, "an annotation of an image that is not listed", "list the image, or remove it"
    ),
    # Classes
    "class-unknown": Rule(
        Severity.ERROR, "a class that is not listed", "correct the label, or list the class"
    ),
    "category-zero": Rule(
        Severity.WARNING,
        "a category with id 0, which much software takes for the background",
        "number the categories from 1",
    ),
    # Masks and boxes
    "mask-broken": Rule(
        Severity.ERROR, "polygons or runs that are no mask of the image", "draw the object anew, or remove it"
    ),
    "mask-empty": Rule(
        Severity.ERROR, "a mask without a pixel in the image", "draw the object anew, or remove it"
    ),
    "mask-degenerate": Rule(
        Severity.WARNING,
        "a polygon without an inside: a point or a line",
        "draw the object anew, or remove it",
    ),
    "mask-outside": Rule(
        Severity.WARNING,
        "a polygon that reaches out of its image",
        "cut it off; was the image cropped or turned?",
    ),
    "label-blank": Rule(Severity.NOTE, "a label map that says nothing", "label the image, or leave it out"),
    "box-broken": Rule(Severity.ERROR, "a box that is no box", "remove it: it follows from the mask"),
    "box-disagrees": Rule(
        Severity.WARNING, "a box that is not around its mask", "find out which of them is right"
    ),
    "object-twice": Rule(Severity.WARNING, "the same mask and class twice in an image", "remove one of them"),
    "object-disputed": Rule(
        Severity.WARNING, "the same mask twice in an image with two classes", "remove the wrong one"
    ),
}
