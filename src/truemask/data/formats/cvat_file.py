"""CVAT's XML 1.1 for images: its tree, its labels, its images."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from truemask.data.files import split_name
from truemask.data.formats.found import checked_size
from truemask.types import BadInput

FILE = "annotations.xml"
_ROOT = re.compile(rb"<annotations[\s>]")
_HEAD_BYTES = 65_536
_DECLARED = re.compile(r"<!\s*(DOCTYPE|ENTITY)")


@dataclass(frozen=True)
class Entry:
    """An image of the file.

    Args:
        name: of the image's file, as the file has it.
        split: the split of its subset; `all` without one.
        subset: as the file has it.
        size: height and width in pixels.
        element: with the shapes in it.
    """

    name: str
    split: str
    subset: str
    size: tuple[int, int]
    element: Element

    @property
    def key(self) -> str:
        """The name without its suffix."""
        return Path(self.name).with_suffix("").as_posix()


def looks(path: Path) -> bool:
    """Whether the file begins like CVAT's; raises nothing."""
    try:
        with path.open("rb") as stream:
            return _ROOT.search(stream.read(_HEAD_BYTES)) is not None
    except OSError:
        return False


def read_tree(path: Path) -> Element:
    """The tree of the file, with its comments.

    Nothing outside the file is read: a file that declares a document type or an entity is refused.

    Raises:
        BadInput: if the file cannot be read, is no XML, or no annotations of images.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not valid XML (it is no text in UTF-8); is it another file?") from error
    if declared := _DECLARED.search(text):
        raise BadInput(f"{path}: declares a {declared[1]}, which CVAT's files never do; remove it")
    builder = ElementTree.TreeBuilder(insert_comments=True, insert_pis=True)
    try:
        root: Element = ElementTree.fromstring(text, ElementTree.XMLParser(target=builder))
    except (ElementTree.ParseError, ValueError) as error:
        raise BadInput(f"{path}: not valid XML ({error}); mend it or export it anew") from error
    if root.tag != "annotations":
        raise BadInput(f"{path}: holds {str(root.tag)[:40]}, not the annotations of CVAT")
    if root.find("track") is not None:
        raise BadInput(f'{path}: holds tracks of a video; export it as "CVAT for images"')
    return root


def labels_of(root: Element) -> list[str]:
    """The labels that the file declares, in its order, without the parts of skeletons."""
    declared = root.findall("meta//labels/label")
    names = [label.findtext("name") or "" for label in declared if not label.findtext("parent")]
    return list(dict.fromkeys(name for name in names if name))


def entries_of(path: Path, root: Element) -> list[Entry]:
    """The images of the file, in its order.

    Raises:
        BadInput: naming the image, if it has no name or no size, or two of one split are called alike.
    """
    entries = []
    seen = set()
    for i, element in enumerate(root.findall("image")):
        name, subset = element.get("name", ""), element.get("subset", "")
        if not Path(name).name or Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
            raise BadInput(f"{path}: image {i} needs a file inside the data set as name; got {name[:100]!r}")
        try:
            size = checked_size(*(_digits(element.get(side, "")) for side in ("height", "width")))
        except BadInput as error:
            raise BadInput(f"{path}: image {name}: {error}") from error
        split = (split_name(subset.lower()) or subset) if subset else "all"
        entry = Entry(name, split, subset, size, element)
        if (split, entry.key) in seen:
            raise BadInput(f"{path}: two images are called {entry.key}; rename one of them")
        seen.add((split, entry.key))
        entries.append(entry)
    if not entries:
        raise BadInput(f"{path}: lists no image")
    return entries


def _digits(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text
