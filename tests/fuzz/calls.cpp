// Journals of collections, with the chain that their lines ask for.
#include "gateway/collect/call_log.hpp"

#include <fstream>

#include "fuzz/input.hpp"
#include "gateway/session/journal.hpp"

using namespace offload;

namespace {

constexpr const char* kDigest = "0123";

CallTotals totals_of(const std::filesystem::path& file) {
  return CallLog(file, kDigest, std::numeric_limits<std::int64_t>::max(), false).totals();
}

}  // namespace

void fuzz_one(std::string_view input) {
  static const std::filesystem::path file = fuzz::scratch_folder() / "calls.jsonl";
  JournalChain chain;
  std::string text;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t end = std::min(input.find('\n', at), input.size());
    const std::string line(input.substr(at, end - at));
    // What stands after a byte of 1 comes as it is, a torn line above all.
    if (line.starts_with('\x01')) {
      text += line.substr(1);
    } else if (line.size() > 2) {
      text += chain.seal_object(line);
    }
    at = end + 1;
  }
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  fuzz::accepts([&] {
    const CallTotals totals = totals_of(file);
    fuzz::require(totals.spent_pusd >= totals.open_pusd && totals.open_pusd >= 0, "what is open is spent");
    for (std::size_t role = 0; role < kRoles; ++role)
      fuzz::require(totals.failures[role] <= totals.calls[role], "failures are calls");
    const CallTotals again = totals_of(file);
    fuzz::require(
        again.spent_pusd == totals.spent_pusd && again.open == totals.open && again.calls == totals.calls,
        "a journal that was opened is the same journal");
  });
}
