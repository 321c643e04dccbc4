"""The command `lsmkit play`: a page that plays databases or workloads back, or a live one."""

import argparse
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import lsmkit
from lsmkit.cli_asked import add_workload_arguments, asked_for
from lsmkit.cli_look import is_rocksdb
from lsmkit.cli_output import note, print_json, progress

__all__ = ["add_commands"]

OF_LIVE = ("port", "replay")
OF_PAGES = ("out", "start", "end", "device")


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    play = add("play", show_player, "play a database or a workload back in a page, or live")
    play.set_defaults(refuse=play.error)
    play.add_argument(
        "runs",
        nargs="*",
        metavar="DIR|LOG|WORKLOAD",
        help="a database's directory, ours or a RocksDB's, or its LOG, or a workload as `lsmkit "
        "simulate` takes it, to be simulated; two of them are played side by side",
    )
    play.add_argument("--out", metavar="FILE", help="the page (default: lsmkit-player.html)")
    play.add_argument("--start", type=int, metavar="N", help="number of the first event")
    play.add_argument("--end", type=int, metavar="N", help="number of the last event")
    play.add_argument(
        "--max-mb", type=float, default=20, metavar="N", help="size of the page (default: 20)"
    )
    play.add_argument("--open", action="store_true", help="show it in this machine's browser")
    play.add_argument(
        "--live",
        action="store_true",
        help="serve a simulation that goes on while one looks on, on this machine alone",
    )
    play.add_argument("--port", type=int, metavar="N", help="with --live (default: any)")
    play.add_argument("--replay", metavar="FILE", help="with --live: a session that was saved")
    add_workload_arguments(play)
    play.add_argument("--device", metavar="NAME", help="simulate a workload in time, on this")


def show_player(options: argparse.Namespace) -> int:
    """Write the page, or serve it."""
    others = OF_PAGES if options.live else OF_LIVE
    given = [name for name in others if getattr(options, name) is not None]
    if given:
        options.refuse(f"--{given[0]} {'does not go with' if options.live else 'needs'} --live")
    if options.live:
        return _serve(options)
    if not 1 <= len(options.runs) <= 2:
        options.refuse("one or two of DIR, LOG and WORKLOAD are due, or --live")
    out = Path(options.out or "lsmkit-player.html")
    with ExitStack() as stack:
        runs = [_run(name, options, stack) for name in options.runs]
        player = lsmkit.Player(*runs, start=options.start, end=options.end)
        size = len(player.to_html(out, max_bytes=int(options.max_mb * (1 << 20))).encode())
    if options.json:
        print_json({"page": str(out), "bytes": size})
    else:
        print(f"{out}: {size:,} bytes, needs nothing else; open it in a browser")
    if options.open:
        _open(out.resolve().as_uri())
    return 0


def _run(name: str, options: argparse.Namespace, stack: ExitStack) -> Any:
    """The database of that name, for as long as the stack keeps it open, a log, or a simulation."""
    if is_rocksdb(Path(name)):
        with progress("reading the log") as show:
            return lsmkit.read_rocksdb_log(name, progress=show)
    if Path(name).is_dir():
        return stack.enter_context(lsmkit.open(name, read_only=True))
    options.workload = name
    workload, chosen = asked_for(options)
    with progress(f"simulating {workload.name}") as show:
        return lsmkit.simulate(workload, chosen, machine=options.device, progress=show)


def _serve(options: argparse.Namespace) -> int:
    from lsmkit.player.live import LiveSession
    from lsmkit.player.server import LiveServer

    if options.runs:
        options.refuse("--live takes no DIR and no WORKLOAD; its page says what is simulated")
    if options.replay:
        saved = json.loads(Path(options.replay).read_text(encoding="utf-8"))
        session = LiveSession.replayed(saved)
    else:
        session = LiveSession()
    with LiveServer(session, options.port or 0) as server:
        if options.json:
            print_json({"url": server.url})
        else:
            print(f"live at {server.url}", flush=True)
            note("Ctrl-C ends it")
        if options.open:
            _open(server.url)
        server.serve_forever()
    return 0


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
