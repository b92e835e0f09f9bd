// The official client for JavaScript against a gateway: plain, streamed, tools, images, abort, errors.
// node openai_client.mjs BASE_URL; prints a line per case and ends with status 1 where one does not hold.
import OpenAI from "openai";
import { readFileSync } from "node:fs";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "hello" }];
const tools = [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { messages: { type: "array" } } } } }];
const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const create = (more = {}, options = {}) => client.chat.completions.create({ model: "cloud", messages, ...more }, options);
const said = (content) => ({ messages: [{ role: "user", content }] });
let failed = false;
const check = (name, holds) => {
  failed ||= !holds;
  console.log((holds ? "ok   " : "FAIL ") + name);
};
const status = async (call) => {
  try {
    await call();
    return 200;
  } catch (error) {
    return error.status;
  }
};
const all = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

const models = [];
for await (const model of client.models.list()) models.push(model.id);
check("models", models.join() === "offload-auto,local,cloud");
const plain = await create();
check("plain", plain.choices[0].message.content === "well" && plain.usage.total_tokens === 120);
let chunks = await all(await create({ stream: true }));
check("streamed", chunks.map((c) => c.choices[0].delta.content ?? "").join("") === "one two" && chunks.every((c) => !c.usage));
chunks = await all(await create({ stream: true, stream_options: { include_usage: true } }));
check("streamed with usage", chunks.at(-1).usage.total_tokens === 120);
const headers = { "x-session-id": "js-tool" };
const called = await create({ tools, ...said("call a tool") }, { headers });
const call = called.choices[0].message.tool_calls[0];
check("tool asked for", call.function.name === "look");
const again = await create({ tools, messages: [{ role: "user", content: "call a tool" }, { role: "assistant", content: null, tool_calls: [call] },
  { role: "tool", tool_call_id: call.id, content: "42" }] }, { headers });
check("tool answered", again.choices[0].message.content === "well");
const seen = await create(said([{ type: "text", text: "look" }, image]));
check("images", seen.choices[0].message.content === "well");
const stream = await create({ stream: true, ...said("slowly") });
for await (const chunk of stream) {
  stream.controller.abort();
  break;
}
check("aborted", true);
check("error of the server", (await status(() => create(said("refuse")))) === 400);
check("no such model", (await status(() => create({ model: "none" }))) === 404);
check("budget", (await status(() => create({}, { headers: { "x-offload-cost-usd": "0", "x-session-id": "js-poor" } }))) === 429);
try {
  await all(await create({ stream: true, ...said("break off") }));
  check("error in the stream", false);
} catch (error) {
  check("error in the stream", String(error).includes("broke off"));
}
const file = new URL("./node_modules/openai/package.json", import.meta.url);
console.log("openai " + JSON.parse(readFileSync(file)).version);
process.exit(failed ? 1 : 0);
