#include "gateway/decision/endpoint.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "gateway/openai/json_scan.hpp"
#include "gateway/session/identity.hpp"

namespace offload {
namespace {

constexpr std::chrono::seconds kBurst{1};
constexpr std::chrono::duration<double> kRateMost{3600};  // that one call holds up the next

}  // namespace

Endpoint make_endpoint(std::string name, const EndpointSettings& settings, int kinds,
                       boost::asio::io_context& io, http::Deadlines& deadlines) {
  Endpoint endpoint;
  endpoint.name = std::move(name);
  endpoint.settings = settings;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto& dated = settings.prices.dated();
  if (!dated.empty() && dated.front().from_ms > now.time_since_epoch().count())
    fail(ErrorKind::config, "{}: prices: none holds yet, the first is of {}; name the file of today's",
         settings.place, dated.front().date);
  endpoint.rate = Rate(settings.requests_per_minute, settings.tokens_per_minute);
  endpoint.latency.resize(static_cast<std::size_t>(kinds));
  endpoint.usage.resize(static_cast<std::size_t>(kinds));
  if (settings.url.secure) {
    namespace ssl = boost::asio::ssl;
    endpoint.tls = std::make_unique<ssl::context>(ssl::context::tls_client);
    endpoint.tls->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    endpoint.tls->set_verify_mode(ssl::verify_peer);
    boost::system::error_code error;
    if (settings.ca_file.empty()) {
      endpoint.tls->set_default_verify_paths(error);
    } else {
      endpoint.tls->load_verify_file(settings.ca_file.string(), error);
    }
    if (error)
      fail(ErrorKind::config, "{}: ca_file: no certificates can be read: {}", settings.place,
           error.message());
  }
  endpoint.upstream =
      std::make_unique<http::Upstream>(io, endpoint.tls.get(), deadlines, settings.url, settings.times,
                                       secret(settings.key_variable, settings.key_file, settings.place));
  return endpoint;
}

Rate::Rate(double requests_per_minute, double tokens_per_minute)
    : per_request_(requests_per_minute > 0 ? 60 / requests_per_minute : 0),
      per_token_(tokens_per_minute > 0 ? 60 / tokens_per_minute : 0) {}

http::Clock::duration Rate::wait(http::Clock::time_point now) const {
  return std::max({http::Clock::duration::zero(), requests_ - now - kBurst, tokens_ - now - kBurst});
}

void Rate::take(http::Clock::time_point now, std::int64_t tokens) {
  const auto more = [now](http::Clock::time_point& until, std::chrono::duration<double> time) {
    until =
        std::max(until, now) + std::chrono::duration_cast<http::Clock::duration>(std::min(time, kRateMost));
  };
  more(requests_, per_request_);
  more(tokens_, per_token_ * static_cast<double>(tokens));
}

void Rate::give_back(std::int64_t tokens) {
  if (tokens <= 0) return;
  const auto time = std::min(per_token_ * static_cast<double>(tokens), kRateMost);
  tokens_ -= std::chrono::duration_cast<http::Clock::duration>(time);
}

void Endpoint::admit() {
  while (!waiting.empty() && has_place()) {
    const std::function<bool()> next = std::move(waiting.front());
    waiting.pop_front();
    next();
  }
}

bool retryable(int status) { return status == 408 || status == 409 || status == 429 || status >= 500; }

std::chrono::milliseconds asked_wait(const http::AnswerHead& head, std::chrono::milliseconds fallback) {
  using std::chrono::milliseconds;
  if (const auto ms = openai::whole_number(head.retry_after_ms); ms && !head.retry_after_ms.empty())
    return milliseconds(*ms);
  if (const auto s = openai::whole_number(head.retry_after); s && !head.retry_after.empty())
    return milliseconds(std::min<std::int64_t>(*s, 1'000'000) * 1000);
  return fallback;
}

}  // namespace offload
