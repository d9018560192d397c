# The same targets for contributors and CI.
.PHONY: check format test docs

check:            ## style and types
	uv run ruff check
	uv run ruff format --check
	uv run mypy

format:           ## make the style right
	uv run ruff check --fix
	uv run ruff format

test:             ## the whole suite, on two cores
	uv run pytest

docs:             ## the generated pages of docs/reference
	uv run python -m docs.generate
