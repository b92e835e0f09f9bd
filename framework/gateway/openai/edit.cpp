#include "gateway/openai/edit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/openai/error_body.hpp"

namespace offload::openai {

void EditedText::replace(Span at, std::string text) {
  const auto place = std::upper_bound(edits_.begin(), edits_.end(), at,
                                      [](Span a, const Edit& edit) { return a.begin < edit.at.begin; });
  edits_.insert(place, {at, std::move(text)});
}

std::vector<std::string_view> EditedText::pieces() const {
  std::vector<std::string_view> pieces;
  std::size_t done = 0;
  const auto add = [&pieces](std::string_view text) {
    if (!text.empty()) pieces.push_back(text);
  };
  for (const Edit& edit : edits_) {
    add(original_.substr(done, edit.at.begin - done));
    add(edit.text);
    done = edit.at.end;
  }
  add(original_.substr(done));
  return pieces;
}

std::size_t EditedText::size() const {
  std::size_t size = original_.size();
  for (const Edit& edit : edits_) size += edit.text.size() - edit.at.size();
  return size;
}

std::string EditedText::text() const {
  std::string text;
  text.reserve(size());
  for (const std::string_view piece : pieces()) text += piece;
  return text;
}

void drop_parts(EditedText& text, const Message& message, const std::vector<bool>& kept) {
  const std::vector<Part>& parts = message.parts;
  if (std::find(kept.begin(), kept.end(), true) == kept.end()) {
    if (parts.empty()) return;
    return text.replace({parts.front().element.begin, parts.back().element.end},
                        R"({"type":"text","text":""})");
  }
  bool before = false;  // whether one that is kept stands before
  for (std::size_t i = 0; i < parts.size(); ++i) {
    before = before || kept[i];
    if (kept[i]) continue;
    if (before) {
      text.replace({parts[i - 1].element.end, parts[i].element.end}, {});
    } else {
      text.replace({parts[i].element.begin, parts[i + 1].element.begin}, {});
    }
  }
}

void name_model(EditedText& text, const ChatRequest& request, std::string_view model) {
  text.replace(request.model_at, quoted(model));
}

void ask_for_usage(EditedText& text, const ChatRequest& request, std::string_view body) {
  if (!request.stream || request.include_usage) return;
  constexpr std::string_view wanted = R"({"include_usage":true})";
  if (request.stream_options.size() == 0)
    return text.insert(body.find('{') + 1, fmt::format(R"("stream_options":{},)", wanted));
  text.replace(request.stream_options, std::string(wanted));
}

void limit_tokens(EditedText& text, std::string_view body, std::string_view key, std::int64_t most) {
  text.insert(body.find('{') + 1, fmt::format(R"("{}":{},)", key, most));
}

std::string with_member(std::string_view json, std::string_view name, std::string_view value) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t open = json.find_first_not_of(kBlanks);
  if (open == std::string_view::npos || json[open] != '{') return std::string(json);
  const std::size_t next = json.find_first_not_of(kBlanks, open + 1);
  const bool more = next != std::string_view::npos && json[next] != '}';
  return fmt::format("{}{}:{}{}{}", json.substr(0, open + 1), quoted(name), value, more ? "," : "",
                     json.substr(open + 1));
}

}  // namespace offload::openai
