"""Noises on whole segments: connected regions of a label map, or objects. Pixels of one change together."""
