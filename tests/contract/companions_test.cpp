#include "check/companions.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "plugin/isolated.hpp"

namespace offload {
namespace {

bool is_loaded(const std::string& library) {
  return dlopen(library.c_str(), RTLD_NOW | RTLD_NOLOAD) != nullptr;
}

// In a process of its own, as what is loaded stays.
std::string loaded_with(const std::string& plugin) {
  const std::string library = std::string(BAD_PLUGINS "/") + plugin;
  return run_isolated("it", [&] {
    load_companions(std::filesystem::path(library));
    return std::string(is_loaded(COMPANION) ? "companion" : "") + (is_loaded(library) ? " and plugin" : "");
  });
}

TEST(Companions, AreLoadedWithoutTheirPlugin) { EXPECT_EQ(loaded_with("accompanied.so"), "companion"); }

TEST(Companions, ThatStartThreadsAreLeftToEveryCheck) {
  ::setenv("OFFLOAD_TEST_THREAD", "1", 1);
  EXPECT_EQ(loaded_with("accompanied.so"), "");
  ::unsetenv("OFFLOAD_TEST_THREAD");
}

TEST(Companions, AreNotThereForWhatBringsNoneOrCannotBeLoaded) {
  for (const char* plugin : {"c-agent.so", "static-init.so", "unresolved.so", "nowhere.so"})
    EXPECT_EQ(loaded_with(plugin), "") << plugin;
}

}  // namespace
}  // namespace offload
