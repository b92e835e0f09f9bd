#define OFFLOAD_HOST_SIDE
#define BOOST_DLL_USE_STD_FS
#include "plugin/library.hpp"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <map>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "plugin/answers.hpp"
#include "plugin/guarded_table.hpp"
#include "plugin/image.hpp"
#include "plugin/parameters.hpp"

namespace offload {
namespace {

// Never throws: an exception of a library's static initialiser would pass through the loader, which then
// keeps its lock. Such a library ends the process instead, always. Returns the loader's words, empty when it
// went well; Boost wraps them in its own and ends with an unrelated "Bad file descriptor".
std::string load(boost::dll::shared_library& into, const std::filesystem::path& library) noexcept {
  boost::dll::fs::error_code error;
  // Lazy binding would end the process at the first call of a missing function.
  into.load(library, error, boost::dll::load_mode::rtld_now);
  if (!error) return {};
  const char* words = dlerror();
  return words == nullptr ? error.message() : words;
}

void check_entry(const offload_entry& entry, const std::string& file) {
  if (entry.abi_major != OFFLOAD_ABI_MAJOR) {
    fail(ErrorKind::plugin, "{}: built for plugin ABI {}, this host speaks {}; rebuild it against this SDK",
         file, entry.abi_major, OFFLOAD_ABI_MAJOR);
  }
  if (entry.kind != OFFLOAD_KIND_AGENT && entry.kind != OFFLOAD_KIND_REWARD) {
    fail(ErrorKind::plugin, "{}: its kind is {}; expected 1 (agent) or 2 (reward)", file, entry.kind);
  }
  if (entry.id == nullptr || entry.version == nullptr || entry.summary == nullptr ||
      entry.create == nullptr) {
    fail(ErrorKind::plugin, "{}: its entry lacks id, version, summary or create; fill in all of them", file);
  }
  require_plugin_id(entry.id, file);
}

PluginInfo identity(const offload_entry& entry, const std::filesystem::path& library) {
  PluginInfo info;
  info.id = entry.id;
  info.version = printable(entry.version);
  info.summary = printable(entry.summary, kSummaryMax);
  info.kind = entry.kind == OFFLOAD_KIND_AGENT ? PluginKind::agent : PluginKind::reward;
  info.path = library;
  info.sha256 = sha256_of_file(library);
  return info;
}

struct Opened {
  boost::dll::shared_library handle;
  const offload_entry* entry = nullptr;
  PluginInfo info;  // without an id until the entry has passed its checks
};

// Once per path, as the loader does it: a second time would read a file that may be another one by now, and
// needs descriptors that a plugin may have taken.
const Opened& open_once(const std::filesystem::path& library) {
  // Kept for the life of the process: code of a library may be referred to by anything it handed out.
  static auto& all = *new std::map<std::filesystem::path, Opened>;
  const std::string file = printable(library.string(), 400);
  auto known = all.find(library);
  if (known == all.end()) {
    check_plugin_image(library);
    Opened opened;
    if (const std::string words = load(opened.handle, std::filesystem::absolute(library)); !words.empty()) {
      fail(ErrorKind::plugin, "{}: cannot be loaded: {}; link it against what it uses", file,
           printable(words, 500));
    }
    opened.entry = &opened.handle.get<const offload_entry>(OFFLOAD_ENTRY_SYMBOL);
    known = all.emplace(library, std::move(opened)).first;
  }
  if (known->second.info.id.empty()) {
    check_entry(*known->second.entry, file);
    known->second.info = identity(*known->second.entry, library);
  }
  return known->second;
}

}  // namespace

const offload_entry& open_plugin(const std::filesystem::path& library) { return *open_once(library).entry; }

PluginInfo identify_plugin(const std::filesystem::path& library) { return open_once(library).info; }

PluginInfo describe_plugin(const std::filesystem::path& library, const offload_environment& environment) {
  PluginInfo info = identify_plugin(library);
  PluginParameters parameters({}, owner_name(info));
  GuardedTable<offload_agent> guarded_agent;
  GuardedTable<offload_reward> guarded_reward;
  offload_agent& agent = guarded_agent.table;
  offload_reward& reward = guarded_reward.table;
  agent.training_slots = 1;
  const bool is_agent = info.kind == PluginKind::agent;
  void* table = is_agent ? static_cast<void*>(&agent) : static_cast<void*>(&reward);
  const offload_status status = open_plugin(library).create(&parameters.host(), &environment, table);
  info.parameters = parameters.declared();
  if (status != OFFLOAD_OK) return info;
  guarded_agent.require_layout(owner_name(info));
  guarded_reward.require_layout(owner_name(info));
  if (is_agent) {
    info.training_slots = agent.training_slots;
    const auto offers = [&](const char* name) {
      return agent.extension != nullptr && agent.extension(agent.self, name) != nullptr;
    };
    if (agent.observe != nullptr) info.capabilities.push_back("trained");
    if (offers(OFFLOAD_EXTENSION_CHECKPOINT)) info.capabilities.push_back("checkpoint");
    if (offers(OFFLOAD_EXTENSION_POLICY)) info.capabilities.push_back("policy");
    if (offers(OFFLOAD_EXTENSION_SCALARS)) info.capabilities.push_back("scalars");
    if (offers(OFFLOAD_EXTENSION_FACTS)) info.capabilities.push_back("facts");
  }
  if (parameters.portable_bits()) info.capabilities.emplace_back("portable_bits");
  const auto destroy = is_agent ? agent.destroy : reward.destroy;
  if (destroy != nullptr) destroy(is_agent ? agent.self : reward.self);
  return info;
}

}  // namespace offload
