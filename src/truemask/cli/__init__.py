"""The command line: files and names in, files out. One module a subject.

Everything heavy is imported inside the command that needs it, so that help answers at once.
"""

import sys

import typer

from truemask.cli.bench import bench_app
from truemask.cli.data import data_app
from truemask.cli.fixing import fix, spot_check
from truemask.cli.labels import annotators, audit, audit_images, corrupt, structure
from truemask.cli.learning import decision, demo, dynamics, evaluate, losses, predict, train
from truemask.cli.listing import methods, networks, noises
from truemask.cli.noise import noise_app
from truemask.cli.theory import theory_app
from truemask.words import BadInput

app = typer.Typer(
    name="truemask",
    help="Learn image segmentation from labels that cannot be trusted: corrupt, train, audit, benchmark.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(data_app, name="data")
app.add_typer(noise_app, name="noise")
app.add_typer(bench_app, name="bench")
app.add_typer(theory_app, name="theory")

for command in (  # in the order of the data: help shows them so
    demo,
    corrupt,
    train,
    predict,
    evaluate,
    losses,
    decision,
    dynamics,
    structure,
    audit,
    audit_images,
    annotators,
    spot_check,
    fix,
    methods,
    networks,
    noises,
):
    app.command()(command)


def main() -> None:
    """Entry point: what a user got wrong, or the disk refused, is one line on stderr and exit code 2."""
    try:
        app()
    except BadInput as error:
        line = str(error)
    except OSError as error:
        if error.filename is None:
            raise
        line = f"{error.filename2 or error.filename}: {error.strerror}"
    else:
        return
    print(f"truemask: {line}", file=sys.stderr)
    sys.exit(2)
