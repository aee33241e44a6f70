"""The command line: arguments in, exit codes out. Everything heavy is imported when needed.

Exit codes: 0 fine; 1 a gate failed; 2 wrong use, or signatures that cannot be compared;
3 a run that is not complete.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bench.cli import (
    authoring,
    comparing,
    diagnosing,
    judging,
    labels,
    measuring,
    pooling,
    reading,
)
from bench.model import ClaimbenchError, IncompleteRun, StorageError

_RESUMED = {"run": "answered", "fetch": "fetched", "judge": "judged"}
"""What is kept of the commands that go on where they were interrupted."""
_KEEPS_NOTHING = ("doctor", "try")


class _ReaderGone(Exception):
    """Whoever read the output (head, less) has closed it: nobody is left to be told."""


class _Commands(TyperGroup):
    """Takes from typer what it would end with exit codes that mean something else here."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise _interrupted(ctx.invoked_subcommand) from None
        except BrokenPipeError:
            raise _ReaderGone from None


def _interrupted(command: str | None) -> IncompleteRun:
    if command in _RESUMED:
        return IncompleteRun(
            f"interrupted; what was {_RESUMED[command]} is kept",
            hint="the same command goes on from there",
        )
    return IncompleteRun("interrupted" + "; nothing was kept" * (command in _KEEPS_NOTHING))


app = typer.Typer(
    name="claimbench",
    cls=_Commands,
    help="How good is a claim extractor? Precision, recall and F1 per claim type.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: dict[str, Callable[..., None]] = {
    "check": labels.check,
    "list": authoring.list_,
    "fetch": labels.fetch,
    "run": measuring.run,
    "score": measuring.score,
    "compare": comparing.compare,
    "show": reading.show,
    "diagnose": diagnosing.diagnose,
    "try": authoring.try_,
    "new": authoring.new,
    "doctor": authoring.doctor,
    "schema": authoring.schema,
    "report": reading.report,
    "audit": labels.audit,
    "judge": judging.judge,
    "pool": pooling.pool,
    "export": labels.export,
    "import": labels.import_,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"claimbench {version('claimbench')}")
        raise typer.Exit


@app.callback()
def _options(
    root: Annotated[
        str,
        typer.Option(
            envvar="CLAIMBENCH_ROOT",
            metavar="FOLDER",
            help="Project folder (default: the nearest one above that has gold or systems)",
            show_default=False,
        ),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")
    ] = False,
) -> None:
    del version
    if root:
        os.environ["CLAIMBENCH_ROOT"] = root


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # no terminal is too old for a dash
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end like Ctrl-C: nothing is left
    code, message = _outcome()
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            code, message = StorageError.exit_code, message or _refused(error)
        # Python flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if message:
        print(message, file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _outcome() -> tuple[str | int | None, str]:
    """Exit code, and what is to be said with it."""
    try:
        app()
    except SystemExit as done:
        return done.code, ""
    except ClaimbenchError as error:
        return error.exit_code, f"error: {error}"
    except _ReaderGone:
        return IncompleteRun.exit_code, ""
    except OSError as error:  # a folder that may not be read, a limit of the machine
        return StorageError.exit_code, _refused(error)
    except Exception:  # noqa: BLE001 - a bug of ours must not pass for a failed gate (1)
        bug = "error: this is a bug in claimbench; please report the lines above"
        return IncompleteRun.exit_code, traceback.format_exc() + bug
    return 0, ""


def _refused(error: OSError) -> str:
    return f"error: {error.filename or 'output'}: {error.strerror}"
