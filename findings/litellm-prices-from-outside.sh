#!/usr/bin/env bash
# Importing litellm asks the network for prices, so a pinned version does not pin them.
#
# Expected: litellm==1.110.2 has the prices of its release, and importing a library sends nothing.
# Seen (litellm 1.110.2): "import litellm" asks a code host for the newest price table, and takes the packaged one only
# if that fails. LITELLM_LOCAL_MODEL_COST_MAP=True keeps it at home. Importing genai-prices 0.2.3 asks nobody.
# How it is seen: the import runs behind a proxy of our own on this machine, which notes who is asked for and refuses.
# Why it matters: two machines with one lock file, one of them without network (a compute node, a sandbox), give other
# costs for one log, and so does the same machine next month.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
python() { "$work/venv/bin/python" "$@"; }
install litellm==1.110.2 openai==3.57.0 httpx==0.28.1 genai-prices==0.2.3
cat >"$work/seen.py" <<'PY'
import os
import socket
import subprocess
import sys
import threading

listener = socket.create_server(("127.0.0.1", 0))
asked = set()


def refuse():
    while True:
        peer, _ = listener.accept()
        with peer:
            asked.add(peer.recv(4096).split(b"\r\n")[0].decode())
            peer.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


threading.Thread(target=refuse, daemon=True).start()
proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("LITELLM_")}
environment |= {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "https_proxy": proxy, "http_proxy": proxy}
environment |= dict(word.split("=") for word in sys.argv[2:])
subprocess.run([sys.executable, "-c", f"import {sys.argv[1]}"], env=environment, check=True, stderr=subprocess.DEVNULL)
print(*(sorted(line.split()[1].split(".", 1)[1] for line in asked) or ["nobody"]))
PY
expect 'import litellm asks' 'githubusercontent.com:443' "$(python "$work/seen.py" litellm)"
expect 'the same with LITELLM_LOCAL_MODEL_COST_MAP=True' 'nobody' \
  "$(python "$work/seen.py" litellm LITELLM_LOCAL_MODEL_COST_MAP=True)"
expect 'import genai_prices' 'nobody' "$(python "$work/seen.py" genai_prices)"
