// `offload-bench collect` with a scripted server in all its roles, in a test's folder.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "end_to_end/command.hpp"
#include "end_to_end/gateway/scripted_backend.hpp"

namespace offload::testing {

inline constexpr int kPromptTokens = 100, kCompletionTokens = 20;

inline std::string said(const std::string& text, bool usage = true, const std::string& model = "m-2026") {
  nlohmann::json json = {
      {"id", "c1"},
      {"object", "chat.completion"},
      {"model", model},
      {"choices",
       {{{"index", 0}, {"message", {{"role", "assistant"}, {"content", text}}}, {"finish_reason", "stop"}}}}};
  if (usage)
    json["usage"] = {{"prompt_tokens", kPromptTokens},
                     {"completion_tokens", kCompletionTokens},
                     {"total_tokens", kPromptTokens + kCompletionTokens}};
  return json.dump();
}

class CollectTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    server_.script([this](Exchange& exchange) { serve(exchange); });
  }

  // By the model's name: a role each. The answer of a model says which images reached it with the last
  // message.
  virtual void serve(Exchange& exchange) {
    const auto body = nlohmann::json::parse(exchange.request.body);
    const std::string model = body.value("model", "");
    {
      const std::lock_guard lock(noted_);
      ++asked_[model];
      ++billed_[exchange.request.field("idempotency-key")];
    }
    if (model == "clip") return exchange.answer(200, embeddings(body));
    if (model == "judge") return exchange.answer(200, said(verdict(body)));
    exchange.answer(200, said(model + " saw" + images(body["messages"].back())));
  }
  // The answer that stands for the reference gets 5, the device's 4, the cloud's 6 and one more per image.
  static std::string verdict(const nlohmann::json& body) {
    const auto& content = body["messages"].back()["content"];
    const std::string text = (content.is_string() ? content : content[0]["text"]).get<std::string>();
    const std::size_t a = text.find("[A]\n") + 4, b = text.find("[B]\n") + 4;
    return fmt::format("A: {}, B: {}", mark(text.substr(a, text.find("\n[/A]") - a)),
                       mark(text.substr(b, text.find("\n[/B]") - b)));
  }
  static int mark(const std::string& answer) {
    if (answer.starts_with("ref")) return 5;
    if (answer.starts_with("local")) return 4;
    return 6 + static_cast<int>(std::count(answer.begin(), answer.end(), '+'));
  }
  static std::string images(const nlohmann::json& message) {
    std::string seen;
    if (!message["content"].is_array()) return seen;
    for (const auto& part : message["content"]) {
      if (part["type"] == "image_url")
        seen += "+" + part["image_url"]["url"].get<std::string>().substr(22, 4);
    }
    return seen;
  }
  static std::string embeddings(const nlohmann::json& body) {
    auto data = nlohmann::json::array();
    for (std::size_t i = 0; i < body["input"].size(); ++i) {
      const double along = i == 0 ? 1 : static_cast<double>(i);
      data.push_back({{"index", i}, {"embedding", {along, i == 0 ? 0.0 : 1.0}}});
    }
    return nlohmann::json{{"model", "clip"}, {"data", data}, {"usage", {{"prompt_tokens", 9}}}}.dump();
  }

  // `collect` are more lines of [collect], `more` lines behind [policy].
  void configure(const std::string& collect = "", const std::string& policy = "",
                 const std::string& judge = "", bool association = true) {
    std::string text = fmt::format("[collect]\nname = \"set\"\ndialogues = \"d.jsonl\"\n{}\n[policy]\n{}\n",
                                   collect, policy);
    const std::string price = "price = {input = 2.5, output = 10}";
    const std::pair<const char*, std::string> roles[] = {
        {"local", "model = \"local\""},
        {"cloud", "model = \"cloud\"\n" + price},
        {"reference", "model = \"ref\"\n" + price},
        {"judge", "model = \"judge\"\n" + price + "\n" + judge}};
    for (const auto& [role, lines] : roles)
      text += fmt::format("[{}]\nbase_url = \"{}\"\nmax_output = 64\n{}\n", role, server_.url(), lines);
    if (association)
      text += fmt::format("[association]\nbase_url = \"{}\"\nmodel = \"clip\"\n", server_.url());
    write("plan.toml", text);
  }
  // Of two turns each, with two views unless told.
  void dialogues(int count, bool views = true) {
    std::string text;
    for (int d = 0; d < count; ++d) {
      nlohmann::json json = {{"id", d}};
      if (views)
        json["views"] = {"data:image/png;base64,VW0x" + std::to_string(d), "data:image/png;base64,VW1x"};
      json["turns"] = {{{"question", fmt::format("marker-q{}", d)}, {"task", "cook"}},
                       {{"question", "and then?"}, {"task", "plan"}}};
      text += json.dump() + "\n";
    }
    write("d.jsonl", text);
  }
  nlohmann::json dataset() const { return nlohmann::json::parse(read_text(folder_ / "set/set.json")); }
  std::vector<nlohmann::json> journal() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(read_text(folder_ / "set/collect.jsonl"));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  // What a line like "spent 0.1 USD" tells.
  static double spent(const Outcome& outcome) {
    std::smatch found;
    const std::regex form("spent ([0-9.]+) USD");
    const std::string text = outcome.err;
    return std::regex_search(text, found, form) ? std::stod(found[1]) : -1;
  }

  std::mutex noted_;
  std::map<std::string, int> asked_, billed_;
  ScriptedBackend server_;  // the last: its threads use all of the above
};

}  // namespace offload::testing
