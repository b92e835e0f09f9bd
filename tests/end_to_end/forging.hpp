// Honest results, and what verify says of them after a forger's changes.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "end_to_end/forgeries.hpp"

namespace offload::testing {

class ForgingTest : public CommandTest {
 protected:
  // Runs suite.toml into `honest`, once for all tests of a suite: the others have a copy, with what lay
  // beside it.
  void make_honest(const std::string& suite, int status = 0) {
    namespace fs = std::filesystem;
    constexpr auto kOver = fs::copy_options::recursive | fs::copy_options::overwrite_existing;
    if (const auto made = honest_.of_suite.find(suite); made != honest_.of_suite.end())
      return fs::copy(made->second, folder_, kOver);
    write("suite.toml", suite);
    const Outcome outcome = run("run suite.toml --out honest");
    ASSERT_EQ(outcome.status, status) << outcome.err;
    std::string kept = (fs::temp_directory_path() / "offload-honest-XXXXXX").string();
    ASSERT_NE(mkdtemp(kept.data()), nullptr);
    fs::copy(folder_, honest_.of_suite[suite] = kept, kOver);
  }

  Outcome verify_forged(const std::function<void(const Forger&)>& change, const std::string& options,
                        bool report = true) {
    std::filesystem::remove_all(folder_ / "results");
    std::filesystem::copy(folder_ / "honest", folder_ / "results", std::filesystem::copy_options::recursive);
    change(Forger(folder_ / "results"));
    if (report) run("report results");
    return run("verify results --json " + options);
  }

  void try_all(const std::vector<Forgery>& forgeries) {
    for (const Forgery& forgery : forgeries) {
      SCOPED_TRACE(forgery.name);
      const Outcome outcome = verify_forged(forgery.change, "", forgery.report);
      EXPECT_EQ(outcome.status, forgery.status) << outcome.out << outcome.err;
      EXPECT_THAT(outcome.out, ::testing::HasSubstr(forgery.says));
    }
  }

  // What has to be believed of learners is found by training again.
  void train_all(const std::vector<Forgery>& forgeries) {
    for (const Forgery& forgery : forgeries) {
      if (forgery.status != kBelieved) continue;
      SCOPED_TRACE(forgery.name);
      const Outcome outcome = verify_forged(forgery.change, "--train", forgery.report);
      EXPECT_EQ(outcome.status, kWrong) << outcome.out << outcome.err;
    }
  }

 private:
  struct HonestFolders {
    std::map<std::string, std::filesystem::path> of_suite;
    ~HonestFolders() {
      std::error_code ignored;
      for (const auto& [suite, folder] : of_suite) std::filesystem::remove_all(folder, ignored);
    }
  };
  static inline HonestFolders honest_;
};

}  // namespace offload::testing
