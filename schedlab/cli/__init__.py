"""The command line: parses, calls the library, prints.

Exit status: 0 done; 1 it ran and failed; 2 the command line or an input was refused before anything ran;
130 interrupted.
"""

import importlib
import os
import pkgutil
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import metadata
from types import ModuleType
from typing import Annotated, Any

import typer

from schedlab.cli import commands
from schedlab.cli.console import complain, tell
from schedlab.errors import InputError, SchedlabError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status; errors are one line on stderr."""
    if arguments is None:
        signal.signal(signal.SIGTERM, _end)
    given = sys.argv[1:] if arguments is None else list(arguments)
    words = [word for word in given if word != "--debug"]
    try:
        status = _run(words)
        sys.stdout.flush()
    except Exception as error:
        if len(words) < len(given):
            traceback.print_exc()
        return _explain(error)
    except KeyboardInterrupt as stop:
        tell(str(stop) or "interrupted")
        return INTERRUPTED
    return status


def _run(words: list[str]) -> int:
    program = typer.main.get_command(_app())
    try:
        with program.make_context("schedlab", words) as context:
            program.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _app() -> typer.Typer:
    app = _commands(commands)
    app.callback(invoke_without_command=True)(_schedlab)
    return app


def _commands(package: ModuleType) -> typer.Typer:
    """Return the commands of a package: a module holds a command of its name, a package is a group of them.

    On the command line ``_`` is ``-``.
    """
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if info.ispkg:
            group = _commands(module)
            group.callback(invoke_without_command=True)(_help)
            app.add_typer(group, name=info.name.replace("_", "-"), help=module.__doc__)
        else:
            app.command(info.name.replace("_", "-"))(getattr(module, info.name))
    return app


def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _schedlab(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A laboratory for cluster-scheduling algorithms.

    Example: schedlab bench
    """
    del debug  # taken out before parsing, so that it may stand anywhere
    if version:
        typer.echo(f"schedlab {metadata.version('schedlab')}")
        raise typer.Exit
    _help(context)


def _explain(error: Exception) -> int:
    """Print an error as one line and return the exit status that it means."""
    if isinstance(error, BrokenPipeError):  # the reader of our output has gone; so must what is still buffered
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    if isinstance(error, typer.Abort):
        return INTERRUPTED
    if isinstance(error, typer.TyperException):
        complain(_refused(error))
        return 2
    if isinstance(error, SchedlabError):
        complain(str(error))
        return 2 if isinstance(error, InputError) else 1
    if isinstance(error, OSError):
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return 1
    complain(f"{type(error).__name__}: {error}; this is a fault of schedlab's, and --debug shows where")
    return 1


def _refused(error: typer.TyperException) -> str:
    """Return what is wrong in a command line, without what only a validator's author would say, and where help is."""
    told = re.sub("Input should be (?=less|greater)", "give a number ", error.format_message())
    told = told.replace("Input should be", "give").partition(", unable to")[0].rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{told} ({context.command_path if context else 'schedlab'} --help lists what there is)"


def _end(*_: Any) -> None:
    """End as if by `sys.exit`, so that worker processes end too."""
    raise SystemExit(128 + signal.SIGTERM)
