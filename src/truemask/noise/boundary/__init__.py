"""Noises that move outlines."""
