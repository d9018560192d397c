"""Where images are taken from that do not belong: the name or path of another data set."""

from dataclasses import dataclass

from truemask.types import BadInput


@dataclass(frozen=True)
class Source:
    """Another data set, by path or name.

    Args:
        text: as in a spec, which has commas for itself: `organelles:train=40;size=64` means
            `organelles:train=40,size=64`.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> "Source":
        """Read the name or path.

        Raises:
            BadInput: if it is empty, or has a # in it.
        """
        if not text or "#" in text:
            raise BadInput(f"from is the path or name of a data set, without #; got {text!r}")
        return cls(text)

    def __str__(self) -> str:
        return self.text
