#include "gateway/decision/endpoint.hpp"

#include "core/error.hpp"
#include "gateway/openai/json_scan.hpp"
#include "gateway/session/identity.hpp"

namespace offload {

Endpoint make_endpoint(std::string name, const EndpointSettings& settings, int kinds,
                       boost::asio::io_context& io, http::Deadlines& deadlines) {
  Endpoint endpoint;
  endpoint.name = std::move(name);
  endpoint.settings = settings;
  endpoint.latency.resize(static_cast<std::size_t>(kinds));
  endpoint.cost.resize(static_cast<std::size_t>(kinds));
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
