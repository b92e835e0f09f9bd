#include "gateway/serve.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "core/error.hpp"
#include "gateway/decision/file_watch.hpp"
#include "gateway/gateway.hpp"

namespace offload {
namespace {

namespace asio = boost::asio;

constexpr int kTicksPerLook = 5;            // half a second between two looks at files
constexpr rlim_t kOtherDescriptors = 1024;  // connections kept for later calls, agents, files

// Of what a reload reads.
FileWatch watch_of(const ServeSettings& settings) {
  std::vector<std::filesystem::path> files = {settings.file, settings.suite, settings.checkpoint};
  for (const ArmSettings& arm : settings.arms) files.push_back(arm.checkpoint);
  return FileWatch(std::move(files));
}

class Server {
 public:
  Server(const ServeSettings& settings, const PluginSearch& search,
         const std::function<void(const std::string&)>& say)
      : settings_(settings),
        search_(search),
        say_(say),
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
    if (loading_.joinable()) loading_.join();
    if (!gateway_ || services_->ending) return;
    try {
      let_connections_go();
    } catch (const std::exception&) {  // another one ends the command
    }
  }

  int run();

 private:
  int kinds() const { return policy_.scenario().actions().kinds(); }
  JournalEnd restore();
  void book_what_a_kill_left();
  ServeOpened opened() const;
  void listen();
  void accept();
  void wait_for_signal();
  void wait_for_reload();
  void reload();
  void try_out(ServedAgents agents);
  void tick();
  void stop();
  void let_connections_go();

  const ServeSettings& settings_;
  const PluginSearch& search_;
  const std::function<void(const std::string&)>& say_;
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
  std::thread loading_;             // of a reload
  std::optional<FileWatch> watch_;  // of what a reload reads, where its change is one
  int reloads_ = 0, ticks_ = 0;
  int signal_ = 0, signals_count_ = 0;
  bool accepting_ = false;
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
  event.plugin_version = agents_.current().front()->decider.version();
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
  event.prices_sha256 = settings_.prices_sha256();
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
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    wait_for_signal();
  });
}

void Server::wait_for_reload() {
  hang_up_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    wait_for_reload();
    if (!loading_.joinable() && signals_count_ == 0) reload();
  });
}

// The agents of serve.toml as it stands now, on a thread of their own, since data and models are read.
void Server::reload() {
  loading_ = std::thread([this] {
    ServedAgents agents;
    std::string failure;
    std::optional<FileWatch> watch;
    try {
      const ServeSettings settings = read_serve_settings(settings_.file);
      watch = watch_of(settings);
      agents = start_agents(io_, load_policies(settings, search_, &policy_), settings);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    asio::post(io_, [this, agents = std::move(agents), failure, watch = std::move(watch)]() mutable {
      loading_.join();
      if (watch_ && watch) watch_ = std::move(watch);
      if (failure.empty()) return try_out(std::move(agents));
      say_(fmt::format("{}; the agents stay as they were", failure));
    });
  });
}

// Each is asked about a first turn; only if all answer do new sessions get them.
void Server::try_out(ServedAgents agents) {
  struct Trial {
    ServedAgents agents;
    std::size_t left = 0;
    bool good = true;
  };
  const auto trial = std::make_shared<Trial>();
  trial->agents = std::move(agents);
  trial->left = trial->agents.size();
  ServedEpisode episode;
  episode.turns.emplace_back();
  episode.turns.back().limit = {kUnlimited, kUnlimited};
  for (const auto& agent : trial->agents) {
    agent->decider.ask(episode, [this, trial](std::optional<int> choice) {
      trial->good = trial->good && choice;
      if (--trial->left > 0) return;
      if (!trial->good) return say_("the new agents do not answer in time; the agents stay as they were");
      agents_.replace(std::move(trial->agents));
      ++reloads_;
      for (const auto& one : agents_.current()) journal_->add(joined_event(*one, wall_ms(), reloads_));
      say_(fmt::format("new sessions get agents {} and later", agents_.current().front()->number));
    });
  }
}

void Server::stop() { io_.stop(); }

// What they wait for holds them, and would until after the gateway that they speak to.
void Server::let_connections_go() {
  services_->ending = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& one : connections_) {
    if (const auto connection = one.lock()) connection->close();
  }
  io_.restart();
  io_.poll();
}

void Server::tick() {
  if (!journal_->failure().empty()) return stop();
  if (!accepting_ && acceptor_.is_open()) accept();
  const bool ends = signals_count_ > 0;
  if (watch_ && !ends && ++ticks_ % kTicksPerLook == 0 && !loading_.joinable() && watch_->changed()) reload();
  local_.admit();
  cloud_.admit();
  agents_.drop_unused();
  if (!ends || local_.in_flight + cloud_.in_flight > 0) return;
  const bool answering = std::ranges::any_of(connections_, [](const auto& one) {
    const auto connection = one.lock();
    return connection && connection->answers();
  });
  if (!answering) stop();
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
  const JournalEnd end = restore();
  const auto post = [this](JournalFile::Posted call) { asio::post(io_, std::move(call)); };
  journal_ = std::make_unique<JournalFile>(settings_.journal, end, settings_.journal_sync, post);
  journal_->add(opened());
  for (const auto& agent : agents_.current()) {
    if (agent->number > 0) journal_->add(joined_event(*agent, wall_ms(), 0));
  }
  book_what_a_kill_left();
  if (classifying_)
    classifier_.emplace(*classifying_, settings_.instruction, policy_.scenario().data().tasks);
  if (settings_.journal_text) {
    texts_.emplace(settings_.text_file());
    say_(fmt::format("journal_text: what is said and answered is kept in {}",
                     printable(settings_.text_file().native())));
  }
  services_ = std::make_unique<TurnServices>(TurnServices{
      io_, deadlines_, settings_, policy_, planner_, agents_, classifier_ ? &*classifier_ : nullptr,
      *journal_, metrics_, texts_ ? &*texts_ : nullptr, sessions_.decisions() + 1});
  gateway_ = std::make_unique<Gateway>(*services_, sessions_, local_, cloud_, key, keys);
  listen();
  accept();
  wait_for_signal();
  wait_for_reload();
  if (settings_.reload_on_change) watch_ = watch_of(settings_);
  deadlines_.start([this] { tick(); });
  const auto place = acceptor_.local_endpoint();
  say_(fmt::format("serving on http://{}:{}/v1", settings_.listen_host, place.port()));
  io_.run();
  let_connections_go();
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
