// What the gateway changes of a request before it goes on: the model's name, the images that were not chosen,
// and that usage be reported. All else is handed on byte for byte, so that caches of prompts still hit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/openai/request.hpp"

namespace offload::openai {

// A text in pieces that refer to the original and to replacements of its own. Movable; the original outlives
// it.
class EditedText {
 public:
  explicit EditedText(std::string_view original) : original_(original) {}

  // Edits in any order; they do not overlap, and two insertions at one place keep their order.
  void replace(Span at, std::string text);
  void insert(std::size_t at, std::string text) { replace({at, at}, std::move(text)); }

  std::vector<std::string_view> pieces() const;
  std::size_t size() const;
  std::string text() const;

 private:
  struct Edit {
    Span at;
    std::string text;
  };
  std::string_view original_;
  std::vector<Edit> edits_;  // ascending
};

// Removes the parts of a message that are not `kept` [parts]. Where none is kept an empty text part stands
// for them, since servers refuse an empty list.
void drop_parts(EditedText& text, const Message& message, const std::vector<bool>& kept);
// Names another model.
void name_model(EditedText& text, const ChatRequest& request, std::string_view model);
// Asks for usage at the end of a stream, where the client did not.
void ask_for_usage(EditedText& text, const ChatRequest& request, std::string_view body);
// Limits the answer under `key` where the client did not. `body` holds at least one member.
void limit_tokens(EditedText& text, std::string_view body, std::string_view key, std::int64_t most);

// An answer with one more member at its beginning; as it came where it is no JSON object. `value` is JSON.
std::string with_member(std::string_view json, std::string_view name, std::string_view value);

}  // namespace offload::openai
