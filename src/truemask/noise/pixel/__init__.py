"""Noises where every pixel draws on its own."""
