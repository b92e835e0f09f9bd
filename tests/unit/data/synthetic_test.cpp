#include "data/synthetic.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <map>

#include "core/environment/action_space.hpp"
#include "unit/data/dataset_files.hpp"

namespace offload {
namespace {

using test::bytes_of;
using test::error_of;
using test::TemporaryFolder;
using testing::ElementsAreArray;
using testing::HasSubstr;

SyntheticSource source(const std::string& text, std::uint64_t seed) {
  auto parsed = parse_synthetic_source(text, seed);
  EXPECT_TRUE(parsed) << text;
  return std::move(*parsed);
}

EpisodeTable table_of(const std::string& text, std::uint64_t seed, const RefusalRule& rule = {}) {
  return generate(source(text, seed), rule, text);
}

struct Sample {
  double n = 0, sum = 0, square = 0;
  void add(double x) { n += 1, sum += x, square += x * x; }
  double mean() const { return sum / n; }
  double sd() const { return std::sqrt(square / n - mean() * mean()); }
  double error() const { return sd() / std::sqrt(n); }
};

void expect_mean(const Sample& sample, double expected, const std::string& what) {
  EXPECT_NEAR(sample.mean(), expected, 4 * sample.error() + 1e-12) << what << ", n = " << sample.n;
}

TEST(Synthetic, TruthIsTheWrittenTable) {
  const SyntheticTruth truth = synthetic_truth();
  EXPECT_EQ(truth.tasks, 4);
  EXPECT_EQ(truth.kinds, 5);
  EXPECT_DOUBLE_EQ(truth.mean(0, 1, 0, true), 1.8779);
  EXPECT_DOUBLE_EQ(truth.mean(0, 1, 2, true), 1.8779 * 1.2);
  EXPECT_DOUBLE_EQ(truth.mean(3, 0, 3, false), .7439 * 1.15);
}

// The shrunken table of environment.md 4 over the published cell means.
TEST(Synthetic, BaseIsTheShrunkenTable) {
  const double n[4][5] = {{49, 27, 5, 7, 11}, {40, 16, 5, 8, 13}, {35, 20, 3, 10, 12}, {46, 22, 6, 6, 11}};
  const double mean[4][5] = {{.845, 2.041, 1.459, 2.259, .933},
                             {.584, .917, .815, 1.094, 1.084},
                             {.333, 1.251, .858, .791, .964},
                             {.757, .951, .856, 1.543, 1.504}};
  double total = 0;
  for (int c = 0; c < 4; ++c) {
    for (int k = 0; k < 5; ++k) total += n[c][k] * mean[c][k];
  }
  for (int k = 0; k < 5; ++k) {
    double sum = 8 * total / 352, count = 8;
    for (int c = 0; c < 4; ++c) sum += n[c][k] * mean[c][k], count += n[c][k];
    for (int c = 0; c < 4; ++c) {
      const double expected = (n[c][k] * mean[c][k] + 8 * sum / count) / (n[c][k] + 8);
      EXPECT_NEAR(embedded_synthetic_settings().base[c][k], expected, .00006) << c << k;
    }
  }
}

TEST(Synthetic, ScoresHaveTheKnownMean) {
  const EpisodeTable table = table_of("synthetic:20000", 11);
  const SyntheticTruth truth = synthetic_truth();
  const SyntheticSettings& settings = embedded_synthetic_settings();
  const ActionSpace actions(3);
  Sample residual[4][5], by_history[2][4], zeros[5], latency[5], cost[5], kinds[5];
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    std::uint32_t sent = 0;
    for (int t = 0; t < table.length(e); ++t) {
      const std::size_t i = table.turn(e, t);
      const int task = table.task[i], kind = actions.kind(table.action[i]), earlier = std::popcount(sent);
      const double mu = truth.mean(task, kind, earlier, kind > 0);
      residual[task][kind].add(table.score[i] / mu);
      by_history[kind > 0][earlier].add(table.score[i] / truth.mean(task, kind, 0, kind > 0));
      zeros[kind].add(table.score[i] == 0);
      latency[kind].add(table.latency_s[i]);
      cost[kind].add(table.cost_usd[i]);
      for (int k = 0; k < 5; ++k) kinds[k].add(k == kind);
      sent |= actions.images(table.action[i]);
      EXPECT_GT(table.raw_score[i], 0);
    }
  }
  for (int u = 0; u < 4; ++u) {
    expect_mean(by_history[0][u], 1 + .05 * u, "local history");
    expect_mean(by_history[1][u], 1 + .10 * u, "cloud history");
  }
  const double turns[5] = {170, 85, 19, 31, 47};
  for (int k = 0; k < 5; ++k) {
    for (int c = 0; c < 4; ++c) expect_mean(residual[c][k], 1, "score of task and kind");
    expect_mean(zeros[k], settings.zero_probability[k], "zeros");
    expect_mean(latency[k], settings.latency_mean_s[k], "latency");
    expect_mean(cost[k], settings.cost_mean_usd[k], "cost");
    expect_mean(kinds[k], turns[k] / 352, "kind");
    EXPECT_NEAR(latency[k].sd() / settings.latency_sd_s[k], 1, .1);
    EXPECT_NEAR(cost[k].sd() / settings.cost_sd_usd[k], 1, .1);
  }
}

// What true_mean says is what the data's scores are on average, whichever rule scores them.
TEST(Synthetic, TheTruthFollowsTheRefusalRule) {
  const SyntheticSettings& settings = embedded_synthetic_settings();
  const ActionSpace actions(3);
  const RefusalRule none{{}}, all{{" "}}, ordinary{{settings.answer}}, foreign{{"no such phrase"}};
  for (const RefusalRule& rule : {RefusalRule(), none, foreign, ordinary, all}) {
    const EpisodeTable table = table_of("synthetic:20000", 13, rule);
    const SyntheticTruth truth = synthetic_truth(rule);
    Sample score[5], expected[5];
    for (std::size_t e = 0; e < table.episodes(); ++e) {
      std::uint32_t sent = 0;
      for (int t = 0; t < table.length(e); ++t) {
        const std::size_t i = table.turn(e, t);
        const int kind = actions.kind(table.action[i]);
        score[kind].add(table.score[i]);
        expected[kind].add(truth.mean(table.task[i], kind, std::popcount(sent), kind > 0));
        sent |= actions.images(table.action[i]);
      }
    }
    for (int k = 0; k < 5; ++k) expect_mean(score[k], expected[k].mean(), "score of a kind");
  }
  EXPECT_EQ(synthetic_truth().base[3 * 5], .7439);  // as written, to the bit
  EXPECT_EQ(synthetic_truth(foreign).base, synthetic_truth(none).base);
  EXPECT_EQ(synthetic_truth(all).base, std::vector<double>(20));
  // A third of the local answers is refused.
  EXPECT_DOUBLE_EQ(synthetic_truth(none).mean(3, 0, 0, false), .7439 / .69);
  EXPECT_EQ(scenario_truth(none).mean(true, 2), ScenarioTruth{}.mean(true, 2));
  EXPECT_EQ(scenario_truth(RefusalRule{{"An answer"}}).mean(true, 2), 0);
  EXPECT_EQ(scenario_truth(RefusalRule{{"An answer"}}).mean(false, 0), 0);
}

TEST(Synthetic, ConversationsFollowTheSettings) {
  const EpisodeTable table = table_of("synthetic:20000", 12);
  const SyntheticSettings& settings = embedded_synthetic_settings();
  Sample lengths[6], first[4], next[4][4], association[4][3], subset[9];
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    for (int n = 2; n <= 5; ++n) lengths[n].add(table.length(e) == n);
    for (int c = 0; c < 4; ++c) first[c].add(table.task[table.turn(e, 0)] == c);
    for (int t = 0; t < table.length(e); ++t) {
      const std::size_t i = table.turn(e, t);
      for (int m = 0; m < 3; ++m) association[table.task[i]][m].add(table.associations(i)[m]);
      if (t > 0) {
        for (int c = 0; c < 4; ++c) next[table.task[i - 1]][c].add(table.task[i] == c);
      }
      if (table.action[i] >= 2 && table.action[i] <= 4) {
        for (int a = 2; a <= 4; ++a) subset[a].add(table.action[i] == a);
      }
    }
  }
  const double length_weights[] = {20, 32, 24, 24}, first_weights[] = {19, 26, 20, 35};
  for (int n = 2; n <= 5; ++n) expect_mean(lengths[n], length_weights[n - 2] / 100, "length");
  for (int c = 0; c < 4; ++c) {
    expect_mean(first[c], first_weights[c] / 100, "first task");
    double total = 0;
    for (const double weight : settings.transitions[c]) total += weight;
    for (int d = 0; d < 4; ++d) expect_mean(next[c][d], settings.transitions[c][d] / total, "transition");
    for (int m = 0; m < 3; ++m) {
      expect_mean(association[c][m], settings.association_mean[c][m], "association");
      EXPECT_NEAR(association[c][m].sd() / settings.association_sd[c][m], 1, .05);
    }
  }
  for (int a = 2; a <= 4; ++a) expect_mean(subset[a], 1.0 / 3, "image");
}

TEST(Synthetic, EpisodesDoNotDependOnTheirNumber) {
  const EpisodeTable few = table_of("synthetic:5", 4), many = table_of("synthetic:50", 4);
  EXPECT_THAT(many.first_turn.subspan(0, 6), ElementsAreArray(few.first_turn));
  const std::size_t turns = few.turns();
  EXPECT_THAT(many.action.subspan(0, turns), ElementsAreArray(few.action));
  EXPECT_THAT(many.raw_score.subspan(0, turns), ElementsAreArray(few.raw_score));
  EXPECT_THAT(many.association.subspan(0, 3 * turns), ElementsAreArray(few.association));
  EXPECT_NE(few.sha256, many.sha256);
}

TEST(Synthetic, SameSeedSameBytes) {
  const TemporaryFolder folder;
  write_synthetic_json(source("synthetic:30", 4), folder / "a.json");
  write_synthetic_json(source("synthetic:30", 4), folder / "b.json");
  write_synthetic_json(source("synthetic:30", 5), folder / "c.json");
  EXPECT_EQ(bytes_of(folder / "a.json"), bytes_of(folder / "b.json"));
  EXPECT_NE(bytes_of(folder / "a.json"), bytes_of(folder / "c.json"));
}

TEST(Synthetic, JsonRoundTrip) {
  const TemporaryFolder folder;
  for (const char* text : {"synthetic:200", "scenario:3,4,5:200", "scenario:0,1,2:3"}) {
    write_synthetic_json(source(text, 9), folder / "a.json");
    for (const RefusalRule& rule : {RefusalRule{}, RefusalRule{{}}, RefusalRule{{"An answer"}}}) {
      const EpisodeTable read = read_dataset(folder / "a.json", rule), made = table_of(text, 9, rule);
      test::expect_same_episodes(read, made);
    }
  }
}

TEST(Synthetic, RefusesSourcesOutOfRange) {
  EXPECT_FALSE(parse_synthetic_source("data.json", 0));
  for (const char* text :
       {"synthetic:", "synthetic:0", "synthetic:1000001", "synthetic:-1", "synthetic:5x",
        "synthetic:99999999999999999999", "scenario:3,4,5", "scenario:11,4,5:1", "scenario:3,0,5:1",
        "scenario:3,101,5:1", "scenario:3,4,0:1", "scenario:3,4,256:1", "scenario:3,4:1"}) {
    EXPECT_EQ(error_of([&] { parse_synthetic_source(text, 0); }).kind(), ErrorKind::config) << text;
  }
}

TEST(SyntheticSettings, RefusesBadOnesAtTheirLine) {
  const std::string good =
      bytes_of(std::filesystem::path(OFFLOAD_SOURCE_DIR) / "datasets" / "synthetic.toml");
  EXPECT_EQ(embedded_synthetic_settings().text, good);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const Error error = error_of([&] { parse_synthetic_settings(text, "s.toml"); });
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.what(), testing::StartsWith("s.toml:"));
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("lengths = [2, 3, 4, 5]", "lengths = [2, 3, 4, 256]"), HasSubstr("1..255"));
  EXPECT_THAT(refusal("lengths = [2, 3, 4, 5]", "lengths = [2, 3, 4]"),
              HasSubstr("'length_weights' wants a list of 3"));
  EXPECT_THAT(refusal("[20, 32, 24, 24]", "[0, 0, 0, 0]"), HasSubstr("no weight above 0"));
  EXPECT_THAT(refusal("0.8202", "-0.8202"), HasSubstr("[score] 'base' wants a number in 0.."));
  EXPECT_THAT(refusal("0.8202", "nan"), HasSubstr("[score] 'base'"));
  EXPECT_THAT(refusal("0.8202, ", ""), HasSubstr("[score] 'base' wants a list of 5 items"));
  EXPECT_THAT(refusal("0.31", "1.0"), HasSubstr("'zero_probability'"));
  EXPECT_THAT(refusal("cloud_bonus", "clod_bonus"), HasSubstr("'cloud_bonus'"));
  EXPECT_THAT(refusal("[score]", "[score]\nextra = 1"), HasSubstr("unknown key 'extra'; known: base"));
  EXPECT_THAT(refusal("[cost_usd]", "[costs]"), HasSubstr("costs"));
  EXPECT_THAT(refusal("modalities = 3", "modalities = 2.5"), HasSubstr("whole"));
  EXPECT_THAT(refusal("\"Query\"", "\"A query\""), HasSubstr("ascending order"));
  EXPECT_THAT(refusal("[texts]", "[texts"), HasSubstr("s.toml:"));
}

TEST(Scenario, HasTheStatedShapeAndMean) {
  const EpisodeTable table = table_of("scenario:10,3,3:20000", 2);
  const ActionSpace actions(10);
  const ScenarioTruth truth;
  EXPECT_EQ(table.tasks.size(), 3U);
  std::map<int, Sample> cloud;
  Sample local, sends, uploads, size_one, tasks, association;
  for (std::size_t e = 0; e < table.episodes(); ++e) {
    ASSERT_EQ(table.length(e), 3);
    int sent = 0;
    for (std::size_t i = table.turn(e, 0); i < table.turn(e, 3); ++i) {
      const int images = std::popcount(actions.images(table.action[i]));
      sent += images;
      const bool in_cloud = table.action[i] > 0;
      (in_cloud ? cloud[sent] : local).add(table.score[i]);
      sends.add(in_cloud);
      if (in_cloud) uploads.add(images > 0);
      if (images > 0) size_one.add(images == 1);
      tasks.add(table.task[i] == 1);
      association.add(table.associations(i)[9]);
      EXPECT_NEAR(table.latency_s[i], in_cloud ? .5 + 1.5 * images : .0114285714, 1e-9);
      EXPECT_NEAR(table.cost_usd[i], in_cloud ? .0005 + .004 * images : 15 * .0114285714 * .1668 / 3.6e6,
                  1e-12);
    }
  }
  expect_mean(local, truth.mean(false, 0), "local");
  for (const auto& [sent, sample] : cloud) {
    // Further up nearly every score is clipped, and a sample says nothing of its error.
    if (sample.n > 100 && sent <= 10)
      expect_mean(sample, truth.mean(true, sent), "cloud after " + std::to_string(sent));
  }
  expect_mean(sends, .5, "cloud share");
  expect_mean(uploads, .7, "upload share");
  expect_mean(size_one, .1, "subset of one");
  expect_mean(tasks, 1.0 / 3, "task");
  expect_mean(association, .3, "association");
}

// E[clip(N(mu, .3), 0, 2)] by brute-force integration.
TEST(Scenario, MeanOfTheClippedNormal) {
  const ScenarioTruth truth;
  for (const int sent : {0, 5, 10, 25}) {
    const double mu = 1 + .1 * sent, step = 1e-4;
    double sum = 0;
    for (double z = -9; z < 9; z += step) {
      const double x = std::min(std::max(mu + .3 * z, 0.0), 2.0);
      sum += x * std::exp(-z * z / 2) * step / std::sqrt(2 * M_PI);
    }
    EXPECT_NEAR(truth.mean(true, sent), sum, 1e-4) << sent;
  }
  EXPECT_NEAR(truth.mean(false, 7), truth.mean(false, 0), 0);
}

}  // namespace
}  // namespace offload
