// The journal's file: lines are written and synced by a thread of its own, all that came meanwhile in one go,
// and who waits for a line is told once it is on the disk.
#pragma once

#include <condition_variable>
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

  // Appends behind `end`, which read_journal_file told of the file; what was torn there is cut off. A new
  // file is readable by its owner alone. `post` brings a call from the writing thread to the caller's;
  // without `sync` lines are written but not flushed to the disk. One journal has one writer: throws
  // Error(io) for a file that another one holds, or that cannot be written.
  JournalFile(const std::filesystem::path& file, const JournalEnd& end, bool sync,
              std::function<void(Posted)> post);
  // Waits until all is written.
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  // Adds the event. `durable`, unless empty, is posted once it is on the disk; never when writing fails.
  void add(const JournalEvent& event, Posted durable = {}) { add_object(to_json(event), std::move(durable)); }
  // The same of an event of another kind: a JSON object on one line.
  void add_object(std::string json, Posted durable = {});
  const ChainHead& head() const { return chain_.head(); }
  // Empty while all is well; else what failed. From then on nothing is written.
  std::string failure();

 private:
  void write_all();
  void write_some(const std::string& text);

  std::filesystem::path file_;
  bool sync_;
  std::function<void(Posted)> post_;
  JournalChain chain_;
  int descriptor_ = -1;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_, failure_;
  std::vector<Posted> told_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace offload
