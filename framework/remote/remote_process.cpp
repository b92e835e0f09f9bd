#include "remote/remote_process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <new>

#include "plugin/answers.hpp"
#include "process/installation.hpp"
#include "process/memory_limit.hpp"
#include "process/sandbox.hpp"
#include "remote/newborn.hpp"
#include "remote/python_program.hpp"

namespace offload {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
// Of one answer; a checkpoint is the longest.
constexpr std::size_t kAnswerMost = std::size_t{1} << 32;
constexpr std::size_t kSentenceMost = 2000;
constexpr int kTurnsUnseen = 1024;
// More than a machine has processors; all processes together have some ten thousand.
constexpr int kThreadsMost = 512;

std::string end_text(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  const char* name = sigabbrev_np(WTERMSIG(status));
  return fmt::format("was ended by signal {} (SIG{})", WTERMSIG(status), name == nullptr ? "?" : name);
}

// The number that a line of /proc/PID/status begins with; 0 where it cannot be read.
std::int64_t status_of(pid_t process, std::string_view name) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::strtoll(line.c_str() + name.size(), nullptr, 10);
  return 0;
}

HostWorld world_of(const offload_environment& environment, const RemoteSettings& settings) {
  return settings.world ? *settings.world : host_world(environment);
}

CreationRequest request_of(const std::filesystem::path& library, const Parameters& parameters,
                           const offload_environment& environment, const RemoteSettings& settings,
                           const std::string& kind) {
  const auto actions = static_cast<std::size_t>(environment.actions);
  const std::size_t amounts = actions * static_cast<std::size_t>(environment.budgets);
  return {std::filesystem::absolute(library).string(),
          kind,
          parameters,
          environment,
          {environment.images, environment.images + actions},
          {environment.consumption, environment.consumption + amounts},
          world_of(environment, settings),
          settings.memory_mb};
}

TransportSizes whole(TransportSizes sizes, const offload_environment& environment,
                     const RemoteSettings& settings) {
  sizes.actions = environment.actions;
  sizes.observation = environment.observation;
  sizes.budgets = environment.budgets;
  if (settings.world) sizes.features = static_cast<std::int32_t>(settings.world->features.size());
  return sizes;
}

// How the process of a plugin is started, or the nursery of such processes.
Beginning beginning_of(const std::filesystem::path& library, const PythonProgram& python, bool nursery) {
  std::vector<std::filesystem::path> readable = python.readable;
  if (!python_agent(library.native())) {
    const auto beside = libraries_beside(std::filesystem::absolute(library));
    readable.insert(readable.begin(), beside.begin(), beside.end());
  }
  Beginning beginning{command_program(), {"agent-child"}, python.environment};
  std::vector<std::string>& arguments = beginning.arguments;
  if (nursery) arguments.emplace_back("--nursery");
  for (const std::filesystem::path& path : readable)
    arguments.insert(arguments.end(), {"--read", path.string()});
  for (const std::filesystem::path& path : python.listable)
    arguments.insert(arguments.end(), {"--list", path.string()});
  if (!python.program.empty()) arguments.emplace_back("--");
  arguments.insert(arguments.end(), python.program.begin(), python.program.end());
  return beginning;
}

// Of a plugin in Python: by a nursery where there may be one and it begins, else as a new program, of which
// is then heard what is wrong.
FreshProcess begun_in_python(const std::filesystem::path& library, const PythonProgram& python,
                             const RemoteSettings& settings, Channel& channel, FreshProcess::Kept kept) {
  const std::string texts =
      to_texts({std::filesystem::absolute(library), {python.readable, python.listable}});
  if (settings.nursery != nullptr && !python.nursery.empty() &&
      texts.size() < channel.layout().message_bytes) {
    std::ranges::copy(texts, channel.at<char>(channel.layout().message));
    try {
      return {*settings.nursery,
              {python.program.front(), python.nursery, python.environment},
              channel.descriptor(),
              settings.answer_limit};
    } catch (const Error&) {
      // One that was born too late would serve beside the other.
      channel = Channel(channel.layout());
    }
  }
  return {beginning_of(library, python, false), channel.descriptor(), kept};
}

FreshProcess begun(const std::filesystem::path& library, const RemoteSettings& settings, Channel& channel,
                   FreshProcess::Kept kept) {
  if (const auto agent = python_agent(library.native())) {
    const std::string interpreter = settings.python.empty() ? default_python() : settings.python;
    return begun_in_python(library, python_program(*agent, interpreter), settings, channel, kept);
  }
  PythonProgram program;
  program.program = settings.program;
  program.readable = settings.readable;
  const Beginning beginning = beginning_of(library, program, settings.nursery != nullptr);
  if (settings.nursery != nullptr) return {*settings.nursery, beginning, channel.descriptor()};
  return {beginning, channel.descriptor(), kept};
}

}  // namespace

AgentEnded::AgentEnded(const std::string& owner, int status)
    : std::runtime_error(fmt::format("{}: its process {}", owner, end_text(status))), status_(status) {}

RemoteProcess::RemoteProcess(const std::filesystem::path& library, const offload_environment& environment,
                             const RemoteSettings& settings, TransportSizes sizes, FreshProcess::Kept kept)
    : RemoteProcess(library, settings, whole(sizes, environment, settings), kept) {}

RemoteProcess::RemoteProcess(const std::filesystem::path& library, const RemoteSettings& settings,
                             const TransportSizes& sizes, FreshProcess::Kept kept)
    : channel_(transport_header(sizes)),
      layout_(channel_.layout()),
      owner_(printable(library.filename().string())),
      answer_limit_(settings.answer_limit),
      process_(begun(library, settings, channel_, kept)),
      shared_most_kb_(settings.memory_mb * 1'000'000 / 1024) {
  call(Operation::hello);
  OneProcessor::let_go(process_.pid());
  held_ = copied(header().held) | process_.namespaces();
}

const CreatedAgent& RemoteProcess::create(const std::filesystem::path& library, const Parameters& parameters,
                                          const offload_environment& environment,
                                          const RemoteSettings& settings, const std::string& kind) {
  info_.path = library;
  info_.sha256 = sha256_of_plugin(library);
  created_ = created_agent_from(
      call(Operation::create, to_json(request_of(library, parameters, environment, settings, kind))));
  if (!kind.empty() && kind != to_string(created_.kind)) broken("makes what was not asked for");
  info_.kind = created_.kind;
  info_.id = created_.id;
  info_.version = created_.version;
  info_.summary = created_.summary;
  info_.parameters = created_.declared;
  info_.training_slots = created_.training_slots;
  const auto can = [this](bool held, const char* name) {
    if (held) info_.capabilities.emplace_back(name);
  };
  can(created_.trained, "trained");
  can(created_.checkpoint, "checkpoint");
  can(created_.policy, "policy");
  can(!created_.scalars.empty(), "scalars");
  can(!created_.facts.empty(), "facts");
  can(created_.portable_bits, "portable_bits");
  owner_ = owner_name(info_);
  if (settings.one_processor) one_processor_.emplace(process_.pid());
  return created_;
}

PluginInfo RemoteProcess::described(const std::filesystem::path& library,
                                    const offload_environment& environment, bool instance) {
  const std::string asked = to_json(request_of(library, {}, environment, {}, ""));
  PluginInfo info = plugin_info_from_json(call(instance ? Operation::describe : Operation::identify, asked));
  info.path = library;
  info.sha256 = sha256_of_plugin(library);
  require_plugin_id(info.id, owner_);
  return info;
}

std::string RemoteProcess::call(Operation operation, std::string_view message) {
  while (message.size() > layout_.message_bytes) {
    exchange(Operation::part, message.substr(0, layout_.message_bytes));
    message.remove_prefix(layout_.message_bytes);
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

Status RemoteProcess::exchange(Operation operation, std::string_view message, std::string* answer) {
  TransportHeader& shared = header();
  shared.operation = static_cast<std::uint32_t>(operation);
  shared.request_bytes = message.size();
  std::copy(message.begin(), message.end(), at<char>(layout_.message));
  // Not counted here: a copy of this process may have asked in between.
  const std::uint32_t last = copied(shared.answer), asked = last + 1;
  if (++turns_ >= kTurnsUnseen) look_after();
  sharing_ = one_processor_ && one_processor_->turn();
  shared.one_processor = sharing_ ? 1 : 0;
  ring(shared.request, asked, shared.request_waited);
  wait_for(last, asked);
  const auto status = static_cast<Status>(copied(shared.status));
  const std::uint64_t bytes = copied(shared.answer_bytes);
  if (bytes > layout_.message_bytes) broken("answers with more than a message holds");
  if (answer != nullptr) answer->append(at<char>(layout_.message), bytes);
  return status;
}

void RemoteProcess::wait_for(std::uint32_t last, std::uint32_t asked) {
  TransportHeader& shared = header();
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    const std::uint32_t answered =
        patience_.wait_while(shared.answer, last, shared.answer_waited, kLookEvery, sharing_);
    if (answered == asked) return;
    if (answered != last) broken("answers what was not asked");
    process_.pass_on_output();
    look_after();
    if (const auto status = process_.ended()) throw AgentEnded(owner_, *status);
    if (answer_limit_.count() > 0 && std::chrono::steady_clock::now() - start > answer_limit_)
      broken("does not answer in time");
  }
}

// What no limit of the kernel's holds: threads of root's, and memory that is shared, if with nobody.
void RemoteProcess::look_after() {
  turns_ = 0;
  const pid_t process = process_.itself();
  if (status_of(process, "Threads:") > kThreadsMost) broken("has more than 512 threads; use fewer");
  if (shared_most_kb_ > 0 && status_of(process, "RssShmem:") > shared_most_kb_)
    broken("takes more shared memory than memory_limit_mb; use less, or raise that");
}

void RemoteProcess::throw_of_memory(const std::string& sentence) {
  note_memory_refused(std::max<std::int64_t>(copied(header().memory_refused), 1));
  if (sentence.empty()) throw std::bad_alloc();
  throw Error(ErrorKind::plugin, sentence);
}

void RemoteProcess::broken(const char* fact) const {
  fail(ErrorKind::plugin, "{}: its process {}", owner_, fact);
}

void RemoteProcess::end() {
  call(Operation::end);
  const int status = process_.wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw AgentEnded(owner_, status);
}

std::filesystem::path command_program() {
  static constexpr const char* kSelf = "/proc/self/exe";
  const std::filesystem::path command = command_or_self().parent_path() / "offload-bench";
  const bool other = command != std::filesystem::read_symlink(kSelf);
  return other && std::filesystem::exists(command) ? command : kSelf;
}

}  // namespace offload
