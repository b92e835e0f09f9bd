// A cloud behind TLS: only one that shows a certificate for its name from a known authority is told anything.
#include "end_to_end/gateway/gateway_fixture.hpp"
#include "end_to_end/gateway/tls_front.hpp"

namespace offload::testing {
namespace {

class GatewayTls : public GatewayTest {
 protected:
  // Serves with the cloud at https://localhost, whose certificate is for `host`.
  void serve(const std::string& host, const std::string& cloud) {
    front_ = std::make_unique<TlsFront>(cloud_.port(), host, folder_ / "ca.pem");
    configure("local-only", "", "", "", "retries = 0\n" + cloud);
    std::string text = read_text(folder_ / "serve.toml");
    const std::string clear = cloud_.url();
    text.replace(text.find(clear), clear.size(), fmt::format("https://localhost:{}/v1", front_->port()));
    write("serve.toml", text);
    start();
  }
  // Nothing was said to it, and nothing is owed.
  void expect_refused() {
    const Message answer = client().ask(chat("hello", "", "cloud"), {{"x-session-id", "s"}});
    EXPECT_EQ(answer.field("x-offload-endpoint"), "local");
    EXPECT_EQ(answer.field("x-offload-fallback"), "true");
    EXPECT_EQ(cloud_.calls(), 0);
    EXPECT_EQ(journal_with("settled", 1).back()["amount"][1], 0);
  }

  std::unique_ptr<TlsFront> front_;
};

TEST_F(GatewayTls, AnswersComeThroughItWholeAndStreamed) {
  serve("localhost", "ca_file = \"ca.pem\"\n");
  const std::string huge(300'000, 'x');
  Client one = client();
  EXPECT_EQ(one.ask(chat(huge, "", "cloud")).status(), 200);
  EXPECT_NE(cloud_.last().body.find(huge), std::string::npos);
  const Message streamed = one.ask(chat("hello", ",\"stream\":true", "cloud"));
  EXPECT_EQ(streamed.body, delta("one ") + delta("two") + last_delta() + event("[DONE]"));
  EXPECT_EQ(cloud_.calls(), 2);
  // Kept and used again.
  EXPECT_EQ(front_->handshakes(), 1);
}

TEST_F(GatewayTls, AnUnknownAuthorityIsToldNothing) {
  serve("localhost", "");
  expect_refused();
}

TEST_F(GatewayTls, ACertificateForAnotherNameIsNone) {
  serve("elsewhere.example", "ca_file = \"ca.pem\"\n");
  expect_refused();
}

TEST_F(GatewayTls, AFileWithoutCertificatesIsRefusedAtTheStart) {
  write("none.pem", "no certificate\n");
  configure("local-only", "", "", "", "ca_file = \"none.pem\"\n");
  std::string text = read_text(folder_ / "serve.toml");
  const std::string clear = cloud_.url();
  text.replace(text.find(clear), clear.size(), "https://localhost:1/v1");
  write("serve.toml", text);
  const Outcome refused = run("serve serve.toml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, ::testing::HasSubstr("ca_file: no certificates can be read"));
}

}  // namespace
}  // namespace offload::testing
