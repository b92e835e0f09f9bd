"""The official client for Python against a gateway: plain, streamed, tools, images, abort, errors.

openai_client.py BASE_URL; prints a line per case and ends with status 1 where one does not hold.
"""
import sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
ask = [{"role": "user", "content": "hello"}]
tools = [{"type": "function", "function": {"name": "look", "parameters": {
    "type": "object", "properties": {"messages": {"type": "array", "items": {"type": "string"}}}}}}]
image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
failed = False


def case(name, holds):
    global failed
    failed = failed or not holds
    print(("ok   " if holds else "FAIL ") + name, flush=True)


def status(call):
    try:
        call()
        return 200
    except openai.APIStatusError as error:
        return error.status_code


def create(**more):
    return client.chat.completions.create(**{"model": "cloud", "messages": ask, **more})


case("models", [m.id for m in client.models.list()] == ["offload-auto", "local", "cloud"])
plain = create()
case("plain", plain.choices[0].message.content == "well" and plain.usage.total_tokens == 120)
chunks = list(create(stream=True))
case("streamed", "".join(c.choices[0].delta.content or "" for c in chunks) == "one two"
     and all(c.usage is None for c in chunks) and chunks[-1].choices[0].finish_reason == "stop")
chunks = list(create(stream=True, stream_options={"include_usage": True}))
case("streamed with usage", chunks[-1].usage.total_tokens == 120 and chunks[-1].choices == [])
called = create(tools=tools, messages=[{"role": "user", "content": "call a tool"}], extra_headers={"x-session-id": "py-tool"})
call = called.choices[0].message.tool_calls[0]
case("tool asked for", call.function.name == "look")
again = create(tools=tools, extra_headers={"x-session-id": "py-tool"}, messages=[
    {"role": "user", "content": "call a tool"},
    {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
    {"role": "tool", "tool_call_id": call.id, "content": "42"}])
case("tool answered", again.choices[0].message.content == "well")
seen = create(messages=[{"role": "user", "content": [{"type": "text", "text": "look"}, image]}])
case("images", seen.choices[0].message.content == "well")
stream = create(stream=True, messages=[{"role": "user", "content": "slowly"}])
next(iter(stream))
stream.close()
case("aborted", True)
case("error of the server", status(lambda: create(messages=[{"role": "user", "content": "refuse"}])) == 400)
case("no such model", status(lambda: create(model="none")) == 404)
case("budget", status(lambda: create(extra_headers={"x-offload-cost-usd": "0", "x-session-id": "py-poor"})) == 429)
try:
    list(create(stream=True, messages=[{"role": "user", "content": "break off"}]))
    case("error in the stream", False)
except openai.APIError as error:
    case("error in the stream", "broke off" in str(error))
print("openai " + openai.__version__)
sys.exit(failed)
