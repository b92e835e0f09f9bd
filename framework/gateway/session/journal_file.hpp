// The journal's file: lines are written by who adds them, all that came in one round in one go, and synced by
// a thread of its own, again all together. Who waits for a line is told once it is written, which outlives
// this process, or once it is on the disk, which outlives the machine.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gateway/session/journal.hpp"

namespace offload {

class JournalFile {
 public:
  using Posted = std::function<void()>;
  using Read = std::function<JournalEnd(const std::filesystem::path&)>;

  // Appends behind where the file ends, which `read` tells, called once nobody else can write it; what was
  // torn there is cut off. A new file is readable by its owner alone. `post` calls what it is given at once
  // or later, on the caller's thread; the syncing thread calls it, too. Without `sync` nothing is flushed to
  // the disk, and what is written counts as if it were. One journal has one writer: throws Error(io) for a
  // file that another one holds, or that cannot be written, and what `read` throws.
  JournalFile(const std::filesystem::path& file, const Read& read, bool sync,
              std::function<void(Posted)> post);
  // Waits until all is written and synced.
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // Adds the event. `durable`, unless empty, is posted once it is on the disk; never when writing fails.
  void add(const JournalEvent& event, Posted durable = {}) { add_object(to_json(event), std::move(durable)); }
  // The same of an event of another kind: a JSON object on one line.
  void add_object(std::string json, Posted durable = {}) {
    append(std::move(json), told_, std::move(durable));
  }
  // Adds the event; `written`, unless empty, is called once the system has it. It is on the disk soon after,
  // with the next line that somebody waits for, within a tenth of a second at the latest.
  void add_written(const JournalEvent& event, Posted written) {
    append(to_json(event), told_written_, std::move(written));
  }
  const ChainHead& head() const { return chain_.head(); }
  // Empty while all is well; else what failed. From then on nothing is written.
  std::string failure();
  // Fails where the file is not where it was any more: who reads it next would not find what is written now.
  void look();
  std::uint64_t bytes() const { return bytes_; }  // of the file, with what waits to be written

 private:
  void append(std::string json, std::vector<Posted>& told, Posted call);
  void write_waiting();
  bool wait_for_lines(std::unique_lock<std::mutex>& lock);
  void sync_all();
  void write_some(const std::string& text);

  std::filesystem::path file_;
  bool sync_;
  std::function<void(Posted)> post_;
  JournalChain chain_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_, failure_;
  std::vector<Posted> told_written_, told_;  // of lines that wait to be written
  std::vector<Posted> told_synced_;          // of lines that wait to be synced
  bool scheduled_ = false;                   // somebody is about to write
  bool dirty_ = false;                       // something is written and not synced
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace offload
