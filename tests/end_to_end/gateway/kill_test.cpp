// The gateway killed at random moments while clients talk to it: nothing paid is asked for twice, and nothing
// that was answered or spent is lost. OFFLOAD_TEST_KILLS kills, 12 without it.
#include <offload/random.hpp>

#include <set>

#include "end_to_end/gateway/gateway_fixture.hpp"

namespace offload::testing {
namespace {

constexpr std::int64_t kBilled = 100 * 2'500'000 + 20 * 10'000'000;  // pico-dollars of one answer

class GatewayKills : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    cloud_.script([this](Exchange& exchange) {
      {
        const std::lock_guard lock(noted_);
        ++billed_[exchange.request.field("idempotency-key")];
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(exchange.number % 7));
      answer_well(exchange);
    });
    const char* asked = std::getenv("OFFLOAD_TEST_KILLS");
    if (asked != nullptr) kills_ = std::atoi(asked);
  }

  static int free_port() {
    const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any = Socket::loopback(0);
    bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
    socklen_t size = sizeof any;
    getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&any), &size);
    return ntohs(any.sin_port);
  }

  // Turns of sessions that are left where an answer does not come whole.
  void talk(int thread) {
    for (int s = 0; !ended_; ++s) {
      Client one(port_);
      if (!one.socket().open()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      std::string turns;
      for (int turn = 0; turn < 4 && !ended_; ++turn) {
        const std::string body =
            fmt::format(R"({{"model":"cloud","stream":{},"messages":[{}{{"role":"user","content":"t{}"}}]}})",
                        turn % 2 == 0, turns, turn);
        const Message answer = one.ask(body, {{"x-session-id", fmt::format("k{}-{}", thread, s)}});
        if (answer.status() != 200 || !answer.whole) break;
        const std::lock_guard lock(noted_);
        answered_.push_back(std::stoull(answer.field("x-offload-decision")));
        turns +=
            fmt::format(R"({{"role":"user","content":"t{}"}},{{"role":"assistant","content":"w"}},)", turn);
      }
    }
  }

  int kills_ = 12;
  std::mutex noted_;
  std::map<std::string, int> billed_;
  std::vector<std::uint64_t> answered_;
  std::atomic<bool> ended_ = false;
};

TEST_F(GatewayKills, NothingIsPaidTwiceAndNothingLost) {
  const int port = free_port();
  configure("cost-min", "", "[budget]\nlatency_s = 100000\ncost_usd = 10\n", "",
            "max_output = 100\nretries = 0\n");
  std::string text = read_text(folder_ / "serve.toml");
  text.replace(text.find("127.0.0.1:0"), 11, fmt::format("127.0.0.1:{}", port));
  write("serve.toml", text);
  start();
  port_ = port;
  std::vector<std::thread> clients;
  for (int thread = 0; thread < 4; ++thread) clients.emplace_back([this, thread] { talk(thread); });
  Random random(7);
  for (int kill = 0; kill < kills_; ++kill) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random.below(400)));
    EXPECT_EQ(stop(SIGKILL), 128 + SIGKILL);
    start();
    port_ = port;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ended_ = true;
  for (std::thread& one : clients) one.join();
  EXPECT_EQ(stop(), 143);

  std::map<std::string, nlohmann::json> decided;
  std::map<std::uint64_t, nlohmann::json> settled;
  for (const auto& line : journal()) {
    if (line["e"] == "decided")
      decided[fmt::format("offload-{}-{}", line["s"].get<int>(), line["d"].get<int>())] = line;
    if (line["e"] == "settled") {
      EXPECT_TRUE(settled.emplace(line["d"], line).second) << "settled twice: " << line;
    }
  }
  EXPECT_EQ(decided.size(), settled.size());
  EXPECT_GT(billed_.size(), static_cast<std::size_t>(kills_));
  for (const auto& [key, times] : billed_) {
    EXPECT_EQ(times, 1) << key;
    ASSERT_TRUE(decided.contains(key)) << key << " was called for and not journalled";
    EXPECT_GE(settled.at(decided[key]["d"])["amount"][1], kBilled) << key;
  }
  EXPECT_GT(answered_.size(), static_cast<std::size_t>(kills_));
  for (const std::uint64_t decision : answered_) {
    ASSERT_TRUE(settled.contains(decision)) << decision << " was answered and not settled";
    EXPECT_EQ(settled[decision]["outcome"], "ok");
  }
  const Outcome verified = run("verify journal.jsonl --serve serve.toml");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

}  // namespace
}  // namespace offload::testing
