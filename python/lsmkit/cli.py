"""The command `lsmkit`. Each command is a thin wrapper over a public function.

Exit codes: 0 it went well; 1 an error, or what was asked for is not there; 2 the command line is
wrong; 130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

import lsmkit
from lsmkit import (
    cli_bench,
    cli_calibrate,
    cli_compact,
    cli_completion,
    cli_data,
    cli_demo,
    cli_import,
    cli_layered,
    cli_look,
    cli_notebooks,
    cli_play,
    cli_simulate,
    cli_sweep,
    cli_validate,
)
from lsmkit.cli_output import note

__all__ = ["command_parser", "main"]

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    _stand_in_for_closed_streams()
    options = command_parser().parse_args(arguments)
    run: Command = options.run
    try:
        code = run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has gone, as in `lsmkit scan DIR | head`. Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        stored = "; what was stored so far stands" if options.stores else ""
        note(f"lsmkit: interrupted{stored}")
        return 130
    except (lsmkit.Error, OSError, ValueError) as error:
        note(f"lsmkit: {error}")
        return 1


def _stand_in_for_closed_streams() -> None:
    """Gives standard streams that are closed (`>&-`) a place to go to.

    Their numbers are taken first, so that no file of a database gets one of them.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (for as long as the process lives)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def command_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="lsmkit",
        description="A log-structured merge engine with every part of it in view.",
        epilog=r"Keys and values are text, with \n \t \\ \xNN for other bytes, as printed.",
    )
    parser.add_argument("--version", action="version", version=f"lsmkit {lsmkit.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str, *, stores: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run, stores=stores)
        command.add_argument("--json", action="store_true", help="print JSON, for programs")
        return command

    for part in (
        cli_demo,
        cli_data,
        cli_import,
        cli_look,
        cli_compact,
        cli_notebooks,
        cli_play,
        cli_simulate,
        cli_sweep,
        cli_layered,
        cli_calibrate,
        cli_validate,
        cli_bench,
        cli_completion,
    ):
        part.add_commands(add)
    return parser


if __name__ == "__main__":
    sys.exit(main())
