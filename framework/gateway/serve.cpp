#include "gateway/serve.hpp"

#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "core/error.hpp"
#include "gateway/gateway.hpp"

namespace offload {
namespace {

namespace asio = boost::asio;

class Server {
 public:
  Server(const ServeSettings& settings, const PluginSearch& search,
         const std::function<void(const std::string&)>& say)
      : settings_(settings),
        say_(say),
        policy_(load_policy(settings, search)),
        deadlines_(io_),
        sessions_(settings.sessions, settings.session_idle.count()),
        local_(make_endpoint("local", settings.local, kinds(), io_, deadlines_)),
        cloud_(make_endpoint("cloud", settings.cloud, kinds(), io_, deadlines_)),
        planner_(settings, policy_, local_, cloud_),
        decider_(io_, policy_, settings.seed, settings.decision_limit),
        acceptor_(io_),
        signals_(io_, SIGINT, SIGTERM) {}

  int run();

 private:
  int kinds() const { return policy_.scenario().actions().kinds(); }
  JournalEnd restore();
  ServeOpened opened() const;
  void listen();
  void accept();
  void wait_for_signal();
  void tick();
  void stop();

  const ServeSettings& settings_;
  const std::function<void(const std::string&)>& say_;
  ServedPolicy policy_;
  asio::io_context io_{1};
  http::Deadlines deadlines_;
  SessionTable sessions_;
  Endpoint local_, cloud_;
  Planner planner_;
  Metrics metrics_;
  Decider decider_;
  std::unique_ptr<JournalFile> journal_;
  std::unique_ptr<TurnServices> services_;
  std::unique_ptr<Gateway> gateway_;
  asio::ip::tcp::acceptor acceptor_;
  asio::signal_set signals_;
  int signal_ = 0, signals_count_ = 0;
};

JournalEnd Server::restore() {
  if (!std::filesystem::exists(settings_.journal)) return {};
  const JournalEnd end = read_journal_file(
      settings_.journal, [this](const JournalEvent& event) { sessions_.restore(event, policy_.limit); });
  if (end.torn)
    say_(fmt::format("{}: its last line was cut off and is dropped", printable(settings_.journal.native())));
  return end;
}

ServeOpened Server::opened() const {
  ServeOpened event;
  event.time_ms = wall_ms();
  event.version = OFFLOAD_VERSION;
  event.plugin = policy_.agent_file.stem().string();
  event.plugin_version = decider_.version();
  event.plugin_sha256 = policy_.plugin_sha256;
  event.checkpoint_sha256 = policy_.checkpoint.file_sha256;
  event.data_sha256 = policy_.experiment.data_sha256;
  event.mode = settings_.baseline ? "shadow" : "live";
  event.accounting = settings_.measured ? "measured" : "profile";
  event.cell = policy_.cell;
  event.enforced = settings_.enforce;
  event.tasks = policy_.scenario().tasks();
  event.modalities = policy_.scenario().actions().modalities();
  event.turns_max = policy_.scenario().turns_max();
  return event;
}

void Server::listen() {
  const asio::ip::tcp::endpoint place(asio::ip::make_address(settings_.listen_host), settings_.listen_port);
  boost::system::error_code error;
  acceptor_.open(place.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(place, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot listen on {}:{}: {}", settings_.file, settings_.listen_host,
         settings_.listen_port, error.message());
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, http::Connection::Socket socket) {
    if (!acceptor_.is_open()) return;
    if (!error) {
      const bool admitted = gateway_->admits();
      const auto connection =
          std::make_shared<http::Connection>(std::move(socket), *gateway_, deadlines_, settings_.limits);
      if (admitted) connection->start();
    }
    accept();
  });
}

void Server::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    signal_ = number;
    if (++signals_count_ > 1) return stop();
    gateway_->close();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    wait_for_signal();
  });
}

void Server::stop() { io_.stop(); }

void Server::tick() {
  if (!journal_->failure().empty()) return stop();
  local_.admit();
  cloud_.admit();
  const bool busy = local_.in_flight + cloud_.in_flight > 0;
  if (signals_count_ > 0 && !busy) stop();
}

int Server::run() {
  decider_.wait_until_ready();
  const std::string key = hash_key(std::filesystem::path(settings_.journal) += ".key");
  const ClientKeys keys = settings_.client_keys.empty() ? ClientKeys() : ClientKeys(settings_.client_keys);
  const JournalEnd end = restore();
  const auto post = [this](JournalFile::Posted call) { asio::post(io_, std::move(call)); };
  journal_ = std::make_unique<JournalFile>(settings_.journal, end, settings_.journal_sync, post);
  journal_->add(opened());
  for (TurnSettled settled : sessions_.unsettled()) {
    settled.time_ms = wall_ms();
    sessions_.restore(settled, policy_.limit);
    journal_->add(settled);
  }
  sessions_.restored();
  services_ =
      std::make_unique<TurnServices>(TurnServices{io_, deadlines_, settings_, policy_, planner_, decider_,
                                                  *journal_, metrics_, sessions_.decisions() + 1});
  gateway_ = std::make_unique<Gateway>(*services_, sessions_, local_, cloud_, key, keys);
  listen();
  accept();
  wait_for_signal();
  deadlines_.start([this] { tick(); });
  const auto place = acceptor_.local_endpoint();
  say_(fmt::format("serving on http://{}:{}/v1", settings_.listen_host, place.port()));
  io_.run();
  const std::string failure = journal_->failure();
  if (!failure.empty()) fail(ErrorKind::io, "{}; nothing was served after that", failure);
  journal_->add(ServeClosed{wall_ms()});
  const ChainHead head = journal_->head();
  journal_.reset();
  say_(fmt::format("journal: {} lines, head {}", head.count, head.hash));
  return signal_;
}

}  // namespace

int serve(const ServeSettings& settings, const PluginSearch& search,
          const std::function<void(const std::string&)>& say) {
  return Server(settings, search, say).run();
}

}  // namespace offload
