"""The command `lsmkit calibrate`: this machine and a device of its, as simulations take them."""

import argparse
from typing import Any

import lsmkit
from lsmkit.cli_output import print_json, progress, table

__all__ = ["add_commands"]

DEVICE_MEANINGS = {
    "write_bytes_per_s": "written in sequence, past the page cache",
    "read_bytes_per_s": "read in sequence",
    "transfer_bytes_per_s": "both at once",
    "latency_us": "a page appended and synced",
}
MEANINGS = {
    "cores": "that this process may use",
    "put_us": "of a core, for a put; keys and values are made as it goes",
    "get_us": "for a get from the cache",
    "scan_entry_us": "for an entry of a scan",
    "record_us": "for a record in a flush or a merge",
    "written_byte_us": "for a byte of weight written to a table",
    "compressed_byte_us": "upon that, where it is compressed",
}


def add_commands(add: Any) -> None:
    """Describe the command to the argument parser."""
    text = "measure this machine and the device below a directory, for simulations in time"
    calibrate = add("calibrate", show_calibration, text)
    calibrate.add_argument(
        "path", nargs="?", metavar="DIR", help="on the device (default: for temporary files)"
    )
    calibrate.add_argument(
        "--seconds", type=float, default=5, metavar="S", help="about so long (default: 5)"
    )
    calibrate.add_argument("--key-bytes", type=int, default=16, metavar="N")
    calibrate.add_argument("--value-bytes", type=int, default=100, metavar="N")
    calibrate.add_argument(
        "--compressed-share", type=float, default=0.5, metavar="X", help="what values shrink to"
    )


def show_calibration(options: argparse.Namespace) -> int:
    """Measure and print; with --json what `Machine.from_dict` takes."""
    with progress("measuring") as show:
        machine = lsmkit.calibrate(
            options.path,
            seconds=options.seconds,
            key_bytes=options.key_bytes,
            value_bytes=options.value_bytes,
            compressed_share=options.compressed_share,
            progress=show,
        )
    values = machine.to_dict()
    if options.json:
        print_json(values)
        return 0
    rows = [
        (name, f"{values['device'][name]:,.0f}", DEVICE_MEANINGS[name]) for name in DEVICE_MEANINGS
    ]
    rows += [(name, f"{values[name]:.4g}", MEANINGS[name]) for name in MEANINGS]
    table(f"Measured on {values['device']['name']}", ["figure", "", "means"], rows)
    return 0
