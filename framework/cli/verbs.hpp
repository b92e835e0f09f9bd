// One function per verb, each in a file of its own: adds the subcommand to the application and, when the
// user chose it, sets `action` to what main runs. An action returns the exit status or throws Error.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace offload::cli {

using Action = std::function<int()>;

// The whole command: what main gets and returns. Prints what is thrown.
int run_command(int argc, char** argv);

// The process of an agent (remote/agent_server.hpp): for the command itself to start, so no verb of the
// application. Returns the exit status or throws Error.
inline constexpr const char* kAgentChild = "agent-child";
int run_agent_child(int argc, char** argv);
// Likewise, of a build (leaderboard/build_source.hpp).
int run_build_child(int argc, char** argv);

void add_check(CLI::App& app, Action& action);
void add_collect(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);
void add_datasets(CLI::App& app, Action& action);
void add_describe(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_leaderboard(CLI::App& app, Action& action);
void add_help(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_micro(CLI::App& app, Action& action);
void add_plugin(CLI::App& app, Action& action);
void add_oracle(CLI::App& app, Action& action);
void add_power(CLI::App& app, Action& action);
void add_replay(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_slurm(CLI::App& app, Action& action);
void add_submit(CLI::App& app, Action& action);
void add_tasks(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);

}  // namespace offload::cli
