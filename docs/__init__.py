"""The pages of docs, and what writes those of docs/reference."""
