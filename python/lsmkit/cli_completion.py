"""The command that prints what a shell completes command lines by: completion."""

import argparse
from typing import Any

import lsmkit
from lsmkit.cli_output import print_json

__all__ = ["add_commands"]

SHELLS = ("bash", "zsh", "fish", "tcsh")
DIRECTORIES = ("dir", "directory")
FILES = ("file", "files", "out", "path", "paths", "places", "runs", "workload", "workloads")


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "print a script for the shell, which then completes commands, options and files"
    completion = add("completion", show_completion, text)
    completion.add_argument("shell", choices=SHELLS)
    completion.epilog = 'In bash: eval "$(lsmkit completion bash)". Needs shtab.'


def show_completion(options: argparse.Namespace) -> int:
    """Print the script."""
    from lsmkit.cli import command_parser

    try:
        import shtab
    except ImportError:
        raise lsmkit.Error("this needs shtab: pip install 'lsmkit[cli]'") from None
    parser = command_parser()
    _tell_files(parser, shtab)
    if options.shell not in shtab.SUPPORTED_SHELLS:
        raise lsmkit.Error(f"{options.shell} needs a newer shtab: pip install -U shtab")
    script = shtab.complete(parser, options.shell)
    if options.json:
        print_json({"shell": options.shell, "script": script})
    else:
        print(script)
    return 0


def _tell_files(parser: argparse.ArgumentParser, shtab: Any) -> None:
    """Says to shtab which arguments are files and which are directories."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                _tell_files(sub, shtab)
        elif action.dest in DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.dest in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
