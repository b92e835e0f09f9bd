"""The console script `offload-bench`: the command in its place."""

import os
import sys

from ._files import COMMAND


def main() -> None:
    os.execv(COMMAND, [str(COMMAND), *sys.argv[1:]])
