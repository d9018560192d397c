"""Published data sets from their owners' addresses."""

from truemask.data.download.getting import get
from truemask.data.download.sources import DOWNLOADS, Archive, Download, Packing

__all__ = ["DOWNLOADS", "Archive", "Download", "Packing", "get"]
