#include "gateway/openai/request.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace offload::openai {
namespace {

constexpr std::size_t kMessagesMost = 100'000, kPartsMost = 10'000, kNameMost = 4096;
constexpr std::int64_t kTokensMost = 1'000'000'000;

class RequestParser {
 public:
  explicit RequestParser(std::string_view body) : body_(body), scan_(body) {}

  ChatRequest parse();

 private:
  std::string_view raw(Span span) const { return span.in(body_); }
  void once(std::uint32_t& seen, std::uint32_t bit, std::string_view key) const {
    if ((seen & bit) != 0) fail(ErrorKind::data, "'{}' is given twice", key);
    seen |= bit;
  }
  std::string short_text(std::string_view key);
  bool truth(std::string_view key);
  std::int64_t count(std::string_view key);
  void member(std::string_view key);
  void stream_options();
  void metadata();
  void message();
  void part(Message& message);
  void image_url();
  void finish_message(Message message);

  std::string_view body_;
  JsonScan scan_;
  ChatRequest request_;
  std::uint32_t seen_ = 0;
};

// Null counts as absent: clients write it for defaults.
std::string RequestParser::short_text(std::string_view key) {
  if (scan_.peek() == 'n') {
    scan_.value();
    return {};
  }
  if (scan_.peek() != '"') fail(ErrorKind::data, "'{}' has to be a string", key);
  auto text = unquoted(raw(scan_.value()));
  if (!text || text->size() > kNameMost)
    fail(ErrorKind::data, "'{}' is no string of at most {} bytes", key, kNameMost);
  return std::move(*text);
}

bool RequestParser::truth(std::string_view key) {
  const std::string_view text = raw(scan_.value());
  if (text != "true" && text != "false" && text != "null")
    fail(ErrorKind::data, "'{}' has to be true or false", key);
  return text == "true";
}

// 0 for null.
std::int64_t RequestParser::count(std::string_view key) {
  const std::string_view text = raw(scan_.value());
  if (text == "null") return 0;
  const auto value = whole_number(text);
  if (!value || *value > kTokensMost) fail(ErrorKind::data, "'{}' has to be a whole number", key);
  return *value;
}

void RequestParser::image_url() {
  std::uint32_t seen = 0;
  const auto check = [this](Span url) {
    const std::string_view text = raw(url);
    const bool known =
        text.starts_with("\"data:image/") || text.starts_with("\"https://") || text.starts_with("\"http://");
    if (!known) fail(ErrorKind::data, "an image has to be a data:image/ or https: address");
  };
  if (scan_.peek() == '"') return check(scan_.value());
  scan_.object([&](std::string_view key) {
    if (key != "url") {
      scan_.value();
      return;
    }
    once(seen, 1, "url");
    if (scan_.peek() != '"') fail(ErrorKind::data, "'url' of an image has to be a string");
    check(scan_.value());
  });
  if (seen == 0) fail(ErrorKind::data, "an image has no 'url'");
}

void RequestParser::part(Message& message) {
  if (message.parts.size() == kPartsMost)
    fail(ErrorKind::data, "more than {} parts in a message", kPartsMost);
  if (scan_.peek() != '{') fail(ErrorKind::data, "a part of 'content' has to be an object");
  Part part;
  std::uint32_t seen = 0;
  std::string type;
  part.element = scan_.object([&](std::string_view key) {
    if (key == "type") {
      once(seen, 1, key);
      type = short_text(key);
    } else if (key == "image_url") {
      once(seen, 2, key);
      image_url();
    } else if (key == "text") {
      once(seen, 4, key);
      part.text = scan_.value();
      if (!raw(part.text).starts_with('"')) fail(ErrorKind::data, "'text' of a part has to be a string");
    } else {
      scan_.value();
    }
  });
  if (type.empty()) fail(ErrorKind::data, "a part of 'content' has no 'type'");
  part.image = type == "image_url";
  if (part.image != ((seen & 2) != 0))
    fail(ErrorKind::data, "a part's 'type' and what it holds do not agree");
  if (part.image) request_.image_bytes += part.element.size();
  message.parts.push_back(part);
}

void RequestParser::message() {
  if (request_.messages.size() == kMessagesMost)
    fail(ErrorKind::data, "more than {} messages", kMessagesMost);
  if (scan_.peek() != '{') fail(ErrorKind::data, "a message has to be an object");
  Message message;
  std::uint32_t seen = 0;
  std::string role;
  scan_.object([&](std::string_view key) {
    if (key == "role") {
      once(seen, 1, key);
      role = short_text(key);
    } else if (key == "content") {
      once(seen, 2, key);
      const char kind = scan_.peek();
      if (kind != '"' && kind != '[' && kind != 'n')
        fail(ErrorKind::data, "'content' has to be a string or a list of parts");
      message.content = kind == '[' ? scan_.array([&] { part(message); }) : scan_.value();
    } else {
      scan_.value();
    }
  });
  if (role.empty()) fail(ErrorKind::data, "a message has no 'role'");
  if (role == "user") message.role = Role::user;
  if (role == "system" || role == "developer") message.role = Role::system;
  finish_message(std::move(message));
}

void RequestParser::finish_message(Message message) {
  request_.ends_with_user = message.role == Role::user;
  if (request_.ends_with_user) {
    if (message.content.size() == 0 || raw(message.content) == "null")
      fail(ErrorKind::data, "a message of the user has no 'content'");
    ++request_.user_turns;
    request_.last_user = request_.messages.size();
  }
  request_.messages.push_back(std::move(message));
}

void RequestParser::stream_options() {
  if (scan_.peek() == 'n') {
    request_.stream_options = scan_.value();
    return;
  }
  std::uint32_t seen = 0;
  request_.stream_options = scan_.object([&](std::string_view key) {
    if (key != "include_usage") {
      scan_.value();
      return;
    }
    once(seen, 1, key);
    request_.include_usage = truth(key);
  });
}

void RequestParser::metadata() {
  if (scan_.peek() == 'n') {
    scan_.value();
    return;
  }
  std::uint32_t seen = 0;
  scan_.object([&](std::string_view key) {
    if (key == "offload_task") {
      once(seen, 1, key);
      request_.task = short_text(key);
    } else if (key == "session_id") {
      once(seen, 2, key);
      request_.session = short_text(key);
      request_.session_from_metadata = true;
    } else if (key == "offload_views") {
      once(seen, 4, key);
      scan_.array([&] {
        if (request_.views.size() == 64) fail(ErrorKind::data, "more than 64 names in 'offload_views'");
        request_.views.push_back(short_text(key));
      });
    } else {
      scan_.value();
    }
  });
}

void RequestParser::member(std::string_view key) {
  if (key == "model") {
    once(seen_, 1, key);
    if (scan_.peek() != '"') fail(ErrorKind::data, "'model' has to be a string");
    JsonScan ahead = scan_;
    request_.model_at = ahead.value();
    request_.model = short_text(key);
  } else if (key == "messages") {
    once(seen_, 2, key);
    if (scan_.peek() != '[') fail(ErrorKind::data, "'messages' has to be a list");
    scan_.array([this] { message(); });
  } else if (key == "stream") {
    once(seen_, 4, key);
    request_.stream = truth(key);
  } else if (key == "stream_options") {
    once(seen_, 8, key);
    stream_options();
  } else if (key == "max_tokens" || key == "max_completion_tokens") {
    once(seen_, key.size() == 10 ? 16 : 32, key);
    const std::int64_t most = count(key);
    request_.has_max_tokens = request_.has_max_tokens || most > 0;
    request_.max_tokens = std::max(request_.max_tokens, most);
  } else if (key == "n") {
    once(seen_, 64, key);
    request_.choices = std::max<std::int64_t>(1, count(key));
  } else if (key == "metadata") {
    once(seen_, 128, key);
    metadata();
  } else if (key == "prompt_cache_key") {
    once(seen_, 256, key);
    std::string text = short_text(key);
    if (!request_.session_from_metadata) request_.session = std::move(text);
  } else {
    scan_.value();
  }
}

ChatRequest RequestParser::parse() {
  if (scan_.peek() != '{') fail(ErrorKind::data, "the body has to be a JSON object");
  scan_.object([this](std::string_view key) { member(key); });
  scan_.finish();
  if ((seen_ & 1) == 0) fail(ErrorKind::data, "'model' is missing");
  if ((seen_ & 2) == 0 || request_.messages.empty()) fail(ErrorKind::data, "'messages' is missing or empty");
  if (request_.user_turns == 0) fail(ErrorKind::data, "'messages' holds none of the user's");
  return std::move(request_);
}

}  // namespace

ChatRequest parse_chat_request(std::string_view body) { return RequestParser(body).parse(); }

std::vector<const Part*> turn_images(const ChatRequest& request) {
  std::vector<const Part*> images;
  for (const Part& part : request.messages[request.last_user].parts) {
    if (part.image) images.push_back(&part);
  }
  return images;
}

std::string last_user_text(const ChatRequest& request, std::string_view body, std::size_t most) {
  const Message& message = request.messages[request.last_user];
  std::string text;
  const auto add = [&](Span span) {
    if (text.size() >= most || span.size() == 0) return;
    // Whole escapes only: a cut one would make the rest unreadable.
    if (auto some = unquoted(span.in(body))) text += some->substr(0, most - text.size());
  };
  if (message.parts.empty()) add(message.content);
  for (const Part& part : message.parts) add(part.text);
  return text;
}

}  // namespace offload::openai
