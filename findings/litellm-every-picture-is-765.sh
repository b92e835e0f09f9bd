#!/usr/bin/env bash
# A picture has the same number of tokens for every model.
#
# Expected: token_counter(model, messages) counts a picture as the model does, as the argument suggests: gpt-4o-mini takes
# some thirty times the tokens of gpt-4o, Claude goes by area, Gemini by its own tiles; or it refuses a model it does not
# know.
# Seen (litellm 1.110.2): 765 for a picture of 1024 x 1024 and for one of 4000 x 3000, for gpt-4o, gpt-4o-mini, Claude,
# Gemini and a name that is no model. The same package knows better: its estimate_image_tokens says 25501 for gpt-4o-mini.
# Why it matters: whether a view is worth sending is the question of an offloading policy, and its price is wrong by a
# factor of 33 in one direction or somewhat in the other; two clouds whose pictures differ in price look alike.

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
install litellm==1.110.2 openai==3.57.0 tiktoken==0.14.0 tokenizers==0.23.3
"$work/venv/bin/python" -W ignore - 2>"$work/log" <<'PY' | sed -n "s/^seen //p" >"$work/out"
import base64
import os
import struct
import zlib

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
from litellm.litellm_core_utils.token_counter import estimate_image_tokens

litellm.suppress_debug_info = True


def picture(width, height):
    def piece(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress(bytes(width + 1) * height)
    png = (b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
           piece(b"IDAT", rows) + piece(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(png).decode()


def counted(model, url):
    words = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}]}]
    image = {"type": "image_url", "image_url": {"url": url, "detail": "high"}}
    both = [{"role": "user", "content": [*words[0]["content"], image]}]
    return litellm.token_counter(model=model, messages=both) - litellm.token_counter(model=model, messages=words)


square, large = picture(1024, 1024), picture(4000, 3000)
for model in ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini/gemini-2.5-flash", "no-such-model"):
    print("seen", counted(model, square), counted(model, large))
print("seen", *[estimate_image_tokens(model, square, "high") for model in ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")])
PY
expect 'tokens of 1024 x 1024 and 4000 x 3000, gpt-4o' '765 765' "$(sed -n 1p "$work/out")"
expect 'gpt-4o-mini' '765 765' "$(sed -n 2p "$work/out")"
expect 'claude-sonnet-4-5' '765 765' "$(sed -n 3p "$work/out")"
expect 'gemini-2.5-flash' '765 765' "$(sed -n 4p "$work/out")"
expect 'a model that does not exist' '765 765' "$(sed -n 5p "$work/out")"
expect '1024 x 1024 by estimate_image_tokens: gpt-4o, gpt-4o-mini, claude-sonnet-4-5' \
  '765 25501 1369' "$(sed -n 6p "$work/out")"
