// The official clients, where somebody has installed them: OFFLOAD_TEST_OPENAI_PYTHON names a Python that has
// the package openai, OFFLOAD_TEST_OPENAI_NODE a folder whose node_modules have it.
#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OfficialClients : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    cloud_.script([this](Exchange& exchange) {
      if (exchange.asks("refuse"))
        return exchange.answer(400, R"({"error":{"message":"no","type":"t","param":null,"code":null}})");
      if (exchange.asks("break off")) {
        exchange.begin_stream();
        exchange.chunk(delta("one"));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        return exchange.cut();
      }
      if (exchange.asks("slowly")) {
        exchange.begin_stream();
        exchange.chunk(delta("one"));
        aborted_ = exchange.gone(10000);
        exchange.keep = false;
        return;
      }
      if (exchange.asks("call a tool") && !exchange.asks("tool_call_id"))
        return exchange.answer(
            200,
            R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})");
      answer_well(exchange);
    });
    start("text-only");
  }
  void expect_all_well(const std::string& command) {
    const std::string out = (folder_ / "client.txt").string();
    const int status =
        std::system(fmt::format("{} http://127.0.0.1:{}/v1 >{} 2>&1", command, port_, out).c_str());
    const std::string text = read_text(out);
    std::cout << text;
    EXPECT_EQ(status, 0);
    EXPECT_THAT(text, Not(HasSubstr("FAIL")));
    for (int tries = 0; tries < 500 && !aborted_; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(aborted_) << "an aborted stream goes on at the server";
  }

  std::atomic<bool> aborted_ = false;
};

TEST_F(OfficialClients, OfPython) {
  const char* python = std::getenv("OFFLOAD_TEST_OPENAI_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "OFFLOAD_TEST_OPENAI_PYTHON names no Python with the package openai";
  expect_all_well(
      fmt::format("'{}' " OFFLOAD_SOURCE_DIR "/tests/end_to_end/gateway/sdk/openai_client.py", python));
}

TEST_F(OfficialClients, OfJavaScript) {
  const char* folder = std::getenv("OFFLOAD_TEST_OPENAI_NODE");
  if (folder == nullptr) GTEST_SKIP() << "OFFLOAD_TEST_OPENAI_NODE names no folder with node_modules/openai";
  // Modules are looked for beside the file.
  const auto file = std::filesystem::path(folder) / fmt::format("openai_client_{}.mjs", getpid());
  std::filesystem::copy_file(OFFLOAD_SOURCE_DIR "/tests/end_to_end/gateway/sdk/openai_client.mjs", file);
  expect_all_well(fmt::format("node '{}'", file.string()));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace offload::testing
