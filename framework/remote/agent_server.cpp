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

class Server {
 public:
  explicit Server(Channel channel) : channel_(std::move(channel)), header_(channel_.header()) {
    set(before_, channel_.layout().before);
    set(after_, channel_.layout().after);
    set(next_, channel_.layout().next);
    const TransitionOffsets& at = channel_.layout().transition;
    transition_ = {sizeof transition_,
                   0,
                   &before_,
                   channel_.at<std::int32_t>(at.action),
                   channel_.at<double>(at.reward),
                   channel_.at<double>(at.quality),
                   channel_.at<double>(at.association),
                   channel_.at<double>(at.consumed),
                   &after_,
                   channel_.at<std::uint8_t>(at.terminal)};
  }

  void run();

 private:
  void set(offload_view& view, const ViewOffsets& at) const {
    view = {sizeof view,
            0,
            channel_.at<std::int32_t>(at.slot),
            channel_.at<std::uint8_t>(at.first),
            channel_.at<std::uint64_t>(at.rng),
            channel_.at<float>(at.observation),
            channel_.at<std::uint8_t>(at.mask),
            channel_.at<double>(at.limit),
            channel_.at<double>(at.spent)};
  }
  void answer(Operation operation);
  void respond(Operation operation);
  void create();
  void step();
  void scalars();
  void send(Status status, std::string text);
  void send_piece();
  std::string take_message() { return std::exchange(message_, {}); }

  Channel channel_;
  TransportHeader& header_;
  offload_view before_{}, after_{}, next_{};
  offload_transition transition_{};
  CreationRequest request_;
  std::optional<AgentInstance> agent_;
  std::string message_;  // of the request
  std::string answer_;
  std::size_t sent_ = 0;  // bytes of it
  Status status_ = Status::ok;
};

void Server::run() {
  for (std::uint32_t last = 0;;) {
    const std::uint32_t request = wait_while(header_.request, last, kLong);
    if (request == last) continue;
    last = request;
    const auto operation = static_cast<Operation>(header_.operation);
    message_.append(channel_.at<char>(channel_.layout().message), header_.request_bytes);
    answer(operation);
    ring(header_.answer, request);
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
    case Operation::step:
      return step();
    case Operation::save:
      return send(Status::ok, agent_->save_checkpoint());
    case Operation::load:
      agent_->load_checkpoint(take_message());
      return send(Status::ok, {});
    case Operation::scalars:
      return scalars();
    case Operation::end:
      agent_.reset();
      return send(Status::ok, {});
    default:
      return send(Status::ok, {});
  }
}

void Server::create() {
  request_ = creation_request_from(take_message());
  request_.environment.images = request_.images.data();
  request_.environment.consumption = request_.consumption.data();
  if (request_.memory_mb > 0) limit_memory(request_.memory_mb);
  try {
    if (open_plugin(request_.library).kind != OFFLOAD_KIND_AGENT)
      fail(ErrorKind::plugin, "{}: is a reward, not an agent; name another plugin", request_.library);
  } catch (const Error& error) {
    return send(Status::refused, error.what());
  }
  agent_.emplace(request_.library, request_.parameters, request_.environment);
  CreatedAgent created;
  created.id = agent_->info().id;
  created.version = agent_->info().version;
  created.summary = agent_->info().summary;
  created.training_slots = agent_->training_slots();
  created.trained = agent_->trained();
  created.checkpoint = agent_->has_checkpoint();
  created.portable_bits = agent_->portable_bits();
  created.scalars = agent_->scalar_names();
  created.facts = agent_->facts();
  created.parameters = agent_->resolved();
  send(Status::ok, to_json(created));
}

void Server::step() {
  using Clock = std::chrono::steady_clock;
  const std::uint32_t flags = header_.flags;
  if ((flags & kObserve) != 0) {
    transition_.n = before_.n = after_.n = header_.observed;
    agent_->observe(transition_);
  }
  if ((flags & kUpdate) != 0) {
    const auto updating = Clock::now();
    header_.gradient_steps = agent_->update();
    header_.update_ns = static_cast<std::uint64_t>((Clock::now() - updating) / std::chrono::nanoseconds(1));
  }
  if ((flags & kAct) != 0) {
    next_.n = header_.acting;
    agent_->act(next_, header_.mode, channel_.at<std::int32_t>(channel_.layout().chosen));
  }
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
