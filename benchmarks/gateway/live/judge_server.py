"""A scripted judge that speaks OpenAI's protocol: marks by a rule, for plumbing and not for quality.

usage: judge_server.py PORT
An answer begins with 3; it gains 1 for each word of the question that it takes up, up to 3, and 2 for a number, and
loses 2 if it says one line again.
"""

import http.server
import json
import re
import sys


def mark(question, answer):
    asked = {word for word in re.findall(r"[a-z]{4,}", question.lower())}
    told = set(re.findall(r"[a-z]{4,}", answer.lower()))
    lines = [line for line in answer.splitlines() if line.strip()]
    score = 3 + min(3, len(asked & told)) + 2 * bool(re.search(r"\d", answer)) - 2 * (len(set(lines)) < len(lines))
    return max(1, min(10, score))


class Judge(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = request["messages"][-1]["content"]
        question = text.split("[A]")[0]
        a = re.search(r"\[A\]\n(.*)\n\[/A\]", text, re.S).group(1)
        b = re.search(r"\[B\]\n(.*)\n\[/B\]", text, re.S).group(1)
        verdict = f"A: {mark(question, a)}, B: {mark(question, b)}"
        words = len(text.split())
        answer = {
            "id": "verdict", "object": "chat.completion", "created": 0, "model": "rule",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": verdict}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": words, "completion_tokens": 4, "total_tokens": words + 4},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: requests hold what people said."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Judge).serve_forever()
