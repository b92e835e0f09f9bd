#include "gateway/http/upstream.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <cerrno>

#include "core/error.hpp"

namespace offload::http {
namespace {

namespace asio = boost::asio;

}  // namespace

std::string BaseUrl::authority() const {
  const bool usual = port == (secure ? "443" : "80");
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return usual ? name : name + ":" + port;
}

BaseUrl parse_base_url(const std::string& url, const std::string& place) {
  const auto refuse = [&](const char* fact) {
    offload::fail(ErrorKind::config, "{}: base_url '{}': {}; write it as http://127.0.0.1:8080/v1", place,
                  printable(url), fact);
  };
  BaseUrl parsed;
  parsed.secure = url.starts_with("https://");
  if (!parsed.secure && !url.starts_with("http://")) refuse("neither http:// nor https://");
  std::string rest = url.substr(parsed.secure ? 8 : 7);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  parsed.base = rest.substr(slash);
  while (parsed.base.ends_with('/')) parsed.base.pop_back();
  rest.resize(slash);
  for (const char c : rest + parsed.base) {
    if (c <= ' ' || c == '@' || c == '?' || c == '#' || c == '\x7f')
      refuse("it holds a character that it may not");
  }
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == std::string::npos) refuse("a bracket is not closed");
  const std::size_t colon = rest.find(':', bracket);
  parsed.host = bracket > 0 ? rest.substr(1, bracket - 1) : rest.substr(0, colon);
  parsed.port = colon == std::string::npos ? (parsed.secure ? "443" : "80") : rest.substr(colon + 1);
  const bool digits = parsed.port.find_first_not_of("0123456789") == std::string::npos;
  if (parsed.host.empty() || parsed.port.empty() || parsed.port.size() > 5 || !digits)
    refuse("no host or no port");
  if (const int port = std::stoi(parsed.port); port < 1 || port > 65535) refuse("there is no such port");
  return parsed;
}

Upstream::Upstream(asio::io_context& io, asio::ssl::context* tls, Deadlines& deadlines, BaseUrl url,
                   CallTimes times, std::string key)
    : io_(io),
      tls_(tls),
      deadlines_(deadlines),
      url_(std::move(url)),
      times_(times),
      key_(std::move(key)),
      resolver_(io) {}

std::unique_ptr<Wire> Upstream::kept_wire() {
  while (!kept_.empty()) {
    std::unique_ptr<Wire> wire = std::move(kept_.back());
    kept_.pop_back();
    char byte = 0;
    const ssize_t count = recv(wire->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wire;
  }
  return nullptr;
}

void Upstream::keep(std::unique_ptr<Wire> wire) {
  if (kept_.size() < kKept) kept_.push_back(std::move(wire));
}

}  // namespace offload::http
