#include "gateway/collect/messages.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kVerdictMost = 2000;  // bytes that are searched for marks
constexpr const char* kOfNumbers = "0123456789.";

struct ContentBuilder {
  const Dialogue& dialogue;
  std::int64_t images = 0;
  std::size_t image_bytes = 0;

  OrderedJson content(const std::string& text, std::uint32_t views) {
    if (views == 0) return text;
    OrderedJson parts = OrderedJson::array({{{"type", "text"}, {"text", text}}});
    for (std::size_t m = 0; m < dialogue.views.size(); ++m) {
      if ((views >> m & 1U) == 0) continue;
      parts.push_back({{"type", "image_url"}, {"image_url", {{"url", dialogue.views[m]}}}});
      ++images;
      image_bytes += dialogue.views[m].size();
    }
    return parts;
  }
};

std::uint32_t all_views(const Dialogue& dialogue) { return (1U << dialogue.views.size()) - 1; }

// Text that is not UTF-8 came from a file or a server; it must not end a collection.
std::string text_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace);
}

RoleRequest request_of(const EndpointSettings& end, const char* path, const OrderedJson& json,
                       const ContentBuilder& builder, std::int64_t output) {
  RoleRequest request{path, text_of(json), builder.images};
  const CallBound bound{request.body.size() - builder.image_bytes, builder.images, end.tokens_per_image,
                        output};
  request.bound_pusd = cost_bound(end.prices.dearest(), bound);
  request.bound_tokens =
      static_cast<std::int64_t>(bound.text_bytes) / 2 + builder.images * end.tokens_per_image + output;
  return request;
}

RoleRequest chat_of(const EndpointSettings& end, OrderedJson messages, const ContentBuilder& builder) {
  OrderedJson json;
  if (!end.model.empty()) json["model"] = end.model;
  json["messages"] = std::move(messages);
  json[end.limit_key] = end.max_output;
  json["temperature"] = 0;
  return request_of(end, "/chat/completions", json, builder, end.max_output);
}

OrderedJson message(const char* role, OrderedJson content) {
  return {{"role", role}, {"content", std::move(content)}};
}

std::optional<std::vector<double>> vector_of(const OrderedJson& list) {
  if (!list.is_array() || list.empty()) return std::nullopt;
  std::vector<double> numbers;
  for (const OrderedJson& value : list) {
    if (!value.is_number()) return std::nullopt;
    numbers.push_back(value.get<double>());
  }
  return numbers;
}

// nullopt for vectors that have no direction.
std::optional<double> cosine(const std::vector<double>& a, const std::vector<double>& b) {
  double product = 0, square_a = 0, square_b = 0;
  if (a.size() != b.size()) return std::nullopt;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    square_a += a[i] * a[i];
    square_b += b[i] * b[i];
  }
  const double value = product / std::sqrt(square_a * square_b);
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

void read_embeddings(const OrderedJson& json, int modalities, RoleAnswer& answer) {
  const auto data = json.find("data");
  const auto wanted = static_cast<std::size_t>(modalities) + 1;
  if (data == json.end() || !data->is_array() || data->size() != wanted) return;
  std::vector<std::vector<double>> vectors;
  for (const OrderedJson& one : *data) {
    if (!one.is_object() || !one.contains("embedding")) return;
    auto numbers = vector_of(one["embedding"]);
    if (!numbers) return;
    vectors.push_back(std::move(*numbers));
  }
  OrderedJson scores = OrderedJson::array();
  for (std::size_t m = 1; m < wanted; ++m) {
    const auto score = cosine(vectors[0], vectors[m]);
    if (!score) return;
    scores.push_back(*score);
  }
  answer.text = scores.dump();
  answer.usable = true;
}

void read_chat(Role role, const OrderedJson& json, RoleAnswer& answer) {
  const auto choices = json.find("choices");
  if (choices == json.end() || !choices->is_array() || choices->empty()) return;
  const OrderedJson& first = choices->front();
  if (!first.is_object() || !first.contains("message") || !first["message"].is_object()) return;
  const OrderedJson& said = first["message"];
  if (!said.contains("content") || !said["content"].is_string()) return;
  const bool finished = first.contains("finish_reason") && first["finish_reason"].is_string();
  answer.text = said["content"].get<std::string>();
  answer.usable = finished && !answer.text.empty();
  // Of a mark of 10 the limit of tokens may leave 1: one that ends a verdict which was cut is none.
  if (role == kJudgeRole && finished && first["finish_reason"] == "length")
    answer.text.erase(answer.text.find_last_not_of(kOfNumbers) + 1);
}

// Embeddings have no completion, so that the reader of chats finds no usage there.
std::optional<openai::Usage> usage_of(Role role, const OrderedJson& json, const std::string& body) {
  if (role != kAssociationRole) return openai::known_usage(openai::facts_of(body).usage);
  const auto usage = json.find("usage");
  if (usage == json.end() || !usage->is_object() || !usage->contains("prompt_tokens")) return std::nullopt;
  const OrderedJson& tokens = (*usage)["prompt_tokens"];
  if (!tokens.is_number_unsigned() || tokens.get<std::uint64_t>() > 1'000'000'000) return std::nullopt;
  return openai::known_usage(openai::Usage{tokens.get<std::int64_t>(), 0, 0});
}

}  // namespace

RoleRequest chat_request(const CollectPlan& plan, Role role, const Dialogue& dialogue,
                         const std::vector<AnsweredTurn>& before, std::uint32_t images) {
  const EndpointSettings& end = plan.role(role);
  const std::uint32_t taken = end.images && role != kLocalRole ? ~0U : 0;
  ContentBuilder builder{dialogue};
  OrderedJson messages = OrderedJson::array();
  if (!plan.system.empty()) messages.push_back(message("system", plan.system));
  for (std::size_t t = 0; t < before.size(); ++t) {
    messages.push_back(
        message("user", builder.content(dialogue.turns[t].question, before[t].images & taken)));
    messages.push_back(message("assistant", before[t].answer));
  }
  const std::string& question = dialogue.turns[before.size()].question;
  messages.push_back(message("user", builder.content(question, images & taken)));
  return chat_of(end, std::move(messages), builder);
}

RoleRequest judge_request(const CollectPlan& plan, const Dialogue& dialogue, std::size_t turn,
                          const std::string& candidate, const std::string& reference, bool swapped) {
  const EndpointSettings& end = plan.role(kJudgeRole);
  ContentBuilder builder{dialogue};
  const std::string text =
      fmt::format("Question:\n{}\n\n[A]\n{}\n[/A]\n\n[B]\n{}\n[/B]", dialogue.turns[turn].question,
                  swapped ? reference : candidate, swapped ? candidate : reference);
  OrderedJson messages = OrderedJson::array({message("system", plan.judging)});
  messages.push_back(message("user", builder.content(text, end.images ? all_views(dialogue) : 0)));
  return chat_of(end, std::move(messages), builder);
}

RoleRequest association_request(const CollectPlan& plan, const Dialogue& dialogue, std::size_t turn) {
  const EndpointSettings& end = plan.role(kAssociationRole);
  ContentBuilder builder{dialogue};
  OrderedJson input = OrderedJson::array({{{"text", dialogue.turns[turn].question}}});
  for (const std::string& view : dialogue.views) {
    input.push_back({{"image", view}});
    ++builder.images;
    builder.image_bytes += view.size();
  }
  return request_of(end, "/embeddings", {{"model", end.model}, {"input", std::move(input)}}, builder, 0);
}

RoleAnswer read_answer(Role role, const std::string& body, int modalities) {
  RoleAnswer answer;
  const OrderedJson json = OrderedJson::parse(body, nullptr, false);
  if (!json.is_object()) return answer;
  answer.usage = usage_of(role, json, body);
  const auto model = json.find("model");
  if (model != json.end() && model->is_string()) answer.model = model->get<std::string>().substr(0, 200);
  if (role == kAssociationRole) {
    read_embeddings(json, modalities, answer);
  } else {
    read_chat(role, json, answer);
  }
  return answer;
}

std::optional<std::pair<double, double>> read_verdict(std::string_view text) {
  static const std::regex marks(
      R"(\bA\s*[:=]\s*([0-9]+(?:\.[0-9]+)?)[^A-Za-z0-9]*\bB\s*[:=]\s*([0-9]+(?:\.[0-9]+)?))");
  std::string looked(text.substr(0, kVerdictMost));
  // As of an answer that was cut: the last mark may have gone on.
  if (looked.size() < text.size()) looked.erase(looked.find_last_not_of(kOfNumbers) + 1);
  std::smatch found;
  if (!std::regex_search(looked, found, marks)) return std::nullopt;
  // No locale: at most some digits, read by hand.
  const auto mark = [](const std::string& digits) {
    double value = 0, unit = 0;
    for (const char c : digits) {
      if (c == '.') {
        unit = 1;
      } else if (unit == 0) {
        value = value * 10 + (c - '0');
      } else {
        unit /= 10;
        value += unit * (c - '0');
      }
    }
    return value;
  };
  const std::pair<double, double> verdict = {mark(found[1].str()), mark(found[2].str())};
  const bool in_range =
      std::min(verdict.first, verdict.second) >= 1 && std::max(verdict.first, verdict.second) <= 10;
  if (!in_range) return std::nullopt;
  return verdict;
}

}  // namespace offload
