"""`python serve.py NAME` serves the class or function NAME of the file that the host says (_offload_server.py);
with `--nursery LIBRARY` it is the nursery of processes that do (_offload_nursery.py). No more is here:
Python compiles what it is started with at every start, and keeps what is imported compiled."""

import sys

from _offload_server import main

main(*sys.argv[1:])
