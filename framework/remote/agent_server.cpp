#include "remote/agent_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "process/memory_limit.hpp"
#include "remote/creation.hpp"

namespace offload {
namespace {

constexpr std::chrono::hours kLong{1};

// A view of the shared memory, and the features of its rows' queries.
struct SharedView {
  offload_view raw{};
  const float* features = nullptr;
  bool known = false;  // in the step at hand
};

class Server : public ViewFeatures {
 public:
  explicit Server(Channel channel) : channel_(std::move(channel)), header_(channel_.header()) {
    set(before_, channel_.layout().before);
    set(after_, channel_.layout().after);
    set(next_, channel_.layout().next);
    set_outcomes();
    const TransitionOffsets& at = channel_.layout().transition;
    transition_ = {sizeof transition_,
                   0,
                   &before_.raw,
                   channel_.at<std::int32_t>(at.action),
                   channel_.at<double>(at.reward),
                   channel_.at<double>(at.quality),
                   channel_.at<double>(at.association),
                   channel_.at<double>(at.consumed),
                   &after_.raw,
                   channel_.at<std::uint8_t>(at.terminal)};
  }

  void run();
  const float* features(const offload_view& view) const override {
    for (const SharedView* shared : {&before_, &after_, &next_})
      if (&view == &shared->raw && shared->known) return shared->features;
    return nullptr;
  }

 private:
  void set(SharedView& view, const ViewOffsets& at) const {
    view.features = channel_.at<float>(at.features);
    view.raw = {sizeof view.raw,
                0,
                channel_.at<std::int32_t>(at.slot),
                channel_.at<std::uint8_t>(at.first),
                channel_.at<std::uint64_t>(at.rng),
                channel_.at<float>(at.observation),
                channel_.at<std::uint8_t>(at.mask),
                channel_.at<double>(at.limit),
                channel_.at<double>(at.spent)};
  }
  void set_outcomes() {
    const OutcomeOffsets& at = channel_.layout().scored;
    outcomes_ = {sizeof outcomes_,
                 0,
                 channel_.layout().budgets,
                 channel_.at<std::int32_t>(at.action),
                 channel_.at<double>(at.quality),
                 channel_.at<double>(at.association_raw),
                 channel_.at<double>(at.association),
                 channel_.at<double>(at.consumed),
                 channel_.at<double>(at.consumed_relative),
                 channel_.at<double>(at.limit),
                 channel_.at<double>(at.total)};
  }
  void answer(Operation operation);
  void respond(Operation operation);
  void read_request();
  void create();
  void step();
  void score();
  void scalars();
  void send(Status status, std::string text);
  void send_piece();
  std::string take_message() { return std::exchange(message_, {}); }

  Channel channel_;
  TransportHeader& header_;
  SharedView before_, after_, next_;
  offload_transition transition_{};
  offload_outcomes outcomes_{};
  CreationRequest request_;
  std::optional<AgentInstance> agent_;  // or the other
  std::optional<RewardInstance> reward_;
  Patience patience_;
  std::string message_;  // of the request
  std::string answer_;
  std::size_t sent_ = 0;  // bytes of it
  Status status_ = Status::ok;
};

void Server::run() {
  for (std::uint32_t last = 0;;) {
    const std::uint32_t request = patience_.wait_while(header_.request, last, header_.request_waited, kLong,
                                                       header_.one_processor != 0);
    if (request == last) continue;
    last = request;
    const auto operation = static_cast<Operation>(header_.operation);
    message_.append(channel_.at<char>(channel_.layout().message), header_.request_bytes);
    answer(operation);
    ring(header_.answer, request, header_.answer_waited);
    if (operation == Operation::end) return;
  }
}

// Nothing that a plugin throws may end the process in the host's name.
void Server::answer(Operation operation) {
  try {
    respond(operation);
  } catch (const std::bad_alloc&) {
    send(Status::memory, {});
  } catch (const Error& error) {
    const Status status = error.kind() == ErrorKind::config ? Status::config : Status::failed;
    send(memory_was_refused() ? Status::memory : status, error.what());
  } catch (const std::exception& error) {
    send(memory_was_refused() ? Status::memory : Status::failed, error.what());
  }
}

void Server::respond(Operation operation) {
  if (operation == Operation::part) return send(Status::ok, {});
  if (operation == Operation::more) return send_piece();
  switch (operation) {
    case Operation::create:
      return create();
    case Operation::identify:
      read_request();
      return send(Status::ok, to_json(identify_plugin(request_.library)));
    case Operation::describe:
      read_request();
      return send(Status::ok, to_json(describe_plugin(request_.library, request_.environment)));
    case Operation::step:
      return step();
    case Operation::score:
      return score();
    case Operation::save:
      return send(Status::ok, agent_->save_checkpoint());
    case Operation::load:
      agent_->load_checkpoint(take_message());
      return send(Status::ok, {});
    case Operation::save_policy:
      return send(Status::ok, agent_->save_policy());
    case Operation::load_policy:
      agent_->load_policy(take_message());
      return send(Status::ok, {});
    case Operation::scalars:
      return scalars();
    case Operation::end:
      agent_.reset();
      reward_.reset();
      return send(Status::ok, {});
    default:
      return send(Status::ok, {});
  }
}

void Server::read_request() {
  request_ = creation_request_from(take_message());
  request_.environment.images = request_.images.data();
  request_.environment.consumption = request_.consumption.data();
  if (request_.memory_mb > 0) limit_memory(request_.memory_mb);
}

void Server::create() {
  read_request();
  const bool reward = request_.kind == to_string(PluginKind::reward);
  try {
    if ((open_plugin(request_.library).kind == OFFLOAD_KIND_REWARD) != reward) {
      fail(ErrorKind::plugin, "{}: is {}; name another plugin", request_.library,
           reward ? "an agent, not a reward" : "a reward, not an agent");
    }
  } catch (const Error& error) {
    return send(Status::refused, error.what());
  }
  CreatedAgent created;
  const auto say = [&created](const auto& plugin) {
    created.kind = plugin.info().kind;
    created.id = plugin.info().id;
    created.version = plugin.info().version;
    created.summary = plugin.info().summary;
    created.portable_bits = plugin.portable_bits();
    created.parameters = plugin.resolved();
  };
  if (reward) {
    say(reward_.emplace(request_.library, request_.parameters, request_.environment));
  } else {
    say(agent_.emplace(request_.library, request_.parameters, request_.environment, request_.world));
    created.training_slots = agent_->training_slots();
    created.trained = agent_->trained();
    created.checkpoint = agent_->has_checkpoint();
    created.policy = agent_->has_policy();
    created.scalars = agent_->scalar_names();
    created.facts = agent_->facts();
  }
  send(Status::ok, to_json(created));
}

void Server::step() {
  using Clock = std::chrono::steady_clock;
  const std::uint32_t flags = header_.flags;
  before_.known = (flags & kBeforeFeatures) != 0;
  after_.known = (flags & kAfterFeatures) != 0;
  next_.known = (flags & kNextFeatures) != 0;
  if ((flags & kObserve) != 0) {
    transition_.n = before_.raw.n = after_.raw.n = header_.observed;
    agent_->observe(transition_, this);
  }
  if ((flags & kUpdate) != 0) {
    const auto updating = Clock::now();
    header_.gradient_steps = agent_->update();
    header_.update_ns = static_cast<std::uint64_t>((Clock::now() - updating) / std::chrono::nanoseconds(1));
  }
  if ((flags & kAct) != 0) {
    next_.raw.n = header_.acting;
    agent_->act(next_.raw, header_.mode, channel_.at<std::int32_t>(channel_.layout().chosen), this);
  }
  send(Status::ok, {});
}

void Server::score() {
  outcomes_.n = header_.scoring;
  reward_->score(outcomes_, channel_.at<double>(channel_.layout().scored.reward));
  send(Status::ok, {});
}

void Server::scalars() {
  std::vector<double> values(agent_->scalar_names().size());
  agent_->read_scalars(values);
  send(Status::ok, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]});
}

void Server::send(Status status, std::string text) {
  answer_ = std::move(text);
  sent_ = 0;
  status_ = status;
  send_piece();
}

void Server::send_piece() {
  const std::size_t bytes = std::min(answer_.size() - sent_, channel_.layout().message_bytes);
  std::memcpy(channel_.at<char>(channel_.layout().message), answer_.data() + sent_, bytes);
  sent_ += bytes;
  header_.answer_bytes = bytes;
  header_.memory_refused = memory_refused_at();
  header_.status = static_cast<std::uint32_t>(sent_ < answer_.size() ? Status::more : status_);
}

}  // namespace

void serve_agent(Channel channel) {
  watch_memory();
  Server(std::move(channel)).run();
  std::fflush(nullptr);
  // No exit handlers: a plugin's could hang.
  _exit(0);
}

}  // namespace offload
