#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "gateway/openai/edit.hpp"
#include "gateway/openai/error_body.hpp"
#include "gateway/openai/request.hpp"
#include "gateway/openai/sse.hpp"

namespace offload::openai {
namespace {

using ::testing::HasSubstr;

bool scans(std::string_view text) {
  try {
    JsonScan scan(text);
    scan.value();
    scan.finish();
    return true;
  } catch (const Error&) {
    return false;
  }
}

TEST(JsonScan, TakesJsonAndNothingElse) {
  for (const char* good : {"0", "-0.5e+3", "\"\"", R"("a\"b\\")", "null", "[]", "{}",
                           R"([1,[2,{"a":[]}],{}])", R"( { "a" : 1 , "b" : [ true , false ] } )"}) {
    EXPECT_TRUE(scans(good)) << good;
    EXPECT_TRUE(nlohmann::json::accept(good)) << good;
  }
  for (const char* bad :
       {"",      "01",       "1.",        ".5",          "+1", "1e", "nul", "\"a", R"("a\")", "[1,]", "[1 2]",
        "{1:2}", R"({"a"})", R"({"a":})", R"({"a":1,})", "[",  "]",  "{]",  "[}",  "1 2",     "[1]]"}) {
    EXPECT_FALSE(scans(bad)) << bad;
  }
}

TEST(JsonScan, NestsSixtyFourLevels) {
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(scans(nested(64)));
  EXPECT_FALSE(scans(nested(65)));
  EXPECT_FALSE(scans(nested(100'000)));
}

TEST(JsonScan, ReadsStringsAndNumbers) {
  EXPECT_EQ(unquoted(R"("a\n\u00e9\ud83d\ude00\/")"), "a\n\u00e9\U0001F600/");
  EXPECT_EQ(unquoted(R"("\ud800x")"), "\uFFFDx");
  EXPECT_EQ(unquoted(R"("\x")"), std::nullopt);
  EXPECT_EQ(unquoted(R"("\u12g4")"), std::nullopt);
  EXPECT_EQ(whole_number("17"), 17);
  for (const char* no : {"", "-1", "-0", "1.0", "1e3", "true", "99999999999999999999"})
    EXPECT_EQ(whole_number(no), std::nullopt);
}

constexpr std::string_view kBody = R"({"model":"m","stream":true,"messages":[
 {"role":"developer","content":"be kind"},
 {"role":"user","content":[{"type":"text","text":"a"},{"image_url":{"detail":"low","url":"https://x/1.png"},"type":"image_url"}]},
 {"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
 {"role":"tool","content":"r","tool_call_id":"1"},
 {"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}},{"type":"text","text":"b\n"},{"type":"image_url","image_url":{"url":"data:image/png;base64,BB=="}}]}],
 "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"messages":{"type":"array"}}}}}],
 "max_completion_tokens":7,"n":2,"metadata":{"offload_task":"t","session_id":"s","offload_views":["front","side"]},"prompt_cache_key":"k"})";

TEST(ChatRequest, FindsWhatMatters) {
  const ChatRequest request = parse_chat_request(kBody);
  EXPECT_EQ(request.model, "m");
  EXPECT_TRUE(request.stream);
  EXPECT_FALSE(request.include_usage);
  EXPECT_EQ(request.messages.size(), 5u);
  EXPECT_EQ(request.messages[0].role, Role::system);
  EXPECT_EQ(request.user_turns, 2);
  EXPECT_EQ(request.last_user, 4u);
  EXPECT_TRUE(request.ends_with_user);
  EXPECT_EQ(request.max_tokens, 7);
  EXPECT_EQ(request.choices, 2);
  EXPECT_EQ(request.task, "t");
  EXPECT_EQ(request.session, "s");
  EXPECT_EQ(request.views, (std::vector<std::string>{"front", "side"}));
  EXPECT_EQ(turn_images(request).size(), 2u);
  EXPECT_EQ(last_user_text(request, kBody, 100), "b\n");
  EXPECT_EQ(last_user_text(request, kBody, 1), "b");
}

TEST(ChatRequest, ReadsNoKeyTwoWays) {
  const auto fact = [](const std::string& body) -> std::string {
    try {
      parse_chat_request(body);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const std::string messages = R"("messages":[{"role":"user","content":"x"}])";
  EXPECT_EQ(fact(R"({"model":"m",)" + messages + "}"), "");
  EXPECT_THAT(fact(R"({"model":"m","model":"n",)" + messages + "}"), HasSubstr("'model' is given twice"));
  EXPECT_THAT(fact(R"({"model":"m",)" + messages + "," + messages + "}"),
              HasSubstr("'messages' is given twice"));
  EXPECT_THAT(fact(R"({"m\u006fdel":"n","model":"m",)" + messages + "}"), HasSubstr("keys without escapes"));
  EXPECT_THAT(fact(R"({"model":"m","messages":[{"role":"user","role":"system","content":"x"}]})"),
              HasSubstr("'role' is given twice"));
  EXPECT_THAT(fact(R"({"model":"m","stream":"yes",)" + messages + "}"),
              HasSubstr("'stream' has to be true or false"));
  EXPECT_THAT(fact(R"({"model":"m","max_tokens":-1,)" + messages + "}"), HasSubstr("whole number"));
  EXPECT_THAT(
      fact(
          R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","image_url":"https://x"}]}]})"),
      HasSubstr("do not agree"));
  EXPECT_THAT(fact(R"({"model":"m","messages":[{"role":"system","content":"x"}]})"),
              HasSubstr("none of the user's"));
}

std::string without(std::string_view body, const std::vector<bool>& kept, std::size_t message = 4) {
  const ChatRequest request = parse_chat_request(body);
  EditedText text(body);
  drop_parts(text, request.messages[message], kept);
  EXPECT_EQ(text.text().size(), text.size());
  return text.text();
}

TEST(EditedText, DropsPartsAndNothingElse) {
  for (int bits = 0; bits < 8; ++bits) {
    std::vector<bool> kept = {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    const std::string edited = without(kBody, kept);
    auto expected = nlohmann::ordered_json::parse(kBody);
    auto& content = expected["messages"][4]["content"];
    for (int part = 2; part >= 0; --part) {
      if (!kept[static_cast<std::size_t>(part)]) content.erase(static_cast<std::size_t>(part));
    }
    if (content.empty()) content.push_back({{"type", "text"}, {"text", ""}});
    EXPECT_EQ(nlohmann::ordered_json::parse(edited), expected) << bits;
    EXPECT_EQ(edited.substr(0, 400), std::string(kBody.substr(0, 400)));
    EXPECT_EQ(edited.substr(edited.size() - 100), std::string(kBody.substr(kBody.size() - 100)));
  }
}

TEST(EditedText, NamesLimitsAndAsks) {
  const std::string body =
      R"({ "stream_options":{"x":1}, "stream":true,"messages":[{"role":"user","content":"x"}],"model":"a\"b" })";
  const ChatRequest request = parse_chat_request(body);
  EXPECT_EQ(request.model, "a\"b");
  EditedText text(body);
  ask_for_usage(text, request, body);
  name_model(text, request, "c\"d");
  limit_tokens(text, body, "max_tokens", 5);
  EXPECT_EQ(
      text.text(),
      R"({"max_tokens":5, "stream_options":{"include_usage":true}, "stream":true,"messages":[{"role":"user","content":"x"}],"model":"c\"d" })");
}

// What litellm 1.110.2 and vercel/ai (pull request 12425) mend of xAI: 12 + 1 tokens, 386 of thoughts, and
// 399 in all. Gemini's endpoint for OpenAI's clients tells no details.
TEST(Usage, HasThoughtsThatTheTotalAloneCounts) {
  const auto usage = [](const std::string& text) {
    return facts_of(R"({"usage":{"prompt_tokens":12,"completion_tokens":1,)" + text + "}}").usage;
  };
  EXPECT_EQ(usage(R"("total_tokens":399,"completion_tokens_details":{"reasoning_tokens":386})"),
            (Usage{12, 0, 387}));
  EXPECT_EQ(usage(R"("total_tokens":399)"), (Usage{12, 0, 387}));
  for (const char* none : {R"("total_tokens":13)", R"("total_tokens":0)", R"("total_tokens":null)",
                           R"("total_tokens":-5)", R"("total_tokens":99999999999)"}) {
    EXPECT_EQ(usage(none), (Usage{12, 0, 1})) << none;
  }
}

TEST(Usage, IsTakenWhole) {
  const auto usage = [](const std::string& text) { return facts_of(R"({"usage":)" + text + "}").usage; };
  EXPECT_EQ(usage(R"({"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2}})"),
            (Usage{3, 2, 4}));
  EXPECT_EQ(usage(R"({"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":null})"),
            (Usage{3, 0, 4}));
  for (const char* no :
       {"null", "3", "{}", R"({"prompt_tokens":3})", R"({"prompt_tokens":-3,"completion_tokens":4})",
        R"({"prompt_tokens":3.5,"completion_tokens":4})", R"({"prompt_tokens":true,"completion_tokens":4})",
        R"({"prompt_tokens":1,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":2}})",
        R"({"prompt_tokens":99999999999,"completion_tokens":4})"}) {
    EXPECT_EQ(usage(no), std::nullopt) << no;
  }
  EXPECT_EQ(known_usage(Usage{0, 0, 0}), std::nullopt);
  EXPECT_EQ(known_usage(Usage{0, 0, 9}), std::nullopt);
  EXPECT_EQ(known_usage(Usage{1, 0, 0}), (Usage{1, 0, 0}));
  EXPECT_EQ(known_usage(std::nullopt), std::nullopt);
  EXPECT_TRUE(facts_of(R"({"choices":[]})").empty_choices);
  EXPECT_TRUE(facts_of(R"({"error":{"message":"x"}})").error);
  EXPECT_FALSE(facts_of("no json").has_choices);
}

TEST(AnswerFacts, TellWhichChoicesHaveEnded) {
  const auto ended = [](const std::string& choices) {
    return facts_of(R"({"choices":[)" + choices + "]}").ended;
  };
  EXPECT_EQ(ended(R"({"index":0,"finish_reason":"stop"},{"finish_reason":"length","index":1})"),
            Choices(0b11));
  EXPECT_EQ(ended(R"({"index":2,"finish_reason":"stop"},{"index":2,"finish_reason":"stop"})"),
            Choices(0b100));
  // Without an index it is the first.
  for (const char* index : {"", R"("index":null,)", R"("index":-1,)", R"("index":"a",)"})
    EXPECT_EQ(ended(fmt::format(R"({{{}"finish_reason":"stop"}})", index)), Choices(1)) << index;
  for (const char* none :
       {R"({"index":0})", R"({"finish_reason":null})", R"({"finish_reason":""})", "7",
        R"({"index":128,"finish_reason":"stop"})", R"({"index":9223372036854775807,"finish_reason":"stop"})"})
    EXPECT_TRUE(ended(none).none()) << none;
}

TEST(StreamRelay, HasEndedOnceEachOfItsChoicesHas) {
  StreamRelay relay(false);
  std::string out;
  const auto end = [&](int index, const std::string& reason = "stop") {
    relay.feed(
        fmt::format("data: {{\"choices\":[{{\"index\":{},\"finish_reason\":\"{}\"}}]}}\n\n", index, reason),
        out);
  };
  end(0);
  EXPECT_TRUE(relay.all_ended(1));
  end(0);
  end(1, "");
  end(2);
  EXPECT_FALSE(relay.all_ended(2));
  end(1);
  EXPECT_TRUE(relay.all_ended(3));
  EXPECT_FALSE(relay.all_ended(4));
  for (int index = 3; index < 128; ++index) end(index);
  EXPECT_TRUE(relay.all_ended(1'000'000'000));
}

TEST(SseSplitter, PutsEventsTogetherHoweverTheyAreCut) {
  const std::string text =
      ": c\n\ndata: 1\n\ndata: a\ndata: b\n\nevent: x\r\ndata: 2\r\n\r\n\ndata: 3\n\nrest";
  std::vector<std::string> whole;
  SseSplitter all;
  all.feed(text, [&](std::string_view event, bool) { whole.emplace_back(event); });
  EXPECT_EQ(whole.size(), 6u);
  EXPECT_EQ(event_data(whole[2]), "a\nb");
  EXPECT_EQ(event_data(whole[3]), "2");
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      std::vector<std::string> events;
      SseSplitter splitter;
      for (const auto& piece : {text.substr(0, a), text.substr(a, b - a), text.substr(b)}) {
        splitter.feed(piece, [&](std::string_view event, bool) { events.emplace_back(event); });
      }
      ASSERT_EQ(events, whole) << a << " " << b;
      ASSERT_EQ(splitter.take_rest(), "rest");
    }
  }
}

TEST(SseSplitter, LongEventsPassInPiecesAndAreNotLookedAt) {
  SseSplitter splitter;
  std::string out;
  int whole_events = 0;
  const auto take = [&](std::string_view event, bool whole) {
    out += event;
    whole_events += whole;
  };
  std::string text = "data: 1\n\ndata: " + std::string(3 * kEventMost, 'x') + "\n\ndata: 2\n\n";
  for (std::size_t at = 0; at < text.size(); at += 10'000) splitter.feed(text.substr(at, 10'000), take);
  EXPECT_EQ(out, text);
  EXPECT_EQ(whole_events, 2);
}

TEST(StreamRelay, EndsAnAnswerForItsLengthInTheServersWords) {
  StreamRelay relay(false);
  std::string out;
  EXPECT_EQ(relay.length_event(1),
            "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},"
            "\"finish_reason\":\"length\"}]}\n\n");
  relay.feed("data: {\"id\":\"x\",\"model\":\"m\",\"created\":7,\"choices\":[{\"delta\":{}}]}\n\n", out);
  relay.feed("data: {\"id\":\"later\",\"choices\":[{\"delta\":{}}]}\n\n", out);
  const std::string event = relay.length_event(2);
  const auto json = nlohmann::json::parse(event_data(event));
  EXPECT_EQ(json["id"], "x");
  EXPECT_EQ(json["model"], "m");
  EXPECT_EQ(json["created"], 7);
  EXPECT_EQ(json["choices"].size(), 2u);
  EXPECT_EQ(json["choices"][1]["finish_reason"], "length");
}

TEST(AnswerText, IsTheFirstChoices) {
  EXPECT_EQ(
      answer_text(
          R"({"id":1,"choices":[{"message":{"role":"a","content":"x\n"}},{"message":{"content":"y"}}]})"),
      "x\n");
  for (const char* none :
       {"", "{", "[]", R"({"choices":[]})", R"({"choices":[{"message":{"content":null}}]})",
        R"({"choices":[1,{"message":{"content":"y"}}]})", R"({"choices":[{"message":{"content":"x"}}]} 7)"})
    EXPECT_EQ(answer_text(none), std::nullopt) << none;
}

TEST(AnswerText, IsJoinedOfAStreamAsFarAsWanted) {
  const auto text = [](std::size_t most) {
    StreamRelay relay(false, most);
    std::string out;
    for (const char* piece : {R"({"role":"assistant","content":""})", R"({"content":"on\u0065 "})",
                              R"({"content":null})", R"({"content":"two"})"})
      relay.feed("data: {\"choices\":[{\"delta\":" + std::string(piece) + "}]}\n\n", out);
    return relay.text();
  };
  EXPECT_EQ(text(100), "one two");
  EXPECT_EQ(text(5), "one t");
  EXPECT_EQ(text(0), "");
}

TEST(EditedText, AnAnswerGetsAMemberMore) {
  EXPECT_EQ(with_member(R"( { "a":1})", "x", "2"), R"( {"x":2, "a":1})");
  EXPECT_EQ(with_member("{ }", "x", "2"), R"({"x":2 })");
  for (const char* other : {"", "[1]", "7", "\"{\""}) EXPECT_EQ(with_member(other, "x", "2"), other);
}

TEST(StreamRelay, TellsErrorsAsClientsKnowThem) {
  const auto relayed = [](const std::string& event) {
    StreamRelay relay(false);
    std::string out;
    relay.feed(event, out);
    EXPECT_TRUE(relay.error());
    return out;
  };
  const std::string usual = "data: {\"error\":{\"message\":\"m\"}}\n\n";
  EXPECT_EQ(relayed(usual), usual);
  EXPECT_EQ(relayed("event: error\r\n" + usual), usual);
  EXPECT_EQ(relayed("data: {\"object\":\"error\",\"message\":\"m\"}\n\n"),
            "data: {\"error\":{\"object\":\"error\",\"message\":\"m\"}}\n\n");
}

TEST(ErrorBody, IsJsonWhateverIsSaid) {
  const auto error = nlohmann::json::parse(error_body("a \"b\"\n\x01\\", "t", "c"))["error"];
  EXPECT_EQ(error["message"], "a \"b\"\n\x01\\");
  EXPECT_TRUE(error["param"].is_null());
}

}  // namespace
}  // namespace offload::openai
