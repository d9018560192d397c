"""Learn image segmentation from labels that cannot be trusted."""

__version__ = "0.1.0"
