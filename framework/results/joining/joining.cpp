#include "results/joining/joining.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/utf8.hpp"
#include "files/json_difference.hpp"
#include "results/joining/trial_index.hpp"
#include "results/store.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostDifferences = 4;

// What its settings say in the plan; null where it does not tell.
nlohmann::json settings_of(const ReportPlan& plan, const std::string& row) {
  const auto resolved = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!resolved.is_object() || !resolved.contains("rows") || !resolved.at("rows").is_array()) return {};
  for (const auto& settings : resolved.at("rows")) {
    if (settings.is_object() && settings.value("name", nlohmann::json()) == row) return settings;
  }
  return {};
}

std::vector<std::string> sentences(const nlohmann::json& a, const std::string& name_a,
                                   const nlohmann::json& b, const std::string& name_b) {
  std::vector<Disagreement> found;
  find_differences(a, b, 0, {}, kMostDifferences, found);
  std::vector<std::string> out;
  for (const Disagreement& one : found) {
    const std::string place = one.place.empty() ? "all of it" : one.place.substr(1);
    out.push_back(fmt::format("{} is {} in {} and {} in {}", printable(place), printable(one.stored),
                              printable(name_a), printable(one.recomputed), printable(name_b)));
  }
  return out;
}

// A suite's settings without what folders that are joined may differ in.
nlohmann::json shared_settings(const ReportPlan& plan) {
  auto settings = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  if (!settings.is_object()) return {};
  settings.erase("rows");
  settings.erase("tuning");  // of rows with a sweep; see tuning_of
  if (settings.contains("suite") && settings.at("suite").is_object()) {
    settings.at("suite").erase("name");
    settings.at("suite").erase("description");
  }
  // Where the file lies says nothing of what is in it.
  if (settings.contains("data") && settings.at("data").is_object()) settings.at("data").erase("source");
  if (settings.contains("reward") && settings.at("reward").is_object()) {
    settings.at("reward").erase("sha256");
    settings.at("reward").erase("machine");
  }
  return settings;
}

// How the sweeps of its rows chose; null where none has one.
nlohmann::json tuning_of(const ReportPlan& plan) {
  if (std::ranges::none_of(plan.rows, [](const ReportRow& row) { return row.candidates > 0; })) return {};
  const auto settings = nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  return settings.is_object() ? settings.value("tuning", nlohmann::json()) : nlohmann::json();
}

// Of plans whose settings agree: what the program and the data made of them.
ReportPlan without_rows(ReportPlan plan) {
  plan.rows.clear();
  plan.trials.clear();
  plan.references.clear();
  plan.resolved_suite = "{}";
  plan.suite.clear();
  plan.description.clear();
  plan.data_source.clear();
  plan.task = {};
  plan.suite_toml_sha256.clear();
  return plan;
}

class Joining {
 public:
  Joining(const fs::path& folder, std::vector<RowName> names) : first_(folder), names_(std::move(names)) {
    joined_.plan = read_plan(folder);
    joined_.keys.passed_over.emplace_back();
    ReportPlan plan = std::move(joined_.plan);
    rename(plan, folder);
    joined_.plan = std::move(plan);
    tuning_ = tuning_of(joined_.plan);
    tuning_from_ = first_.native();
  }

  void add(const fs::path& folder) {
    if (joined_.keys.passed_over.size() == 1) index_first();
    ReportPlan plan = read_plan(folder);
    joined_.keys.passed_over.emplace_back();
    require_same_setting(plan, folder);
    rename(plan, folder);
    for (const ReportRow& row : plan.rows) add_row(plan, row, folder);
    for (const PlannedTrial& trial : plan.trials) add_trial(trial, folder);
    for (const PlannedReference& reference : plan.references) add_reference(reference);
    if (plan.task != joined_.plan.task) joined_.plan.task = {};
  }

  JoinedPlan take() {
    for (const RowName& name : names_) {
      fail(ErrorKind::config, "--rename {}:{}: no folder of the report has this name and row",
           printable(name.folder.native()), printable(name.row));
    }
    if (resolved_.is_object() && !tuning_.is_null() && !resolved_.contains("tuning"))
      resolved_["tuning"] = Json::parse(tuning_.dump());
    joined_.plan.resolved_suite = resolved_.is_null() ? joined_.plan.resolved_suite : resolved_.dump();
    return std::move(joined_);
  }

 private:
  // What the first folder has. Most reports are of it alone, and need none of this.
  void index_first() {
    for (std::size_t i = 0; i < joined_.plan.trials.size(); ++i) {
      trials_.add(i);
      trials_.claim(joined_.plan.trials[i]);
    }
    for (const PlannedReference& reference : joined_.plan.references) {
      splits_.insert(reference.split);
      references_.insert(reference.key);
    }
  }

  // Rows that were tuned may stand beside rows that were not, which the report says.
  void require_same_setting(const ReportPlan& plan, const fs::path& folder) {
    auto differences = plan_differences(joined_.plan, first_.native(), plan, folder.native(), false);
    const auto tuning = tuning_of(plan);
    if (tuning_.is_null()) {
      tuning_ = tuning;
      tuning_from_ = folder.native();
    } else if (!tuning.is_null()) {
      for (std::string& one :
           sentences({{"tuning", tuning_}}, tuning_from_, {{"tuning", tuning}}, folder.native()))
        differences.push_back(std::move(one));
    }
    if (differences.empty()) return;
    fail(ErrorKind::config,
         "{}/suite.json: another setting than {}: {}; report it by itself, or run it in the same",
         printable(folder.native()), printable(first_.native()), fmt::join(differences, "; "));
  }

  // Of the folder that is read now.
  std::unordered_set<std::string>& passed_over() { return joined_.keys.passed_over.back(); }

  // As the user asked for this folder.
  void rename(ReportPlan& plan, const fs::path& folder) {
    std::vector<RowName> here;
    std::erase_if(names_, [&](const RowName& name) {
      const bool known = name.folder.lexically_normal() == folder.lexically_normal() &&
                         std::ranges::find(plan.rows, name.row, &ReportRow::name) != plan.rows.end();
      if (known) here.push_back(name);
      return known;
    });
    if (here.empty()) return;
    plan.trials.change([&](PlannedTrial& trial) {
      const auto name = std::ranges::find(here, trial.row, &RowName::row);
      if (name == here.end()) return;
      if (name->name.empty()) {
        passed_over().insert(trial.key);
      } else {
        joined_.keys.stored_row.emplace(trial.key, trial.row);
        trial.row = name->name;
      }
    });
    plan.trials.erase_if([this](const PlannedTrial& t) { return passed_over().contains(t.key); });
    for (const RowName& name : here) rename(plan, name);
  }

  static void rename(ReportPlan& plan, const RowName& name) {
    if (!name.name.empty() && std::ranges::find(plan.rows, name.name, &ReportRow::name) != plan.rows.end()) {
      fail(ErrorKind::config, "--rename {0}:{1}={2}: the folder has a row '{2}' already; choose another name",
           printable(name.folder.native()), printable(name.row), printable(name.name));
    }
    const auto row = std::ranges::find(plan.rows, name.row, &ReportRow::name);
    auto settings = Json::parse(plan.resolved_suite, nullptr, false);
    if (settings.is_object() && settings.contains("rows")) {
      const auto at = std::ranges::find_if(settings["rows"], [&](const Json& one) {
        return one.is_object() && one.value("name", Json()) == name.row;
      });
      if (at != settings["rows"].end()) {
        if (name.name.empty())
          settings["rows"].erase(at);
        else
          (*at)["name"] = name.name;
        plan.resolved_suite = settings.dump();
      }
    }
    if (name.name.empty())
      plan.rows.erase(row);
    else
      row->name = name.name;
  }

  void add_row(const ReportPlan& plan, const ReportRow& row, const fs::path& folder) {
    const auto same = std::ranges::find(joined_.plan.rows, row.name, &ReportRow::name);
    const auto settings = settings_of(plan, row.name);
    if (same == joined_.plan.rows.end()) {
      joined_.plan.rows.push_back(row);
      if (resolved_.is_null()) resolved_ = Json::parse(joined_.plan.resolved_suite, nullptr, false);
      if (resolved_.is_object() && resolved_.contains("rows"))
        resolved_["rows"].push_back(Json::parse(settings.dump()));
      row_from_.emplace(row.name, folder.native());
      row_settings_.emplace(row.name, settings);
      return;
    }
    const auto from = row_from_.find(row.name);
    const std::string before = from == row_from_.end() ? first_.native() : from->second;
    const auto earlier =
        from == row_from_.end() ? settings_of(joined_.plan, row.name) : row_settings_.at(row.name);
    std::vector<std::string> differences = sentences(earlier, before, settings, folder.native());
    if (differences.empty() && *same != row) {
      differences.push_back(fmt::format("its plugin is {} in {} and {} in {}", printable(same->plugin),
                                        printable(before), printable(row.plugin),
                                        printable(folder.native())));
    }
    if (differences.empty()) return;
    fail(ErrorKind::config,
         "{0}/suite.json: row '{1}' is another one than in {2}: {3}; call it otherwise by --rename "
         "'{0}:{1}=NAME', or "
         "leave it out by --rename '{0}:{1}='",
         printable(folder.native()), printable(row.name), printable(before), fmt::join(differences, "; "));
  }

  void add_trial(const PlannedTrial& trial, const fs::path& folder) {
    PlannedTrials& trials = joined_.plan.trials;
    const std::optional<std::size_t> known = trials_.find(trial.key);
    if (known && trials.row(*known) != trial.row) {
      fail(ErrorKind::config,
           "{}/suite.json: row '{}' has the trials of row '{}' of an earlier folder; give it one name in "
           "both, or leave the --rename out",
           printable(folder.native()), printable(trial.row), printable(trials.row(*known)));
    }
    if (known) return;
    if (!trials_.claim(trial)) {
      fail(ErrorKind::config,
           "{0}/suite.json: row '{1}' has the settings of an earlier folder's, but other keys, as with "
           "another build "
           "of the reward; call it otherwise by --rename '{0}:{1}=NAME', or leave it out by --rename "
           "'{0}:{1}='",
           printable(folder.native()), printable(trial.row));
    }
    trials.push_back(trial);
    trials_.add(trials.size() - 1);
  }

  // The values are the same in the same setting; the key is another one where the reward is another build.
  void add_reference(const PlannedReference& reference) {
    if (splits_.insert(reference.split).second) {
      joined_.plan.references.push_back(reference);
      references_.insert(reference.key);
    } else if (!references_.contains(reference.key)) {
      passed_over().insert(reference.key);
    }
  }

  fs::path first_;
  std::vector<RowName> names_;  // that no folder had yet
  JoinedPlan joined_;
  Json resolved_;            // once rows were added
  nlohmann::json tuning_;    // of the rows that were tuned; or null
  std::string tuning_from_;  // the folder of it
  TrialIndex trials_{joined_.plan.trials};
  std::unordered_map<std::string, std::string> row_from_;  // of rows that were added
  std::unordered_map<std::string, nlohmann::json> row_settings_;
  std::unordered_set<std::string> splits_, references_;  // with exact policies, and their keys
};

}  // namespace

void require_row_name(const std::string& name, const std::string& place) {
  constexpr std::size_t kLongest = 100;
  if (!acts(name) && name.size() <= kLongest && name.find('/') == std::string::npos) return;
  fail(ErrorKind::config, "{}: a row's name has at most {} bytes, no '/' and no control characters", place,
       kLongest);
}

RowName row_name_of(const std::string& text) {
  const std::size_t colon = text.find(':'), equals = text.rfind('=');
  if (colon == std::string::npos || colon == 0 || equals == std::string::npos || equals < colon + 2) {
    fail(ErrorKind::config,
         "--rename {}: name a folder, a row of it and what to call it, as results/mine:ppo=ppo-2",
         printable(text));
  }
  const std::string name = text.substr(equals + 1);
  require_row_name(name, "--rename " + printable(text));
  return {text.substr(0, colon), text.substr(colon + 1, equals - colon - 1), name};
}

ReportPlan read_plan(const fs::path& folder) {
  auto plan = Store(folder).read_plan();
  if (!plan) {
    fail(ErrorKind::io, "{}: no suite.json: not a results folder of `offload-bench run`",
         printable(folder.native()));
  }
  return std::move(*plan);
}

std::vector<std::string> plan_differences(const ReportPlan& a, const std::string& name_a, const ReportPlan& b,
                                          const std::string& name_b, bool rows) {
  std::vector<std::string> found;
  if (a.version != b.version) {
    found.push_back(fmt::format("OffloadBench is {} in {} and {} in {}", printable(a.version),
                                printable(name_a), printable(b.version), printable(name_b)));
  }
  const auto whole = [](const ReportPlan& plan) {
    return nlohmann::json::parse(plan.resolved_suite, nullptr, false);
  };
  for (std::string& one :
       sentences(rows ? whole(a) : shared_settings(a), name_a, rows ? whole(b) : shared_settings(b), name_b))
    found.push_back(std::move(one));
  if (a.data_sha256 != b.data_sha256) {
    found.push_back(fmt::format("the data are {} ({}...) in {} and {} ({}...) in {}",
                                printable(a.data_source), printable(a.data_sha256.substr(0, 12)),
                                printable(name_a), printable(b.data_source),
                                printable(b.data_sha256.substr(0, 12)), printable(name_b)));
  }
  if (found.empty() && !rows && without_rows(a) != without_rows(b)) {
    for (std::string& one : sentences(nlohmann::json::parse(to_json(without_rows(a))), name_a,
                                      nlohmann::json::parse(to_json(without_rows(b))), name_b))
      found.push_back(std::move(one));
  }
  if (found.size() > kMostDifferences) found.resize(kMostDifferences);
  return found;
}

JoinedPlan joined_plan(const std::vector<fs::path>& folders, const std::vector<RowName>& names) {
  if (folders.empty()) fail(ErrorKind::config, "no results folder was given");
  Joining joining(folders.front(), names);
  for (std::size_t i = 1; i < folders.size(); ++i) joining.add(folders[i]);
  return joining.take();
}

}  // namespace offload
