"""``python -m lsmkit.bench``: the same as ``lsmkit bench``."""

import sys

from lsmkit import cli

if __name__ == "__main__":
    sys.exit(cli.main(["bench", *sys.argv[1:]]))
