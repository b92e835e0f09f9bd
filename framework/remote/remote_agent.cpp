#include "remote/remote_agent.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>

#include "core/error.hpp"
#include "plugin/answers.hpp"
#include "process/fresh_process.hpp"
#include "process/memory_limit.hpp"
#include "process/sandbox.hpp"
#include "remote/channel.hpp"
#include "remote/creation.hpp"
#include "remote/python_program.hpp"

namespace offload {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
// Of one answer; a checkpoint is the longest.
constexpr std::size_t kAnswerMost = std::size_t{1} << 32;
constexpr std::size_t kSentenceMost = 2000;

std::string end_text(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  const char* name = sigabbrev_np(WTERMSIG(status));
  return fmt::format("was ended by signal {} (SIG{})", WTERMSIG(status), name == nullptr ? "?" : name);
}

CreationRequest request_of(const std::filesystem::path& library, const Parameters& parameters,
                           const offload_environment& environment, const RemoteSettings& settings) {
  const auto actions = static_cast<std::size_t>(environment.actions);
  const std::size_t amounts = actions * static_cast<std::size_t>(environment.budgets);
  return {std::filesystem::absolute(library).string(),
          parameters,
          environment,
          {environment.images, environment.images + actions},
          {environment.consumption, environment.consumption + amounts},
          settings.memory_mb};
}

// How the process is started, and what it says that it is to create.
struct Start {
  std::vector<std::string> arguments, environment;
};

Start start_of(const std::filesystem::path& library, const RemoteSettings& settings) {
  PythonProgram python{settings.program, settings.readable, {}, {}};
  std::vector<std::filesystem::path> readable;
  if (const auto agent = python_agent(library.native())) {
    python = python_program(*agent, settings.python.empty() ? default_python() : settings.python);
  } else {
    readable = libraries_beside(std::filesystem::absolute(library));
  }
  readable.insert(readable.end(), python.readable.begin(), python.readable.end());
  Start start{{"agent-child"}, std::move(python.environment)};
  for (const std::filesystem::path& path : readable)
    start.arguments.insert(start.arguments.end(), {"--read", path.string()});
  for (const std::filesystem::path& path : python.listable)
    start.arguments.insert(start.arguments.end(), {"--list", path.string()});
  if (!python.program.empty()) start.arguments.emplace_back("--");
  start.arguments.insert(start.arguments.end(), python.program.begin(), python.program.end());
  return start;
}

}  // namespace

AgentEnded::AgentEnded(const std::string& owner, int status)
    : std::runtime_error(fmt::format("{}: its process {}", owner, end_text(status))), status_(status) {}

struct RemoteAgent::State {
  State(const std::filesystem::path& library, const offload_environment& environment,
        const RemoteSettings& settings)
      : State(library, environment, settings, start_of(library, settings)) {}
  State(const std::filesystem::path& library, const offload_environment& environment,
        const RemoteSettings& settings, const Start& start)
      : actions(environment.actions),
        channel(transport_header(settings.rows, environment.actions, environment.observation,
                                 environment.budgets)),
        layout(channel.layout()),
        owner(printable(library.filename().string())),
        answer_limit(settings.answer_limit),
        process(command_program(), start.arguments, channel.descriptor(), start.environment) {
    call(Operation::hello);
    held = copied(channel.header().held) | process.namespaces();
  }

  // One round trip; what it answered as a message. Throws what it answered as a failure.
  std::string call(Operation operation, std::string_view message = {}) {
    while (message.size() > layout.message_bytes) {
      exchange(Operation::part, message.substr(0, layout.message_bytes));
      message.remove_prefix(layout.message_bytes);
    }
    std::string answer;
    Status status = exchange(operation, message, &answer);
    while (status == Status::more) {
      if (answer.size() > kAnswerMost) broken("answers with more than 4 GiB");
      status = exchange(Operation::more, {}, &answer);
    }
    if (status == Status::ok) return answer;
    answer.resize(std::min(answer.size(), kSentenceMost));
    const std::string sentence = printable(answer, kSentenceMost);
    if (status == Status::memory) throw_of_memory(sentence);
    if (status == Status::refused) throw NotAnAgent(ErrorKind::plugin, sentence);
    if (status == Status::config) throw Error(ErrorKind::config, sentence);
    if (status != Status::failed) broken("answers what is no answer");
    throw Error(ErrorKind::plugin, sentence);
  }
  Status exchange(Operation operation, std::string_view message, std::string* answer = nullptr) {
    TransportHeader& header = channel.header();
    header.operation = static_cast<std::uint32_t>(operation);
    header.request_bytes = message.size();
    std::copy(message.begin(), message.end(), channel.at<char>(layout.message));
    const std::uint32_t last = requests++;
    ring(header.request, requests);
    wait_for(last);
    const auto status = static_cast<Status>(copied(header.status));
    const std::uint64_t bytes = copied(header.answer_bytes);
    if (bytes > layout.message_bytes) broken("answers with more than a message holds");
    if (answer != nullptr) answer->append(channel.at<char>(layout.message), bytes);
    return status;
  }
  void wait_for(std::uint32_t last) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
      const std::uint32_t answered = wait_while(channel.header().answer, last, kLookEvery);
      if (answered == requests) return;
      if (answered != last) broken("answers what was not asked");
      process.pass_on_output();
      if (const auto status = process.ended()) throw AgentEnded(owner, *status);
      if (answer_limit.count() > 0 && std::chrono::steady_clock::now() - start > answer_limit)
        broken("does not answer in time");
    }
  }
  // A number that the other end may change at any moment, read once.
  template <typename Value>
  static Value copied(const Value& shared) {
    return *static_cast<const volatile Value*>(&shared);
  }
  [[noreturn]] void throw_of_memory(const std::string& sentence) {
    note_memory_refused(std::max<std::int64_t>(copied(channel.header().memory_refused), 1));
    if (sentence.empty()) throw std::bad_alloc();
    throw Error(ErrorKind::plugin, sentence);
  }
  [[noreturn]] void broken(const char* fact) const {
    fail(ErrorKind::plugin, "{}: its process {}", owner, fact);
  }

  int rows_of(int n) const {
    if (n > layout.rows)
      fail(ErrorKind::plugin, "{}: {} rows, where {} were agreed on", owner, n, layout.rows);
    return n;
  }
  template <typename Value>
  void put(std::uint64_t place, const Value* values, std::int32_t rows, std::int32_t width = 1) {
    const std::size_t count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
    if (count > 0) std::memcpy(channel.at<Value>(place), values, count * sizeof(Value));
  }
  void put(const ViewOffsets& at, const offload_view& view) {
    const int n = rows_of(view.n);
    put(at.slot, view.slot, n);
    put(at.first, view.first, n);
    put(at.rng, view.rng, n);
    put(at.observation, view.observation, n, layout.observation);
    put(at.mask, view.mask, n, layout.actions);
    put(at.limit, view.limit, n, layout.budgets);
    put(at.spent, view.spent, n, layout.budgets);
  }
  void put(const offload_transition& step) {
    const TransitionOffsets& at = layout.transition;
    put(layout.before, *step.before);
    put(layout.after, *step.after);
    put(at.action, step.action, step.n);
    put(at.reward, step.reward, step.n);
    put(at.quality, step.quality, step.n);
    put(at.association, step.association, step.n);
    put(at.consumed, step.consumed, step.n, layout.budgets);
    put(at.terminal, step.terminal, step.n);
  }
  // What the flags say of these; those not meant are null.
  Learned step(std::uint32_t flags, const offload_transition* observed, const offload_view* next,
               std::int32_t mode, std::int32_t* action) {
    TransportHeader& header = channel.header();
    if (observed != nullptr) put(*observed);
    if (next != nullptr) put(layout.next, *next);
    header.flags = flags;
    header.mode = mode;
    header.observed = observed == nullptr ? 0 : observed->n;
    const int acting = header.acting = next == nullptr ? 0 : next->n;
    std::fill_n(channel.at<std::int32_t>(layout.chosen), acting, kNoAction);
    header.gradient_steps = 0;
    header.update_ns = 0;
    const auto start = std::chrono::steady_clock::now();
    call(Operation::step);
    Learned learned;
    if ((flags & kUpdate) != 0) {
      learned.gradient_steps = add_gradient_steps(copied(header.gradient_steps), gradient_steps, owner);
      const std::chrono::duration<double> all = std::chrono::steady_clock::now() - start;
      learned.update_s = std::min(static_cast<double>(copied(header.update_ns)) * 1e-9, all.count());
    }
    if (next == nullptr) return learned;
    const std::int32_t* chosen = channel.at<std::int32_t>(layout.chosen);
    std::copy(chosen, chosen + acting, action);
    require_actions({action, static_cast<std::size_t>(acting)}, actions, owner);
    return learned;
  }

  int actions;
  Channel channel;
  const TransportHeader layout;
  std::string owner;
  std::chrono::milliseconds answer_limit;
  FreshProcess process;
  std::uint32_t requests = 0;
  CreatedAgent created;
  PluginInfo info;
  std::int64_t gradient_steps = 0;  // reported so far
  std::uint64_t held = 0;
};

RemoteAgent::RemoteAgent(const std::filesystem::path& library, const Parameters& parameters,
                         const offload_environment& environment, const RemoteSettings& settings)
    : state_(std::make_unique<State>(library, environment, settings)) {
  PluginInfo& info = state_->info;
  info.path = library;
  info.sha256 = sha256_of_plugin(library);
  state_->created = created_agent_from(
      state_->call(Operation::create, to_json(request_of(library, parameters, environment, settings))));
  info.id = state_->created.id;
  info.version = state_->created.version;
  info.summary = state_->created.summary;
  info.parameters = state_->created.declared;
  info.training_slots = state_->created.training_slots;
  const auto can = [&info](bool held, const char* name) {
    if (held) info.capabilities.emplace_back(name);
  };
  can(trained(), "trained");
  can(has_checkpoint(), "checkpoint");
  can(!scalar_names().empty(), "scalars");
  can(!facts().empty(), "facts");
  can(portable_bits(), "portable_bits");
  state_->owner = owner_name(info);
}

RemoteAgent::~RemoteAgent() = default;

const PluginInfo& RemoteAgent::info() const { return state_->info; }
const ResolvedParameters& RemoteAgent::resolved() const { return state_->created.parameters; }
int RemoteAgent::training_slots() const { return state_->created.training_slots; }
bool RemoteAgent::trained() const { return state_->created.trained; }
bool RemoteAgent::has_checkpoint() const { return state_->created.checkpoint; }
bool RemoteAgent::portable_bits() const { return state_->created.portable_bits; }
const std::map<std::string, std::string>& RemoteAgent::facts() const { return state_->created.facts; }
const std::vector<std::string>& RemoteAgent::scalar_names() const { return state_->created.scalars; }

void RemoteAgent::act(const offload_view& view, std::int32_t mode, std::int32_t* action,
                      const ViewFeatures*) {
  state_->step(kAct, nullptr, &view, mode, action);
}

void RemoteAgent::observe(const offload_transition& step, const ViewFeatures*) {
  state_->step(kObserve, &step, nullptr, OFFLOAD_EXPLORE, nullptr);
}

std::int64_t RemoteAgent::update() {
  return state_->step(kUpdate, nullptr, nullptr, OFFLOAD_EXPLORE, nullptr).gradient_steps;
}

AnyAgent::Learned RemoteAgent::learn(const offload_transition& step, const offload_view* next,
                                     std::int32_t* action, const ViewFeatures*) {
  const std::uint32_t act = next == nullptr ? 0U : std::uint32_t{kAct};
  return state_->step(kObserve | kUpdate | act, &step, next, OFFLOAD_EXPLORE, action);
}

std::string RemoteAgent::save_checkpoint() { return state_->call(Operation::save); }
void RemoteAgent::load_checkpoint(std::string_view bytes) { state_->call(Operation::load, bytes); }

void RemoteAgent::read_scalars(std::span<double> values) {
  const std::string bytes = state_->call(Operation::scalars);
  if (bytes.size() != values.size_bytes()) state_->broken("gives another number of scalars");
  std::memcpy(values.data(), bytes.data(), bytes.size());
}

std::uint64_t RemoteAgent::held() const { return state_->held; }
void RemoteAgent::limit_answers(std::chrono::milliseconds limit) { state_->answer_limit = limit; }

void RemoteAgent::end() {
  state_->call(Operation::end);
  const int status = state_->process.wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw AgentEnded(state_->owner, status);
}

std::filesystem::path command_program() {
  static constexpr const char* kSelf = "/proc/self/exe";
  const std::filesystem::path self = std::filesystem::read_symlink(kSelf);
  const std::filesystem::path beside = self.parent_path() / "offload-bench";
  return std::filesystem::exists(beside) && self.filename() != beside.filename() ? beside : kSelf;
}

}  // namespace offload
