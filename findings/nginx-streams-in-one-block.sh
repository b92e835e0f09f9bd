#!/usr/bin/env bash
# nginx in front of a model server: one line decides whether tokens stream, and it is not the one about buffering.
#
# Expected: a proxy with the defaults passes on what the server flushes, perhaps a little late; if not, proxy_buffering
# off is what helps.
# Seen (nginx 1.22.1, Debian 12): with the defaults, five events sent 0.3 s apart arrive in one block at the end, since
# nginx speaks HTTP/1.0 to the server and gets an answer without chunks. With proxy_http_version 1.1 alone they arrive
# one by one, with buffering still on. proxy_buffering off helps as well, over HTTP/1.0.
# Why it matters: the time to the first token becomes the time of the whole answer, and inter-token latency 0, in every
# measurement through such a proxy; total latency looks right.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
need python3 python3
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download nginx && dpkg-deb -x nginx_*.deb deb) ||
  { echo "cannot download nginx: needs Debian 12 and an apt-get update" >&2; exit 2; }
nginx=$work/deb/usr/sbin/nginx
"$nginx" -v >"$work/version" 2>&1 || { echo "nginx does not start: apt-get install nginx brings its libraries" >&2; exit 2; }
expect 'version' 'nginx/1.22.1' "$(grep -o 'nginx/[0-9.]*' "$work/version")"
cat >"$work/seen.py" <<'PY'
import http.client
import http.server
import socket
import subprocess
import sys
import threading
import time


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        chunks = self.request_version == "HTTP/1.1"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding" if chunks else "Connection", "chunked" if chunks else "close")
        self.end_headers()
        for number in range(5):
            event = f"data: {number}\n\n"
            self.wfile.write((f"{len(event):x}\r\n{event}\r\n" if chunks else event).encode())
            time.sleep(0.3)
        if chunks:
            self.wfile.write(b"0\r\n\r\n")


work, nginx, *lines = sys.argv[1:]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
paths = "".join(f"{name}_temp_path {work}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open(f"{work}/nginx.conf", "w") as file:
    file.write(f"daemon off; pid {work}/pid; error_log {work}/error.log; events {{}} http {{ access_log off; {paths}")
    place = f"proxy_pass http://127.0.0.1:{server.server_port}; {' '.join(lines)}"
    file.write(f"server {{ listen 127.0.0.1:{port}; location / {{ {place} }} }} }}")
proxy = subprocess.Popen([nginx, "-c", f"{work}/nginx.conf", "-p", work], stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    answer = connection.getresponse()
    blocks = []
    while block := answer.read1(65536):
        blocks.append(block.count(b"data:"))
    print(*blocks)
finally:
    proxy.terminate()
    proxy.wait()
PY
through() { python3 "$work/seen.py" "$work" "$nginx" "$@"; }
expect 'events per block, defaults' '5' "$(through)"
expect 'events per block, proxy_http_version 1.1' '1 1 1 1 1' "$(through 'proxy_http_version 1.1;')"
expect 'events per block, proxy_buffering off' '1 1 1 1 1' "$(through 'proxy_buffering off;')"
