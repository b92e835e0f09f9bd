"""Sends dialogues through the gateway with the official client, streaming, and says what came.

usage: talk.py PORT DIALOGUES.jsonl COUNT
"""

import json
import sys
import time

import openai


def main():
    port, file, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0)
    with open(file, encoding="utf-8") as lines:
        dialogues = [json.loads(line) for line in lines][:count]
    turns = chunks = 0
    first_s = []
    for dialogue in dialogues:
        messages = []
        for turn in dialogue["turns"]:
            messages.append({"role": "user", "content": turn["question"]})
            began, answer = time.monotonic(), ""
            stream = client.chat.completions.create(
                model="offload-auto", messages=messages, stream=True, max_tokens=48,
                stream_options={"include_usage": True},
                extra_headers={"x-session-id": dialogue["id"], "x-offload-task": turn["task"]})
            usage = None
            for chunk in stream:
                usage = chunk.usage or usage
                if chunk.choices and chunk.choices[0].delta.content:
                    if not answer:
                        first_s.append(time.monotonic() - began)
                    answer += chunk.choices[0].delta.content
                    chunks += 1
            if not answer or usage is None:
                sys.exit(f"talk.py: {dialogue['id']}: no answer, or no usage")
            messages.append({"role": "assistant", "content": answer})
            turns += 1
    first_s.sort()
    print(f"openai {openai.__version__}: {len(dialogues)} dialogues, {turns} turns streamed in {chunks} chunks, "
          f"first text after {first_s[len(first_s) // 2]:.2f} s (median)")


if __name__ == "__main__":
    main()
