// `offload-bench serve` between scripted servers and a client, in a test's folder.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "end_to_end/command.hpp"
#include "end_to_end/gateway/scripted_backend.hpp"

namespace offload::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

// A connection of a client, used again and again.
class Client {
 public:
  explicit Client(int port) : port_(port), socket_(Socket::connected(port)) {}

  bool send(const std::string& body, const Fields& fields = {},
            const std::string& path = "/v1/chat/completions") {
    std::string head = fmt::format("POST {} HTTP/1.1\r\nhost: localhost:{}\r\ncontent-length: {}\r\n", path,
                                   port_, body.size());
    bool typed = false;
    for (const auto& [name, value] : fields) {
      head += name + ": " + value + "\r\n";
      typed = typed || name == "content-type";
    }
    if (!typed) head += "content-type: application/json\r\n";
    return socket_.send(head + "\r\n" + body);
  }
  Message receive() {
    Message message;
    if (read_message_head(socket_, message)) read_message_body(socket_, message, true);
    return message;
  }
  Message ask(const std::string& body, const Fields& fields = {}) {
    send(body, fields);
    return receive();
  }
  Message get(const std::string& path, const Fields& fields = {}) {
    std::string head = fmt::format("GET {} HTTP/1.1\r\nhost: localhost\r\n", path);
    for (const auto& [name, value] : fields) head += name + ": " + value + "\r\n";
    socket_.send(head + "\r\n");
    return receive();
  }
  Socket& socket() { return socket_; }

 private:
  int port_;
  Socket socket_;
};

inline std::string chat(const std::string& content, const std::string& more = "",
                        const std::string& model = "offload-auto") {
  return fmt::format(R"({{"model":"{}","messages":[{{"role":"user","content":"{}"}}]{}}})", model, content,
                     more);
}

class GatewayTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("suite.toml", suite());
  }
  void TearDown() override {
    stop(SIGKILL);
    CommandTest::TearDown();
  }

  static std::string suite() {
    return R"([suite]
name = "served"
seed = 3
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0]}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 3000
checkpoints = true
[[row]]
name = "cost-min"
[[row]]
name = "local-only"
[[row]]
name = "cloud-only"
[[row]]
name = "text-only"
plugin = "constant"
parameters = {action = 1}
[[row]]
name = "random"
[[row]]
name = "random-masked"
plugin = "random"
parameters = {masked = true}
[[row]]
name = "epsilon-greedy"
[evaluation]
oracle_nodes = 0
)";
  }
  // `serve` and `more` are lines of [serve] and tables behind it.
  void configure(const std::string& row, const std::string& serve = "", const std::string& more = "",
                 const std::string& local = "", const std::string& cloud = "") {
    // A loaded machine is no reason for an agent to be late.
    const std::string patient =
        more.find("[limits]") == std::string::npos ? "[limits]\ndecision_s = 20\n" : "";
    write("serve.toml", fmt::format(R"([serve]
listen = "127.0.0.1:0"
suite = "suite.toml"
row = "{}"
journal = "journal.jsonl"
{}
{}
[tasks]
unknown = "0"
[local]
base_url = "{}"
{}
[cloud]
base_url = "{}"
price = {{input = 2.5, cached = 1.25, output = 10}}
{}
)",
                                    row, serve, more + patient, local_.url(), local, cloud_.url(), cloud));
  }
  // Starts it and waits until it serves.
  void start() {
    start_as([] {
      execl(OFFLOAD_BINARY_DIR "/bin/offload-bench", "offload-bench", "serve", "serve.toml", nullptr);
    });
  }
  // The same with what a child does in the test's folder.
  void start_as(const std::function<void()>& serve) {
    const std::string out = (folder_ / "serve.txt").string();
    std::filesystem::remove(out);  // what an earlier one said
    pid_ = fork();
    if (pid_ == 0) {
      const int file = open(out.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
      dup2(file, STDERR_FILENO);
      dup2(file, STDOUT_FILENO);
      setenv("OFFLOAD_BENCH_CACHE", (folder_ / "cache").c_str(), 1);
      if (chdir(folder_.c_str()) != 0) _exit(9);
      serve();
      _exit(9);
    }
    for (int tries = 0; tries < 3000; ++tries) {
      const std::string text = read_text(out);
      const std::size_t at = text.find("serving on http://127.0.0.1:");
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        port_ = std::atoi(text.c_str() + at + 28);
        return;
      }
      ASSERT_EQ(waitpid(pid_, nullptr, WNOHANG), 0) << text;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << read_text(out);
  }
  void start(const std::string& row, const std::string& serve = "", const std::string& more = "",
             const std::string& local = "", const std::string& cloud = "") {
    configure(row, serve, more, local, cloud);
    start();
  }
  // Returns its exit status.
  int stop(int signal = SIGTERM) {
    if (pid_ <= 0) return -1;
    kill(pid_, signal);
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::vector<nlohmann::json> journal() const {
    std::vector<nlohmann::json> lines;
    std::istringstream text(read_text(folder_ / "journal.jsonl"));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  std::vector<nlohmann::json> journal(const std::string& event) const {
    std::vector<nlohmann::json> lines = journal();
    std::erase_if(lines, [&](const nlohmann::json& line) { return line["e"] != event; });
    return lines;
  }
  // Waits for the journal to hold so many of an event.
  std::vector<nlohmann::json> journal_with(const std::string& event, std::size_t count) const {
    for (int tries = 0; tries < 1500; ++tries) {
      try {
        const auto lines = journal(event);
        if (lines.size() >= count) return lines;
      } catch (const nlohmann::json::exception&) {  // a line is just being written
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return journal(event);
  }
  Client client() const { return Client(port_); }
  std::string said() const { return read_text(folder_ / "serve.txt"); }
  // Waits for it to say that, behind the first `from` bytes.
  bool says(const std::string& words, std::size_t from = 0) const {
    for (int tries = 0; tries < 3000; ++tries) {
      if (said().find(words, from) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  ScriptedBackend local_, cloud_;
  pid_t pid_ = -1;
  int port_ = 0;
};

}  // namespace offload::testing
