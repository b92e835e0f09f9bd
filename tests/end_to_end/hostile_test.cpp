// The campaign of bad plugins: each kind has its documented outcome (SECURITY.md), and the good rows beside
// it are the same to the bit.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "end_to_end/command.hpp"
#include "processes.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

struct Harm {
  std::string name, plugin, parameters;
  std::string reason;  // a regular expression; empty: contained, the row is valid
  int signal = 0;
  std::string limit;
};

const std::vector<Harm>& harms() {
  static const std::vector<Harm> list = [] {
    std::vector<Harm> all;
    const auto add = [&all](const char* plugin, const char* key, const std::string& harm,
                            const char* reason = "", int signal = 0, const char* limit = "") {
      all.push_back(
          {plugin + ("-" + harm), plugin, fmt::format("{} = \"{}\"", key, harm), reason, signal, limit});
    };
    add("bad-agent", "fault", "create", "failed in create: the network file is missing");
    add("bad-agent", "fault", "infinite",
        "failed in create: the default of parameter 'limit' is not a finite number");
    add("bad-agent", "fault", "act", "failed in act: lost my mind");
    add("bad-agent", "fault", "no-exception", "failed in act: unknown exception");
    add("bad-agent", "fault", "outside", "row 2: action 12 is outside 0..8");
    add("bad-agent", "fault", "skipped", "act wrote no action for row 1");
    const auto fails = [&add](const std::string& harm, const char* reason, int signal = 0,
                              const char* limit = "") {
      add("hostile", "harm", harm, reason, signal, limit);
    };
    fails("observe", "failed in observe: cannot look");
    fails("update", "failed in update: cannot learn");
    fails("steps", "update reports 9223372036854775807 gradient steps");
    fails("segfault", "was ended by signal 11 .SIGSEGV.", SIGSEGV);
    fails("stack", "was ended by signal 11 .SIGSEGV.", SIGSEGV);
    fails("abort", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("terminate", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("destroy", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("fork-abort", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("print-abort", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("double-free", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("overrun", "was ended by signal 6 .SIGABRT.", SIGABRT);
    fails("exit", "ended with exit code 0 before the job was done");
    fails("exec", "ended with exit code 0 before the job was done");
    fails("loop", "took longer than its 0.5 s", SIGKILL, "wall");
    fails("sleep", "took longer than its 0.5 s", SIGKILL, "wall");
    // AddressSanitizer's allocator hangs where memory ends instead of throwing.
#ifndef __SANITIZE_ADDRESS__
    fails("allocate", "needs more than the 300 MB it may use|failed in act: std::bad_alloc");
#endif
    for (const char* contained : {"none", "print", "close", "close-all", "locale", "rounding", "flush",
                                  "descriptors", "threads", "fork", "umask", "children", "scalar"}) {
      add("hostile", "harm", contained);
    }
    // The same by a copy that evaluates, each of which is a process of its own.
    static const std::set<std::string> kTraining = {"observe", "update", "steps",
                                                    "destroy", "none",   "scalar"};
    for (std::size_t i = 0, end = all.size(); i < end; ++i) {
      Harm harm = all[i];
      const std::string kind = harm.name.substr(harm.name.find('-') + 1);
      if (harm.plugin != "hostile" || kTraining.contains(kind)) continue;
      harm.name += "-evaluating";
      harm.parameters += ", evaluating = true";
      all.push_back(harm);
    }
    return all;
  }();
  return list;
}

class HostileTest : public CommandTest {
 protected:
  // A name for processes that differs from test to test, 15 characters at most.
  std::string mark() const { return fmt::format("harm-{}", getpid()); }

  std::string suite(bool with_harms) const {
    std::string text = R"([suite]
name = "hostile"
seed = 7
[data]
source = "synthetic:24"
split = {test_ratio = 0.25}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 200
curve_every = 100
wall_limit_s = 120
isolation = ")" + isolation_ +
                       R"("
[[row]]
name = "good-random"
plugin = "random"
[[row]]
name = "good-learner"
plugin = "epsilon-greedy"
training = {budgets = {sample = "uniform"}, slots = 4}
)";
    for (const Harm& harm : with_harms ? harms() : std::vector<Harm>()) {
      const std::string more = harm.plugin == "hostile" ? fmt::format(", name = \"{}\"", mark()) : "";
      const std::string limits = harm.limit == "wall"                        ? "wall_limit_s = 0.5"
                                 : harm.name.starts_with("hostile-allocate") ? "memory_limit_mb = 300"
                                                                             : "wall_limit_s = 120";
      text +=
          fmt::format("[[row]]\nname = \"{}\"\nplugin = \"{}\"\nparameters = {{{}{}}}\ntraining = {{{}}}\n",
                      harm.name, harm.plugin, harm.parameters, more, limits);
    }
    return text + "[evaluation]\nlenses = [\"simulator\", \"held_out\"]\noracle_nodes = 0\n";
  }

  // Trials by row.
  std::map<std::string, Json> trials(const std::string& folder) const {
    std::map<std::string, Json> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder / "trials")) {
      Json trial = Json::parse(read_text(entry.path())).at("trial");
      trial.erase("timing");
      trial.erase("host");
      all[trial.at("row")] = trial;
    }
    return all;
  }

  void expect_nothing_left(const std::string& folder) const {
    EXPECT_EQ(count_named(mark()), 0);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / folder)) {
      EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
      EXPECT_NE(entry.status().permissions() & std::filesystem::perms::owner_read,
                std::filesystem::perms::none)
          << entry.path();
    }
    const int lock = open((folder_ / folder / ".lock").c_str(), O_RDONLY);
    EXPECT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
    close(lock);
  }

  void expect_outcomes(const std::map<std::string, Json>& found,
                       const std::map<std::string, Json>& alone) const {
    for (const char* good : {"good-random", "good-learner"}) EXPECT_EQ(found.at(good), alone.at(good));
    const Json& calm = found.at("hostile-none");
    for (const Harm& harm : harms()) {
      SCOPED_TRACE(harm.name);
      const Json& trial = found.at(harm.name);
      // An isolated agent cannot become another program.
      const bool refused = isolation_ == "process" && harm.name.starts_with("hostile-exec");
      if (harm.reason.empty() || refused) {
        EXPECT_EQ(trial.at("status"), "ok") << trial.value("failure", Json());
        EXPECT_EQ(trial.at("cells"), calm.at("cells"));
        continue;
      }
      ASSERT_EQ(trial.at("status"), "failed");
      const Json& failure = trial.at("failure");
      EXPECT_TRUE(std::regex_search(failure.at("reason").get<std::string>(), std::regex(harm.reason)))
          << failure;
      EXPECT_EQ(failure.at("signal"), harm.signal > 0 ? Json(harm.signal) : Json());
      if (!harm.name.starts_with("hostile-allocate")) {
        EXPECT_EQ(failure.at("limit"), harm.limit);
      }
      EXPECT_LE(failure.at("last_output").get<std::string>().size(), 4000U);
    }
    const auto words = [&found](const std::string& row) {
      return found.at(row).at("failure").at("last_output").get<std::string>();
    };
    for (const std::string when : {"", "-evaluating"}) {
      EXPECT_THAT(words("hostile-print-abort" + when), HasSubstr("the last words"));
      EXPECT_THAT(words("hostile-double-free" + when), ::testing::ContainsRegex("double.free"));
    }
  }

  std::string isolation_ = "none";

  void run_campaign(const std::string& prefix) {
    write("suite.toml", suite(false));
    ASSERT_EQ(run("run suite.toml --out alone").status, 0);
    write("suite.toml", suite(true));
    const Outcome outcome = run("run suite.toml --out results --jobs 4 --plugin-dir " BAD_PLUGINS,
                                "LOCPATH='" LOCALES "' " + prefix);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    expect_nothing_left("results");
    expect_outcomes(trials("results"), trials("alone"));
    const Outcome verified = run("verify results --plugin-dir " BAD_PLUGINS, prefix);
    // What fails, fails again; why it does is believed, and so is what lets no second result through.
    EXPECT_EQ(verified.status, 6) << verified.out << verified.err;
  }
};

TEST_F(HostileTest, EachKindHasItsOutcomeAndGoodRowsAreUnchanged) { run_campaign(""); }

// Where no process namespace is to be had, wardens adopt and end what is left.
TEST_F(HostileTest, LikewiseWithoutNamespaces) {
  const std::string without =
      "unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_pid_namespaces && exec \"$@\"' sh ";
  if (std::system((without + "true 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << "needs user namespaces (unshare -Ur), to forbid them";
  run_campaign(without);
}

TEST_F(HostileTest, EachKindHasItsOutcomeInIsolation) {
  isolation_ = "process";
  run_campaign("");
}

TEST_F(HostileTest, AFileThatIsReplacedFailsWhatItWouldHaveRun) {
  std::filesystem::copy_file(BAD_PLUGINS "/hostile.so", folder_ / "copy.so");
  const std::string rows =
      "[[row]]\nname = \"first\"\nplugin = \"hostile\"\nparameters = {harm = \"append\", name = \"" +
      (folder_ / "copy.so").string() + "\"}\n[[row]]\nname = \"second\"\nplugin = \"./copy.so\"\n";
  std::string text = suite(false);
  write("suite.toml", text.insert(text.find("[evaluation]"), rows));
  const Outcome outcome = run("run suite.toml --out results --jobs 1 --plugin-dir " BAD_PLUGINS);
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("failed: second on seed0: "));
  EXPECT_THAT(outcome.err, HasSubstr("copy.so: was replaced while the suite ran"));
}

// Each copy leaves a mark: one decides, one is timed; what is compared with that is not timed again.
TEST_F(HostileTest, ASecondRunTakesNoTimes) {
  const std::string marks = (folder_ / "marks").string();
  write("suite.toml",
        "[suite]\nname = \"marks\"\n[data]\nsource = \"synthetic:24\"\nsplit = {test_ratio = 0.25}\n"
        "[training]\nsteps = 64\n[[row]]\nname = \"marking\"\nplugin = \"hostile\"\nparameters = {harm = "
        "\"append\", evaluating = true, name = \"" +
            marks + "\"}\n[evaluation]\noracle_nodes = 0\n");
  ASSERT_EQ(run("run suite.toml --out results --plugin-dir " BAD_PLUGINS).status, 0);
  EXPECT_EQ(read_text(marks), "xx");
  EXPECT_EQ(run("verify results --train --plugin-dir " BAD_PLUGINS).status, 0);
  EXPECT_EQ(read_text(marks), "xxx");
}

TEST_F(HostileTest, CheckFindsOtherActionsUnderTheSameSeed) {
  const Outcome outcome = run("check bad-agent --plugin-dir " BAD_PLUGINS, "OFFLOAD_TEST_FAULT=count ");
  EXPECT_EQ(outcome.status, 4) << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("same seed, same trace +FAILED"));
}

// What SECURITY.md names in its last columns and after colons, in backquotes with a capital, is a test.
TEST(SecurityDocument, NamesTestsThatExist) {
  const std::string text = read_text(OFFLOAD_SOURCE_DIR "/SECURITY.md");
  const std::string list =
      std::string(std::filesystem::temp_directory_path() / fmt::format("tests-{}", getpid()));
  ASSERT_EQ(std::system(("ctest --test-dir '" OFFLOAD_BINARY_DIR "' -N >'" + list + "'").c_str()), 0);
  const std::string tests = read_text(list);
  std::filesystem::remove(list);
  if (tests.find("_NOT_BUILT") != std::string::npos) GTEST_SKIP() << "not all tests are built";
  const std::regex name("`([A-Z][a-z]+[A-Za-z0-9]*(\\.[A-Z][A-Za-z]*)?)`");
  int named = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), name), end; it != end; ++it, ++named) {
    EXPECT_THAT(tests, HasSubstr((*it)[1].str()));
  }
  EXPECT_GT(named, 30);
}

}  // namespace
}  // namespace offload::testing
