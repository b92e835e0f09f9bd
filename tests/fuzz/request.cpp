// Requests of clients: what the parser accepts is JSON, and stays what it was but for what an edit says.
#include <nlohmann/json.hpp>

#include "fuzz/input.hpp"
#include "gateway/openai/edit.hpp"
#include "gateway/openai/request.hpp"

using namespace offload;
using namespace offload::openai;

namespace {

nlohmann::json parsed(const std::string& text) { return nlohmann::json::parse(text, nullptr, false); }

// The inside of strings passes as it came, so that what is no UTF-8 is not JSON to other readers.
bool is_json(std::string_view text) { return nlohmann::json::accept(text); }

void check_edits(const ChatRequest& request, std::string_view body) {
  EditedText text(body);
  name_model(text, request, "model \"x\"");
  ask_for_usage(text, request, body);
  if (!request.has_max_tokens) limit_tokens(text, body, "max_output", 5);
  for (const Message& message : request.messages) {
    std::vector<bool> kept;
    for (const Part& part : message.parts) kept.push_back(!part.image);
    if (std::find(kept.begin(), kept.end(), false) != kept.end()) drop_parts(text, message, kept);
  }
  const std::string edited = text.text();
  fuzz::require(edited.size() == text.size(), "an edited text has the size that it says");
  const auto json = parsed(edited);
  fuzz::require(!json.is_discarded(), "an edited request is JSON");
  fuzz::require(json["model"] == "model \"x\"", "the model is named");
  for (const auto& message : json["messages"]) {
    if (!message.contains("content") || !message["content"].is_array()) continue;
    for (const auto& part : message["content"]) fuzz::require(part["type"] != "image_url", "images are gone");
  }
}

}  // namespace

void fuzz_one(std::string_view input) {
  ChatRequest request;
  if (!fuzz::accepts([&] { request = parse_chat_request(input); })) return;
  fuzz::require(request.user_turns > 0 && request.last_user < request.messages.size(),
                "the user said something");
  fuzz::require(last_user_text(request, input, 64).size() <= 64, "texts are bounded");
  for (const Part* image : turn_images(request))
    fuzz::require(image->element.size() > 0, "an image has a place");
  if (is_json(input)) check_edits(request, input);
}
