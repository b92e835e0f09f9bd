#include "gateway/serve.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "gateway/gateway.hpp"
#include "gateway/reload.hpp"

namespace offload {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kJournalTold = std::uint64_t{3} << 30;  // of the 4 GiB that are read again
constexpr rlim_t kOtherDescriptors = 1024;  // connections kept for later calls, agents, files

class Server {
 public:
  Server(const ServeSettings& settings, const PluginSearch& search,
         const std::function<void(const std::string&)>& say)
      : settings_(settings),
        search_(search),
        say_(say),
        watch_(watch_of(settings)),
        policies_(load_policies(settings, search)),
        policy_(*policies_.front()),
        deadlines_(io_),
        sessions_(settings.sessions, settings.session_idle.count()),
        local_(make_endpoint("local", settings.local, kinds(), io_, deadlines_)),
        cloud_(make_endpoint("cloud", settings.cloud, kinds(), io_, deadlines_)),
        classifying_(settings.classifier ? std::optional(make_endpoint("classifier", *settings.classifier, 1,
                                                                       io_, deadlines_))
                                         : std::nullopt),
        planner_(settings, policy_, local_, cloud_),
        agents_(start_agents(io_, policies_, settings)),
        acceptor_(io_),
        signals_(io_, SIGINT, SIGTERM),
        hang_up_(io_, SIGHUP) {}
  ~Server() {
    if (!gateway_ || services_->ending) return;
    try {
      let_go();
    } catch (const std::exception&) {  // another one ends the command
    }
  }

  int run();

 private:
  int kinds() const { return policy_.scenario().actions().kinds(); }
  JournalEnd restore(const std::filesystem::path& file);
  void book_what_a_kill_left();
  void warn() const;
  ServeOpened opened() const;
  void listen();
  void accept();
  void wait_for_signal();
  void wait_for_reload();
  void tick();
  void tell();
  void stop();
  void let_go();

  const ServeSettings& settings_;
  const PluginSearch& search_;
  const std::function<void(const std::string&)>& say_;
  FileWatch watch_;  // of what is read next, as it was before
  ServedPolicies policies_;
  const ServedPolicy& policy_;
  asio::io_context io_{1};
  http::Deadlines deadlines_;
  SessionTable sessions_;
  Endpoint local_, cloud_;
  std::optional<Endpoint> classifying_;
  std::optional<Classifier> classifier_;
  Planner planner_;
  Metrics metrics_;
  AgentTable agents_;
  std::unique_ptr<JournalFile> journal_;
  std::optional<TextJournal> texts_;
  std::unique_ptr<TurnServices> services_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<std::weak_ptr<http::Connection>> connections_;  // and some that are gone
  asio::ip::tcp::acceptor acceptor_;
  asio::signal_set signals_, hang_up_;
  std::optional<Reloader> reloader_;
  int signal_ = 0, signals_count_ = 0;
  bool accepting_ = false, told_size_ = false;
};

// As many as clients and calls may have, where the system allows it.
void allow_descriptors(const ServeSettings& settings) {
  const rlim_t wanted = settings.connections + static_cast<rlim_t>(settings.local.in_flight) +
                        static_cast<rlim_t>(settings.cloud.in_flight) + kOtherDescriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

JournalEnd Server::restore(const std::filesystem::path& file) {
  const JournalEnd end =
      read_journal_file(file, [this](const JournalEvent& event) { sessions_.restore(event, policy_.limit); });
  if (end.torn) say_(fmt::format("{}: its last line was cut off and is dropped", printable(file.native())));
  return end;
}

ServeOpened Server::opened() const {
  ServeOpened event;
  event.time_ms = wall_ms();
  event.version = OFFLOAD_VERSION;
  event.plugin = agents_.current().front()->decider.id();
  event.plugin_version = agents_.current().front()->decider.version();
  event.plugin_sha256 = policy_.plugin_sha256;
  event.checkpoint_sha256 = policy_.checkpoint.file_sha256;
  event.data_sha256 = policy_.experiment->data_sha256;
  event.mode = settings_.baseline ? "shadow" : "live";
  event.accounting = settings_.measured ? "measured" : "profile";
  event.cell = policy_.cell;
  event.enforced = settings_.enforce;
  event.tasks = policy_.scenario().tasks();
  event.modalities = policy_.scenario().actions().modalities();
  event.turns_max = policy_.scenario().turns_max();
  event.prices_sha256 = settings_.prices_sha256();
  event.untrained = agents_.current().front()->decider.untrained();
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

// Where the system has no more descriptors, who waits in its queue is taken at a later tick: to ask on would
// be told the same at once, again and again.
void Server::accept() {
  accepting_ = true;
  acceptor_.async_accept([this](const boost::system::error_code& error, http::Connection::Socket socket) {
    accepting_ = false;
    if (error || !acceptor_.is_open()) return;
    const bool admitted = gateway_->admits();
    const auto connection =
        std::make_shared<http::Connection>(std::move(socket), *gateway_, deadlines_, settings_.limits);
    if (connections_.size() == connections_.capacity())
      std::erase_if(connections_, [](const auto& one) { return one.expired(); });
    connections_.push_back(connection);
    if (admitted) {
      connection->start();
    } else {
      connection->send(refusal_answer(
          {503, "too many connections; try again later", "unavailable_error", "connections", true, 1}));
      connection->end(false);
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
    reloader_->close();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    wait_for_signal();
  });
}

void Server::wait_for_reload() {
  hang_up_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    wait_for_reload();
    reloader_->reload();
  });
}

void Server::stop() { io_.stop(); }

// Whatever waits for something would hold what it waits with, connections, turns, agents, until after what
// they work with.
void Server::let_go() {
  services_->ending = true;
  if (reloader_) reloader_->end();
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& one : connections_) {
    if (const auto connection = one.lock()) connection->close();
  }
  io_.restart();
  io_.poll();
  agents_.end();
  for (const auto& turn : services_->open) turn->let_go();
  services_->open.clear();
  classifier_.reset();
  for (Endpoint* end : {&local_, &cloud_}) end->waiting.clear();
  io_.restart();
  io_.poll();
}

void Server::tick() {
  journal_->look();
  if (!journal_->failure().empty()) return stop();
  if (!accepting_ && acceptor_.is_open()) accept();
  const bool ends = signals_count_ > 0;
  if (!ends) reloader_->tick();
  local_.admit();
  cloud_.admit();
  sessions_.let_go(even_ms());
  agents_.drop_unused();
  tell();
  if (!ends || local_.in_flight + cloud_.in_flight > 0) return;
  const bool answering = std::ranges::any_of(connections_, [](const auto& one) {
    const auto connection = one.lock();
    return connection && connection->answers();
  });
  if (!answering) stop();
}

// What whoever runs this should know of in time.
void Server::tell() {
  for (const std::string& failure : agents_.take_failures())
    say_(fmt::format("{}; another one is started, and the cheapest allowed action is taken meanwhile",
                     failure));
  if (told_size_ || journal_->bytes() < kJournalTold) return;
  told_size_ = true;
  say_(fmt::format(
      "{}: it has {} MB, and no start reads more than 4,096; name another journal at the next one, "
      "with which all sessions begin anew",
      printable(settings_.journal.native()), journal_->bytes() >> 20));
}

void Server::warn() const {
  for (const std::string& line : settings_.unpriced_endpoints()) say_(line);
  for (const ServedPolicy* policy : agents_.untrained()) say_(policy->untrained_warning());
}

// At what was reserved for it.
void Server::book_what_a_kill_left() {
  const auto book = [this](auto event) {
    event.time_ms = wall_ms();
    sessions_.restore(event, policy_.limit);
    journal_->add(event);
  };
  for (const TaskTold& told : sessions_.untold()) book(told);
  for (const TurnSettled& settled : sessions_.unsettled()) book(settled);
  sessions_.restored();
}

int Server::run() {
  allow_descriptors(settings_);
  const std::string key = hash_key(std::filesystem::path(settings_.journal) += ".key");
  const ClientKeys keys = settings_.client_keys.empty() ? ClientKeys() : ClientKeys(settings_.client_keys);
  const auto post = [this](JournalFile::Posted call) { asio::post(io_, std::move(call)); };
  const auto read = [this](const std::filesystem::path& file) { return restore(file); };
  journal_ = std::make_unique<JournalFile>(settings_.journal, read, settings_.journal_sync, post);
  journal_->add(opened());
  for (const auto& agent : agents_.current()) {
    if (agent->number > 0) journal_->add(joined_event(*agent, wall_ms(), 0));
  }
  book_what_a_kill_left();
  if (classifying_)
    classifier_.emplace(*classifying_, settings_.instruction, policy_.scenario().data().tasks);
  if (settings_.journal_text) {
    texts_.emplace(settings_.text_file(), settings_.text_bytes, say_);
    say_(fmt::format("journal_text: what is said and answered is kept in {}",
                     printable(settings_.text_file().native())));
  }
  services_ = std::make_unique<TurnServices>(TurnServices{
      io_, deadlines_, settings_, policy_, planner_, agents_, classifier_ ? &*classifier_ : nullptr,
      *journal_, metrics_, texts_ ? &*texts_ : nullptr, sessions_.decisions() + 1});
  gateway_ = std::make_unique<Gateway>(*services_, sessions_, local_, cloud_, key, keys);
  reloader_.emplace(Reloader::Parts{io_, settings_, search_, policy_, agents_, *journal_, say_}, watch_);
  listen();
  accept();
  wait_for_signal();
  wait_for_reload();
  deadlines_.start([this] { tick(); });
  warn();
  const auto place = acceptor_.local_endpoint();
  say_(fmt::format("serving on http://{}:{}/v1", settings_.listen_host, place.port()));
  io_.run();
  let_go();
  const std::string failure = journal_->failure();
  if (!failure.empty()) fail(ErrorKind::io, "{}; nothing was served after that", failure);
  journal_->add(ServeClosed{wall_ms()});
  const ChainHead head = journal_->head();
  journal_.reset();
  say_(fmt::format("journal: {}, head {}", counted(head.count, "line"), head.hash));
  return signal_;
}

}  // namespace

int serve(const ServeSettings& settings, const PluginSearch& search,
          const std::function<void(const std::string&)>& say) {
  return Server(settings, search, say).run();
}

}  // namespace offload
