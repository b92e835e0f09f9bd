// `verify` and `replay` of a gateway's journal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace offload::cli {

struct JournalOptions {
  std::string file, serve;  // the journal, and the serve.toml that it was written under
  std::string head;         // as the gateway showed it; empty: not known
  std::uint64_t lines = 0;
  std::vector<std::string> plugin_folders;
  bool json = false;
};

// The exit status of the verb. Throws Error.
int verify_journal(const JournalOptions& options);
int replay_journal(const JournalOptions& options);

}  // namespace offload::cli
