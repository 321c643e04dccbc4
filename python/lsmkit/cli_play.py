"""The command `lsmkit play`: the player as a page, of a database or a workload, or live."""

import argparse
import json
from pathlib import Path

import lsmkit
from lsmkit.cli_output import note, print_json, progress

__all__ = ["add_commands"]


def add_commands(add: object) -> None:
    """Describe the command to the argument parser."""
    assert callable(add)
    play = add("play", show_player, "play a database back in a page, or simulate live in one")
    play.set_defaults(refuse=play.error)
    play.add_argument("dirs", nargs="*", metavar="DIR", help="one database, or two side by side")
    play.add_argument(
        "--out", metavar="FILE", help="where the page goes (default: lsmkit-player.html)"
    )
    play.add_argument("--start", type=int, metavar="N", help="number of the first event")
    play.add_argument("--end", type=int, metavar="N", help="number of the last event")
    play.add_argument(
        "--max-mb", type=float, default=20, metavar="N", help="size of the page, at most"
    )
    play.add_argument(
        "--live",
        action="store_true",
        help="no DIR: serve a simulation that goes on while one looks on, on this machine alone",
    )
    play.add_argument("--port", type=int, default=0, metavar="N", help="with --live")
    play.add_argument(
        "--replay", metavar="FILE", help="with --live: begin with a session that was saved"
    )
    play.add_argument(
        "--open", action="store_true", help="show the page in the browser of this machine"
    )


def show_player(options: argparse.Namespace) -> int:
    """Write the page, or serve it."""
    if options.live:
        return _serve(options)
    if options.port or options.replay:
        options.refuse("--port and --replay belong to --live")
    if not 1 <= len(options.dirs) <= 2:
        options.refuse("one DIR is due, or two, or --live")
    out = Path(options.out or "lsmkit-player.html")
    dbs = []
    try:
        for path in options.dirs:
            dbs.append(lsmkit.open(path, read_only=True))  # noqa: PERF401 (closed below)
        player = lsmkit.Player(*dbs, start=options.start, end=options.end)
        page = player.to_html(out, max_bytes=int(options.max_mb * (1 << 20)))
    finally:
        for db in dbs:
            db.close()
    if options.json:
        print_json({"page": str(out), "bytes": len(page.encode())})
    else:
        print(f"{out}: {len(page.encode()):,} bytes, needs nothing else; open it in a browser")
    if options.open:
        _open(out.resolve().as_uri())
    return 0


def _serve(options: argparse.Namespace) -> int:
    from lsmkit.player.live import LiveSession
    from lsmkit.player.server import LiveServer

    if options.dirs or options.out:
        options.refuse("--live takes no DIR and no --out")
    if options.replay:
        saved = json.loads(Path(options.replay).read_text(encoding="utf-8"))
        with progress("replaying"):
            session = LiveSession.replayed(saved)
    else:
        session = LiveSession()
    with LiveServer(session, options.port) as server:
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
