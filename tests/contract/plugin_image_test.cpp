#include "plugin/image.hpp"

#include <elf.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "contract/messages.hpp"
#include "plugin/isolated.hpp"
#include "plugin/library.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
namespace fs = std::filesystem;

const fs::path kBad = BAD_PLUGINS;
const fs::path kGood = fs::path(PLUGINS) / "local-only.so";

class PluginImage : public testing::Test {
 protected:
  static std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path write(const std::string& bytes) const { return folder_.write("x.so", bytes); }
  static std::string refusal(const fs::path& file) {
    return message_of(ErrorKind::plugin, [&] { check_plugin_image(file); });
  }

  test::TemporaryFolder folder_;
};

TEST_F(PluginImage, AcceptsAPlugin) { EXPECT_EQ(refusal(kGood), "no error"); }

TEST_F(PluginImage, NamesWhatIsNoSharedLibrary) {
  EXPECT_THAT(refusal(write("hello\n")), HasSubstr("x.so: is a text file, not a shared library"));
  EXPECT_THAT(refusal(write(std::string("\x01\x02\x00\x03", 4))), HasSubstr("is a data file, not a shared"));
  EXPECT_THAT(refusal(write("")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("is not a file"));
  EXPECT_THAT(refusal(folder_ / "none.so"), HasSubstr("none.so: no such file"));
}

// The loader would end the process with SIGBUS for many of these.
TEST_F(PluginImage, RefusesEveryTruncation) {
  const std::string whole = bytes_of(kGood);
  for (const std::size_t length :
       {std::size_t{4}, std::size_t{63}, std::size_t{64}, std::size_t{500}, std::size_t{4096},
        whole.size() / 2, whole.size() - 64, whole.size() - 1}) {
    EXPECT_THAT(refusal(write(whole.substr(0, length))), HasSubstr("is cut off after")) << length;
  }
}

TEST_F(PluginImage, SurvivesFlippedHeaderBytes) {
  const std::string whole = bytes_of(kGood);
  for (std::size_t at = 4; at < sizeof(Elf64_Ehdr); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    const fs::path file = write(damaged);
    EXPECT_NO_FATAL_FAILURE(refusal(file)) << at;
  }
}

TEST_F(PluginImage, NamesAnotherProcessor) {
  std::string other = bytes_of(kGood);
  other[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(EM_RISCV);
  EXPECT_THAT(refusal(write(other)), HasSubstr("is built for RISC-V, this machine is"));
  std::string program = bytes_of(kGood);
  program[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
  EXPECT_THAT(refusal(write(program)), HasSubstr("is not a shared library; link it with -shared"));
}

TEST_F(PluginImage, NamesTheEntryThatIsMissing) {
  EXPECT_THAT(refusal(kBad / "no-symbol.so"), HasSubstr("no-symbol.so: exports no offload_entry_v1"));
  EXPECT_THAT(refusal(kBad / "newer-symbol.so"), HasSubstr("built for plugin ABI 2, this host speaks 1"));
}

TEST(PluginEntry, RefusesWhatTheEntrySays) {
  const auto refusal = [](const char* name) {
    return message_of(ErrorKind::plugin, [&] { open_plugin(kBad / name); });
  };
  EXPECT_THAT(refusal("newer-major.so"), HasSubstr("built for plugin ABI 2, this host speaks 1"));
  EXPECT_THAT(refusal("unknown-kind.so"), HasSubstr("its kind is 9; expected 1 (agent) or 2 (reward)"));
  EXPECT_THAT(refusal("bad-id.so"), HasSubstr("its id 'Bad id' is not of the form"));
  EXPECT_THAT(refusal("null-id.so"), HasSubstr("its entry lacks id, version, summary or create"));
  EXPECT_THAT(
      refusal("unresolved.so"),
      MatchesRegex(".*unresolved.so: cannot be loaded: .*undefined symbol: not_to_be_found; link it.*"));
}

TEST(PluginEntry, IsReadWithoutAnInstance) {
  const PluginInfo info = identify_plugin(kGood);
  EXPECT_EQ(info.id, "local-only");
  EXPECT_EQ(info.version, "1.0.0");
  EXPECT_EQ(info.kind, PluginKind::agent);
  EXPECT_EQ(info.sha256.size(), 64u);
}

}  // namespace
}  // namespace offload
