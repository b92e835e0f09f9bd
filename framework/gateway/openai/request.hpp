// A chat completion request as the gateway understands it: where the things stand that it reads or edits. The
// text stays as the client sent it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/openai/json_scan.hpp"

namespace offload::openai {

enum class Role : std::uint8_t { system, user, other };  // developer counts as system

// An element of a message's content.
struct Part {
  Span element, text;  // text: the string of a text part, quotes included
  bool image = false;
};

struct Message {
  Role role = Role::other;
  Span content;             // the value; empty where there is none
  std::vector<Part> parts;  // empty unless content is an array
};

struct ChatRequest {
  std::string model;
  Span model_at;  // with quotes
  std::vector<Message> messages;
  int user_turns = 0;              // messages of the user
  std::size_t last_user = 0;       // index of the last of them; only where user_turns > 0
  bool ends_with_user = false;     // else a tool loop goes on
  bool stream = false;             // "stream": true
  bool include_usage = false;      // the client asked for usage in its stream
  Span stream_options;             // the value; empty where absent
  bool has_max_tokens = false;     // max_tokens or max_completion_tokens
  std::int64_t max_tokens = 0;     // as asked for
  std::int64_t choices = 1;        // "n"
  std::size_t image_bytes = 0;     // of the text, in image parts
  std::string task, session;       // metadata.offload_task, metadata.session_id or prompt_cache_key
  std::vector<std::string> views;  // metadata.offload_views
  bool session_from_metadata = false;
};

// Throws Error(data): place and fact, fit to be shown to the client; nothing of the text is quoted. Refuses a
// key of those it reads that comes twice, images that are not data: or http(s): addresses, and messages that
// are not a list of objects with a role.
ChatRequest parse_chat_request(std::string_view body);

// The images of the last user message, in order; their number is what the turn has of views.
std::vector<const Part*> turn_images(const ChatRequest& request);

// What the user said last, decoded, at most `most` bytes; for task rules.
std::string last_user_text(const ChatRequest& request, std::string_view body, std::size_t most);

}  // namespace offload::openai
