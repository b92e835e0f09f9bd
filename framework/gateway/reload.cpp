#include "gateway/reload.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "gateway/turn.hpp"

namespace offload {
namespace {

constexpr int kTicksPerLook = 5;  // half a second between two looks at files
constexpr std::chrono::milliseconds kStill{500};
constexpr std::size_t kOlderMost = 16;  // agents that only sessions have still, a process each

}  // namespace

FileWatch watch_of(const ServeSettings& settings) {
  std::vector<std::filesystem::path> files = {settings.file, settings.suite, settings.checkpoint};
  for (const ArmSettings& arm : settings.arms) files.push_back(arm.checkpoint);
  FileWatch watch(std::move(files));
  watch.first_was(settings.seen);
  return watch;
}

struct Reloader::Loaded {
  ServedAgents agents;
  std::optional<FileWatch> watch;
  std::string failure;
};

Reloader::Reloader(Parts parts, FileWatch watch) : parts_(std::move(parts)), watch_(std::move(watch)) {}

// `there` on a thread of its own, and then `then` on the io thread.
void Reloader::work(std::function<void()> there, std::function<void()> then) {
  thread_ = std::thread([this, there = std::move(there), then = std::move(then)] {
    there();
    boost::asio::post(parts_.io, [this, then] {
      if (thread_.joinable()) thread_.join();
      if (!ending_) then();
    });
  });
}

void Reloader::end() {
  ending_ = true;
  for (const auto& agent : take_loading()) agent->decider.stop();
  if (thread_.joinable()) thread_.join();
  for (const auto& agent : trying_) agent->decider.end();
  trying_.clear();
}

// What has been refused is not seen as a change again.
void Reloader::tick() {
  if (refused_ && !busy_ && parts_.agents.older() < kOlderMost) return reload();
  if (!parts_.settings.reload_on_change || ++ticks_ % kTicksPerLook != 0 || busy_) return;
  if (watch_.changed()) reload();
}

void Reloader::reload() {
  if (ending_) return;
  if (busy_) {
    again_ = true;
    return;
  }
  parts_.agents.drop_unused();
  refused_ = parts_.agents.older() >= kOlderMost;
  if (refused_)
    return parts_.say(fmt::format(
        "{}: sessions have {} of before still; the agents stay as they were until some of them end",
        printable(parts_.settings.file), counted(parts_.agents.older(), "agent")));
  busy_ = true;
  const auto loaded = std::make_shared<Loaded>();
  work([this, loaded] { *loaded = load(); }, [this, loaded] { take(std::move(*loaded)); });
}

// Those that end() ends while they are made.
ServedAgents Reloader::begin(const ServedPolicies& policies, const ServeSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (!ending_) loading_ = begin_agents(parts_.io, policies, settings);
  return loading_;
}

ServedAgents Reloader::take_loading() {
  const std::lock_guard lock(mutex_);
  return std::exchange(loading_, {});
}

// What is being written meanwhile may have been read in part, which need not look wrong.
Reloader::Loaded Reloader::load() {
  Loaded loaded;
  const auto began = std::chrono::steady_clock::now();
  try {
    const ServeSettings settings = read_serve_settings(parts_.settings.file);
    FileWatch watch = watch_of(settings);
    loaded.agents = begin(load_policies(settings, parts_.search, &parts_.policy), settings);
    wait_until_ready(loaded.agents);
    std::this_thread::sleep_until(began + kStill);
    if (watch.differ())
      fail(ErrorKind::io, "{}: it, its suite or a checkpoint was written while it was read; reload once more",
           printable(settings.file));
    loaded.watch = std::move(watch);
  } catch (const std::exception& error) {
    loaded.failure = error.what();
  }
  return loaded;
}

void Reloader::take(Loaded loaded) {
  take_loading();
  if (loaded.watch) watch_ = std::move(*loaded.watch);
  if (loaded.failure.empty()) return try_out(std::move(loaded.agents));
  parts_.say(fmt::format("{}; the agents stay as they were", loaded.failure));
  give_up(std::move(loaded.agents));
}

// One that hangs ends late, which nobody else is to wait for.
void Reloader::give_up(ServedAgents agents) {
  const auto all = std::make_shared<ServedAgents>(std::move(agents));
  const auto stop = [all] {
    for (const auto& agent : *all) agent->decider.stop();
  };
  work(stop, [this, all] { over(); });
}

// Each is asked about a first turn; only if all answer do new sessions get them.
void Reloader::try_out(ServedAgents agents) {
  trying_ = std::move(agents);
  left_ = trying_.size();
  good_ = true;
  ServedEpisode episode;
  episode.turns.emplace_back();
  episode.turns.back().limit = {kUnlimited, kUnlimited};
  for (const auto& agent : trying_)
    agent->decider.ask(episode, [this](std::optional<int> choice) { tried(choice.has_value()); });
}

void Reloader::tried(bool good) {
  if (ending_) return;
  good_ = good_ && good;
  if (--left_ > 0) return;
  ServedAgents agents = std::exchange(trying_, {});
  if (good_) return adopt(std::move(agents));
  parts_.say("the new agents do not answer in time; the agents stay as they were");
  give_up(std::move(agents));
}

void Reloader::adopt(ServedAgents agents) {
  parts_.agents.replace(std::move(agents));
  ++reloads_;
  for (const auto& one : parts_.agents.current()) parts_.journal.add(joined_event(*one, wall_ms(), reloads_));
  parts_.say(fmt::format("new sessions get agents {} and later", parts_.agents.current().front()->number));
  for (const ServedPolicy* policy : parts_.agents.untrained()) parts_.say(policy->untrained_warning());
  over();
}

void Reloader::over() {
  busy_ = false;
  if (std::exchange(again_, false)) reload();
}

}  // namespace offload
