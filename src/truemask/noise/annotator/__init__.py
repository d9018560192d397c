"""Noisy annotators: people with habits of their own, crowds of them, and what is made of their maps."""
