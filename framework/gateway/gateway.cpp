#include "gateway/gateway.hpp"

#include <fmt/format.h>
#include <offload/random.hpp>

#include <algorithm>
#include <charconv>

#include "core/error.hpp"
#include "gateway/openai/error_body.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kServePurpose = 0x7365727665;  // "serve"
constexpr std::uint64_t kArmPurpose = 0x61726d;        // "arm"
constexpr std::size_t kSessionIdMost = 128;
constexpr const char* kAuto = "offload-auto";
constexpr const char* kJsonType = "application/json";

std::string path_of(const http::Request& request) {
  return request.target.substr(0, request.target.find('?'));
}

// "application/json", with or without a character set.
bool is_json(const std::string& type) {
  const std::string_view word = std::string_view(type).substr(0, type.find(';'));
  return word == kJsonType || word == "application/json ";
}

Refusal invalid(std::string message, std::string code, int status = 400) {
  return {status, std::move(message), "invalid_request_error", std::move(code)};
}

// Milliseconds or dollars of a header as an amount; throws Refusal for what is none.
std::optional<std::int64_t> amount_of(const std::string& text, double scale, int resource, const char* name) {
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  try {
    if (error == std::errc() && end == text.data() + text.size())
      return to_amount(value * scale, resource, name);
  } catch (const Error&) {
  }
  throw invalid(fmt::format("{} has to be a number >= 0", name), "budget_header");
}

}  // namespace

// A request that waits for its session's turn to end.
class Gateway::Waiter : public std::enable_shared_from_this<Waiter>, private http::Timed {
 public:
  Waiter(Gateway& gateway, std::shared_ptr<http::Connection> connection, std::shared_ptr<Session> session,
         ServedTurn::Question question)
      : Timed(gateway.services_.deadlines),
        gateway_(gateway),
        connection_(std::move(connection)),
        session_(std::move(session)),
        question_(std::move(question)) {}

  void wait(std::chrono::milliseconds most) {
    session_->waiting.push_back([self = shared_from_this()] { return self->go(); });
    connection_->on_gone([self = shared_from_this()] { self->over_ = true; });
    expire_after(most);
  }

 private:
  bool go() {
    if (std::exchange(over_, true)) return false;
    never_expire();
    connection_->on_gone({});
    gateway_.take_turn(connection_, session_, std::move(question_));
    return true;
  }
  void expired() override {
    if (std::exchange(over_, true)) return;
    connection_->on_gone({});
    connection_->send(refusal_answer(
        {409, "another turn of this session is being answered", "invalid_request_error", "session_busy"}));
    connection_->end(connection_->request().keep_alive);
  }

  Gateway& gateway_;
  std::shared_ptr<http::Connection> connection_;
  std::shared_ptr<Session> session_;
  ServedTurn::Question question_;
  bool over_ = false;
};

Gateway::Gateway(TurnServices& services, SessionTable& sessions, Endpoint& local, Endpoint& cloud,
                 std::string key, ClientKeys keys)
    : services_(services),
      sessions_(sessions),
      local_(local),
      cloud_(cloud),
      key_(std::move(key)),
      keys_(std::move(keys)) {}

// A page that resolves its own name to this machine shows that name here.
bool Gateway::known_host(const std::string& host) const {
  std::string name = host;
  const std::size_t bracket = name.rfind(']');
  const std::size_t colon = name.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (has_port && name.find_first_not_of("0123456789", colon + 1) != std::string::npos) return false;
  if (has_port) name.resize(colon);
  if (name == "localhost" || name == "127.0.0.1" || name == "[::1]") return true;
  return std::ranges::find(services_.settings.hosts, name) != services_.settings.hosts.end();
}

std::optional<std::string> Gateway::subject_of(const http::Request& request) const {
  return keys_.subject(request.field("authorization"));
}

std::string Gateway::refuse(const http::Request& head) {
  const std::string path = path_of(head);
  const auto refused = [this](int status, const char* message, const char* type, const char* code) {
    ++services_.metrics.refused[fmt::format("code=\"{}\"", code)];
    return http::whole_answer(status, kJsonType, "connection: close\r\n",
                              openai::error_body(message, type, code));
  };
  if (!known_host(head.field("host")) && (services_.settings.loopback || !services_.settings.hosts.empty()))
    return refused(403, "this Host is not served here; name it in [serve] hosts", "invalid_request_error",
                   "host");
  const std::string& origin = head.field("origin");
  const auto& origins = services_.settings.origins;
  if (!origin.empty() && std::ranges::find(origins, origin) == origins.end())
    return refused(403, "pages of this origin may not ask here", "invalid_request_error", "origin");
  const bool open = path == "/health" || path == "/ready";
  if (!open && !subject_of(head))
    return refused(401, "no key, or one that is not known here", "authentication_error", "invalid_api_key");
  const bool chat = path == "/v1/chat/completions";
  const bool known = chat || open || path == "/v1/models" || path == "/metrics";
  if (!known)
    return refused(404, "there is nothing under this address", "invalid_request_error", "not_found");
  if (head.method != (chat ? "POST" : "GET"))
    return refused(405, "another method is meant for this address", "invalid_request_error", "method");
  if (chat && !is_json(head.field("content-type")))
    return refused(415, "the content type has to be application/json", "invalid_request_error",
                   "content_type");
  if (chat && closing_) return refused(503, "the gateway is closing", "unavailable_error", "closing");
  return {};
}

void Gateway::answer(http::Connection& connection, int status, const char* type,
                     const std::string& body) const {
  connection.send(http::whole_answer(status, type, "", body));
  connection.end(connection.request().keep_alive);
}

void Gateway::handle(const std::shared_ptr<http::Connection>& connection) {
  const std::string path = path_of(connection->request());
  if (path == "/v1/chat/completions") return chat(connection);
  if (path == "/v1/models") return answer(*connection, 200, kJsonType, models());
  if (path == "/metrics") return answer(*connection, 200, "text/plain; version=0.0.4", metrics());
  const bool good = path == "/health" || ready();
  answer(*connection, good ? 200 : 503, kJsonType, health());
}

ServedTurn::Question Gateway::question_of(const http::Request& request, std::string body) const {
  ServedTurn::Question question;
  question.body = std::move(body);
  try {
    question.request = openai::parse_chat_request(question.body);
  } catch (const Error& error) {
    throw invalid(error.what(), "invalid_body");
  }
  const std::string& model = question.request.model;
  const auto& models = services_.settings.models;
  if (model == "local" || model == "cloud") {
    question.forced = model == "cloud" ? 1 : 0;
  } else if (model != kAuto && std::ranges::find(models, model) == models.end()) {
    throw invalid("there is no such model here; GET /v1/models names those there are", "model_not_found",
                  404);
  }
  for (const Endpoint* end : {&local_, &cloud_}) {
    for (const std::string& name : end->settings.pass) {
      const std::string& value = request.field(name);
      if (!value.empty()) question.passed[end == &cloud_ ? 1 : 0] += fmt::format("{}: {}\r\n", name, value);
    }
  }
  const std::string& told = request.field("x-offload-cost");
  if (!told.empty() && told != "body") throw invalid("x-offload-cost has to be: body", "cost_header");
  question.headers.task = request.field("x-offload-task");
  question.headers.latency_ns =
      amount_of(request.field("x-offload-latency-ms"), 1e-3, 0, "x-offload-latency-ms");
  question.headers.cost_pusd = amount_of(request.field("x-offload-cost-usd"), 1, 1, "x-offload-cost-usd");
  return question;
}

// Of system prompt and first message, as many chat programs give no id.
std::string Gateway::implicit_id(const std::string& subject, const ServedTurn::Question& question) const {
  std::string_view system, user;
  for (const openai::Message& message : question.request.messages) {
    const std::string_view text = message.content.in(question.body);
    if (message.role == openai::Role::system && system.empty()) system = text;
    if (message.role == openai::Role::user && user.empty()) user = text;
  }
  return keyed_hash(key_, {subject, "implicit", system, user});
}

std::string Gateway::session_id(const http::Request& request, const ServedTurn::Question& question) const {
  const std::string subject = subject_of(request).value_or("");
  std::string name = request.field("x-session-id");
  if (name.empty() && question.request.session_from_metadata) name = question.request.session;
  if (name.empty()) name = request.field("x-offload-session");
  if (name.empty()) name = question.request.session;
  if (name.size() > kSessionIdMost) throw invalid("a session's id has at most 128 bytes", "session_id");
  if (!name.empty()) return keyed_hash(key_, {subject, "named", name});
  return services_.settings.implicit_sessions ? implicit_id(subject, question) : "";
}

std::shared_ptr<Session> Gateway::session_of(const http::Request& request,
                                             const ServedTurn::Question& question) {
  bool began = false;
  const auto session = sessions_.find_or_begin(session_id(request, question), even_ms(), began);
  if (!began) return session;
  session->limit = services_.policy.limit;
  session->messages_before = question.request.user_turns - 1;
  session->rng_stream = stream(services_.settings.seed, kServePurpose, session->number);
  const std::string& given = request.field("x-offload-stream");
  if (services_.settings.client_streams && !given.empty()) {
    std::uint64_t bits = 0;
    std::from_chars(given.data(), given.data() + given.size(), bits);
    session->rng_stream = bits;
  }
  services_.journal.add(
      SessionBegun{session->number, session->id, session->rng_stream, session->messages_before});
  return session;
}

void Gateway::chat(const std::shared_ptr<http::Connection>& connection) {
  http::Request& request = connection->request();
  try {
    const auto begin = http::Clock::now();
    ServedTurn::Question question = question_of(request, std::move(request.body));
    question.parsing = http::Clock::now() - begin;
    const auto session = session_of(request, question);
    take_turn(connection, session, std::move(question));
  } catch (const Refusal& refusal) {
    ++services_.metrics.refused[fmt::format("code=\"{}\"", refusal.code)];
    connection->send(refusal_answer(refusal));
    connection->end(request.keep_alive);
  }
}

// By its id, so that it is the same one's again after a restart.
std::uint64_t Gateway::session_bits(const Session& session) const {
  std::uint64_t bits = session.number;
  if (session.id.size() >= 16) std::from_chars(session.id.data(), session.id.data() + 16, bits, 16);
  return stream(services_.settings.seed, kArmPurpose, bits);
}

void Gateway::take_turn(const std::shared_ptr<http::Connection>& connection,
                        const std::shared_ptr<Session>& session, ServedTurn::Question question) {
  if (services_.ending) return;
  if (const auto running = std::static_pointer_cast<ServedTurn>(session->running)) {
    if (running->joins(question.body)) return running->attach(connection);
    if (!running->lingers())
      return std::make_shared<Waiter>(*this, connection, session, std::move(question))
          ->wait(services_.settings.queue);
    running->release();
  }
  if (!session->agent) session->agent = services_.agents.of_session(session_bits(*session));
  const auto turn = std::make_shared<ServedTurn>(services_, session, std::move(question));
  turn->attach(connection);
  turn->begin();
}

std::string Gateway::models() const {
  std::string list;
  for (const std::string name : {kAuto, "local", "cloud"}) {
    list += fmt::format(R"({}{{"id":"{}","object":"model","created":0,"owned_by":"offload-bench"}})",
                        list.empty() ? "" : ",", name);
  }
  return fmt::format(R"({{"object":"list","data":[{}]}})", list);
}

bool Gateway::ready() const {
  const auto now = http::Clock::now();
  return !closing_ && services_.agents.ready() && services_.journal.failure().empty() &&
         !(local_.breaker.open(now) && cloud_.breaker.open(now));
}

std::string Gateway::health() const {
  const auto now = http::Clock::now();
  const auto state = [now](const Endpoint& endpoint) {
    return endpoint.breaker.open(now) ? "open" : "closed";
  };
  const char* texts = services_.texts == nullptr  ? "false"
                      : services_.texts->failed() ? "\"failed\""
                                                  : "true";
  std::vector<std::string> untrained;
  for (const ServedPolicy* policy : services_.agents.untrained())
    untrained.push_back(openai::quoted(policy->settings().name));
  return fmt::format(
      R"({{"status":"{}","agent":"{}","breakers":{{"local":"{}","cloud":"{}"}},"journal":"{}","journal_text":{},)"
      R"("untrained":[{}]}})",
      ready() ? "ok" : "degraded", services_.agents.ready() ? "up" : "down", state(local_), state(cloud_),
      services_.journal.failure().empty() ? "ok" : "failed", texts, fmt::join(untrained, ","));
}

std::string Gateway::metrics() const {
  const ChainHead& head = services_.journal.head();
  const auto now = http::Clock::now();
  std::string gauges = fmt::format(
      "# TYPE offload_journal_lines gauge\noffload_journal_lines {}\n"
      "# TYPE offload_journal_bytes gauge\noffload_journal_bytes {}\n"
      "# TYPE offload_journal_head gauge\noffload_journal_head{{sha256=\"{}\"}} 1\n"
      "# TYPE offload_sessions gauge\noffload_sessions {}\n# TYPE offload_connections gauge\n"
      "offload_connections {}\n# TYPE offload_agent_up gauge\noffload_agent_up {}\n"
      "# TYPE offload_agent_restarts_total counter\noffload_agent_restarts_total {}\n",
      head.count, services_.journal.bytes(), head.hash, sessions_.size(), connections_,
      services_.agents.ready() ? 1 : 0, services_.agents.restarts());
  if (const TextJournal* const texts = services_.texts)
    gauges += fmt::format(
        "# TYPE offload_journal_text_lost_total counter\noffload_journal_text_lost_total {}\n"
        "# TYPE offload_journal_text_begun_anew_total counter\noffload_journal_text_begun_anew_total {}\n",
        texts->lost(), texts->begun_anew());
  for (const Endpoint* endpoint : {&local_, &cloud_}) {
    gauges += fmt::format(
        "offload_breaker_open{{endpoint=\"{0}\"}} {1}\noffload_in_flight{{endpoint=\"{0}\"}} {2}\n"
        "offload_waiting{{endpoint=\"{0}\"}} {3}\n",
        endpoint->name, endpoint->breaker.open(now) ? 1 : 0, endpoint->in_flight, endpoint->waiting.size());
  }
  return services_.metrics.text(gauges);
}

}  // namespace offload
