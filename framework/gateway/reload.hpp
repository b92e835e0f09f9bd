// The agents of serve.toml read again while others serve: on a thread of its own, since data and models are
// read, then asked about a first turn, and only then given to new sessions. What is wrong with them is told,
// and changes nothing.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/decision/agents.hpp"
#include "gateway/session/journal_file.hpp"
#include "plugin/search.hpp"

namespace offload {

// What a reload reads: serve.toml, the suite, the checkpoints.
FileWatch watch_of(const ServeSettings& settings);

class Reloader {
 public:
  using Say = std::function<void(const std::string&)>;
  // What it works with; all outlive the object.
  struct Parts {
    boost::asio::io_context& io;
    const ServeSettings& settings;
    const PluginSearch& search;
    const ServedPolicy& policy;  // whose environment the new ones have to have
    AgentTable& agents;
    JournalFile& journal;
    const Say& say;
  };

  // `watch`: of the files as they were read for what serves.
  Reloader(Parts parts, FileWatch watch);
  ~Reloader() { end(); }
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Begins one; where one is under way another follows it, and where there are too many agents of before it
  // is begun once some of them have ended. Of the io thread, as all else.
  void reload();
  // Every tenth of a second: begins one that had to wait, and where a change of the files is wanted as one,
  // looks for it.
  void tick();
  // Nothing is begun or adopted any more.
  void close() { ending_ = true; }
  // The same, and waits for what is being read; agents that are being made are killed.
  void end();

 private:
  struct Loaded;

  void work(std::function<void()> there, std::function<void()> then);
  Loaded load();
  ServedAgents begin(const ServedPolicies& policies, const ServeSettings& settings);
  ServedAgents take_loading();
  void take(Loaded loaded);
  void try_out(ServedAgents agents);
  void tried(bool good);
  void adopt(ServedAgents agents);
  void give_up(ServedAgents agents);
  void over();

  Parts parts_;
  FileWatch watch_;
  std::thread thread_;
  bool busy_ = false, again_ = false, refused_ = false;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  ServedAgents loading_;  // of both threads: what load() waits for
  ServedAgents trying_;
  std::size_t left_ = 0;
  bool good_ = true;
  int reloads_ = 0, ticks_ = 0;
};

}  // namespace offload
