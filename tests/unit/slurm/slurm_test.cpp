// The scripts of a Slurm array as text, and what is said of parts.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "slurm/parts.hpp"
#include "slurm/scripts.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

using testing::HasSubstr;
using testing::Not;

SlurmSettings settings() {
  SlurmSettings settings;
  settings.command = "/opt/offload-bench";
  settings.folder = "/shared/results";
  settings.from = "/home/me";
  settings.suite = "main";
  settings.tasks = 8;
  return settings;
}

std::string refusal(const std::function<void(SlurmSettings&)>& change) {
  SlurmSettings changed = settings();
  change(changed);
  try {
    slurm_scripts(changed);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SlurmScripts, AskForWhatWasAskedFor) {
  const SlurmScripts plain = slurm_scripts(settings());
  for (const char* line : {"#SBATCH --job-name=ob-main\n", "#SBATCH --output=part-%a.log\n",
                           "#SBATCH --open-mode=append\n", "#SBATCH --requeue\n",
                           "#SBATCH --signal=B:TERM@120\n", "#SBATCH --cpus-per-task=1\n", "\nparts=8\n"}) {
    EXPECT_THAT(plain.array, HasSubstr(line));
  }
  for (const char* absent : {"--time", "--partition", "--mem=", "OFFLOAD_ISA", "--array"})
    EXPECT_THAT(plain.array, Not(HasSubstr(absent)));
  SlurmSettings asked = settings();
  asked.time = "1-02:30";
  asked.partition = "short,long";
  asked.memory = "8G";
  asked.cpus = 4;
  asked.instruction_set = "avx2";
  asked.suite = "a b\nc";
  const SlurmScripts scripts = slurm_scripts(asked);
  for (const char* line :
       {"#SBATCH --job-name=ob-a_b_c\n", "#SBATCH --time=1-02:30\n", "#SBATCH --partition=short,long\n",
        "#SBATCH --mem=8G\n", "#SBATCH --cpus-per-task=4\n", "#SBATCH --signal=B:TERM@300\n",
        "\nexport OFFLOAD_ISA=avx2\n"}) {
    EXPECT_THAT(scripts.array, HasSubstr(line));
  }
  EXPECT_THAT(scripts.merge, HasSubstr("#SBATCH --partition=short,long\n"));
}

// Told a tenth of the time before its end, within half a minute and five.
TEST(SlurmScripts, ReadTimesAsSlurmDoes) {
  const auto warning = [](const std::string& time) {
    SlurmSettings timed = settings();
    timed.time = time;
    const std::string text = slurm_scripts(timed).array;
    const auto at = text.find("B:TERM@") + 7;
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(warning("2"), "30");
  EXPECT_EQ(warning("10"), "60");
  EXPECT_EQ(warning("10:30"), "63");
  EXPECT_EQ(warning("0:20:00"), "120");
  EXPECT_EQ(warning("1:00:00"), "300");
  EXPECT_EQ(warning("0-0:25"), "150");
  for (const char* wrong : {"soon", "1:2:3:4", "-5", "5-", "1:", ":30", "1e3", "+5", "UNLIMITED", "2 "})
    EXPECT_THAT(refusal([&](SlurmSettings& s) { s.time = wrong; }), HasSubstr("not as Slurm takes it"))
        << wrong;
  EXPECT_EQ(refusal([](SlurmSettings& s) { s.time = "1:59"; }),
            "--time 1:59: at least 2 minutes, since Slurm may warn a part a minute early; raise it");
}

TEST(SlurmScripts, RefuseWhatScriptsOrSlurmWouldReadOtherwise) {
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.folder = "/shared/100%a"; }),
              HasSubstr("/shared/100%a: the results folder's path has % or \\"));
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.folder = "/shared/a\\b"; }),
              HasSubstr("choose another --out"));
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.folder = "/shared/a\nb"; }), HasSubstr("line break"));
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.dataset = "a\r"; }), HasSubstr("the data set's name"));
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.plugin_folders = {"/a\tb"}; }),
              HasSubstr("the plugins' folder"));
  for (const char* wrong : {"a b", "-x", ",a", "a,", "a;b", "$(a)"})
    EXPECT_THAT(refusal([&](SlurmSettings& s) { s.partition = wrong; }), HasSubstr("--partition")) << wrong;
  for (const char* wrong : {"0", "8g", "G", "-1", "8 G", "1.5G"})
    EXPECT_THAT(refusal([&](SlurmSettings& s) { s.memory = wrong; }), HasSubstr("--memory")) << wrong;
  EXPECT_THAT(refusal([](SlurmSettings& s) { s.instruction_set = "sse"; }), HasSubstr("--isa sse"));
}

// Whatever a path holds, bash reads it back.
TEST(SlurmScripts, QuoteEveryPath) {
  const test::TemporaryFolder folder;
  SlurmSettings odd = settings();
  odd.folder = "/shared/it's \"here\" $(touch x) `y` ; # &";
  odd.dataset = "data's $HOME.json";
  odd.plugin_folders = {"/p 1", "/p'2"};
  odd.from = "/from $1";
  const SlurmScripts scripts = slurm_scripts(odd);
  std::string head = scripts.array.substr(0, scripts.array.find("\npart=$"));
  std::ofstream(folder.path() / "head.sh")
      << head << "\nprintf '%s|' \"$folder\" \"$from\" \"${arguments[@]}\" > \"$1\"\n";
  const std::string out = (folder.path() / "out").string();
  ASSERT_EQ(std::system(("bash '" + (folder.path() / "head.sh").string() + "' '" + out + "'").c_str()), 0);
  std::stringstream read;
  read << std::ifstream(out).rdbuf();
  EXPECT_EQ(read.str(), odd.folder.string() + "|" + odd.from.string() + "|--dataset|" + odd.dataset +
                            "|--plugin-dir|/p 1|--plugin-dir|/p'2|");
  for (const std::string& script : {scripts.array, scripts.merge, scripts.submit}) {
    std::ofstream(folder.path() / "script.sh") << script;
    EXPECT_EQ(std::system(("bash -n '" + (folder.path() / "script.sh").string() + "'").c_str()), 0);
  }
}

TEST(SlurmParts, AreListedAsSbatchTakesThem) {
  EXPECT_EQ(part_list({}), "");
  EXPECT_EQ(part_list({4}), "4");
  EXPECT_EQ(part_list({1, 2, 3}), "1-3");
  EXPECT_EQ(part_list({1, 3, 4, 9, 11, 12}), "1,3-4,9,11-12");
}

TEST(SlurmParts, AreSummedUpInASentence) {
  PartsStatus status;
  status.tasks = 8;
  status.trials = {24, 24, 0};
  EXPECT_EQ(status_sentence(status), "24 of 24 trials");
  EXPECT_TRUE(status.complete());
  status.trials = {24, 17, 2};
  status.references = {4, 3, 0};
  status.missing = {2, 5, 6, 7};
  status.failed = {6};
  EXPECT_EQ(
      status_sentence(status),
      "17 of 24 trials, 3 of 4 exact policies, 2 failed; missing parts 2,5,7 of 8; parts 6 have failed jobs");
  EXPECT_FALSE(status.complete());
  status.missing = status.failed;
  EXPECT_TRUE(status.complete());
}

TEST(SlurmParts, OfNoSuchFolderAreNotThere) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(parts_status(folder.path()).has_value());
  EXPECT_THROW(merge_parts(folder.path()), Error);
}

}  // namespace
}  // namespace offload
