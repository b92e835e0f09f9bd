#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/upstream.hpp"

namespace offload::http {
namespace {

struct Read {
  std::string body;
  std::size_t used = 0;
  bool done = false, broken = false;
  bool operator==(const Read&) const = default;
};

Read read(BodyFraming framing, const std::string& wire, std::size_t piece) {
  Read result;
  std::string waiting;
  for (std::size_t at = 0; at < wire.size(); at += piece) {
    const std::string text = wire.substr(at, piece);
    result.used += framing.feed(text, [&](std::string_view body) { result.body += body; });
  }
  result.done = framing.done();
  result.broken = framing.broken();
  return result;
}

TEST(BodyFraming, FollowsChunksHoweverTheyAreCut) {
  const std::string wire = "5\r\nhello\r\nA;name=value\r\n, world!!!\r\n0\r\ntrailer: x\r\n\r\nnext";
  const Read expected{"hello, world!!!", wire.size() - 4, true, false};
  for (std::size_t piece = 1; piece <= wire.size(); ++piece)
    EXPECT_EQ(read(BodyFraming::chunked(), wire, piece), expected);
}

TEST(BodyFraming, RefusesWhatIsNoChunk) {
  for (const char* wire :
       {"x\r\n", "-1\r\n", "5\nhello", "\r\n", "5\r\nhelloX", "fffffffffffff\r\n", "5 x\r\nhello\n5",
        "1\r\na\n0\r\n\r\n", "1\r\na\r\r\n0\r\n\r\n", "0\r\n\n", "0\r\n\r\r\n", "1;x\na\r\n0\r\n\r\n"}) {
    const Read one = read(BodyFraming::chunked(), wire, 1);
    EXPECT_FALSE(one.done) << wire;
  }
  EXPECT_TRUE(read(BodyFraming::chunked(), "x\r\n", 1).broken);
  EXPECT_TRUE(read(BodyFraming::chunked(), "5\r\nhelloX", 3).broken);
}

TEST(BodyFraming, EndsByLengthOrByTheConnection) {
  EXPECT_EQ(read(BodyFraming::of_length(5), "hello, next", 2), (Read{"hello", 5, true, false}));
  EXPECT_TRUE(BodyFraming::none().done());
  EXPECT_EQ(read(BodyFraming::until_close(), "all", 1), (Read{"all", 3, false, false}));
  EXPECT_TRUE(BodyFraming::until_close().complete_at_close());
  EXPECT_FALSE(BodyFraming::chunked().complete_at_close());
}

TEST(BaseUrl, IsReadOneWay) {
  EXPECT_EQ(parse_base_url("http://127.0.0.1:8080/v1/", "t").base, "/v1");
  EXPECT_EQ(parse_base_url("https://api.example", "t").port, "443");
  EXPECT_EQ(parse_base_url("http://[::1]:80/v1", "t").host, "::1");
  EXPECT_EQ(parse_base_url("http://[::1]:81/v1", "t").authority(), "[::1]:81");
  for (const char* bad :
       {"", "ftp://x", "http://", "http://:80", "http://a:b", "http://a:1234567", "http://a:65536",
        "http://a:0", "http://u@h/v1", "http://h/v1?x", "http://h/a b", "http://[::1", "http://h\r\nx: y"}) {
    EXPECT_THROW(parse_base_url(bad, "t"), Error) << bad;
  }
}

}  // namespace
}  // namespace offload::http
