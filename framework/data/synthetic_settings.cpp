#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "data/synthetic.hpp"

namespace offload {

// Made from datasets/synthetic.toml by the build.
extern const char* const kEmbeddedSyntheticSettings;

namespace {

constexpr std::size_t kSettingsBytesMax = std::size_t{1} << 20;

struct Bounds {
  double lowest, highest;
};
constexpr Bounds kWeight = {0, 1e12};
constexpr Bounds kAmount = {0, 1e9};
constexpr Bounds kPositive = {1e-12, 1e9};

// Reads one table of the settings; the keys it was asked for are the known ones.
class Section {
 public:
  Section(const toml::table& root, std::string_view name, const std::string& file)
      : file_(file), name_(name), node_(&root) {
    if (name.empty()) return;
    const toml::node* node = root.get(name);
    if (!node || !node->is_table()) fail_at(node, fmt::format("a table [{}] is expected", name));
    node_ = node->as_table();
  }

  double number(std::string_view key, Bounds bounds) { return number_in(get(key), key, bounds); }

  std::vector<double> numbers(std::string_view key, std::size_t count, Bounds bounds) {
    return list(get(key), key, count, bounds);
  }

  // One list of `columns` numbers per task.
  std::vector<std::vector<double>> rows(std::string_view key, std::size_t count, std::size_t columns,
                                        Bounds bounds) {
    const toml::node* node = get(key);
    const toml::array* array = sized(node, key, count);
    std::vector<std::vector<double>> rows;
    for (const toml::node& row : *array) rows.push_back(list(&row, key, columns, bounds));
    return rows;
  }

  // Weights of which one at least is above 0.
  std::vector<double> weights(std::string_view key, std::size_t count) {
    const toml::node* node = get(key);
    return checked_weights(list(node, key, count, kWeight), node, key);
  }

  std::string text(std::string_view key) {
    const toml::node* node = get(key);
    return text_in(node, key);
  }

  std::vector<std::string> texts(std::string_view key, std::size_t most) {
    const toml::node* node = get(key);
    const toml::array* array = node ? node->as_array() : nullptr;
    if (!array || array->empty() || array->size() > most) {
      fail_at(node, fmt::format("'{}' is a list of 1 to {}", key, counted(most, "text")));
    }
    std::vector<std::string> texts;
    for (const toml::node& item : *array) texts.push_back(text_in(&item, key));
    return texts;
  }

  std::size_t size(std::string_view key) {
    const toml::node* node = get(key);
    const toml::array* array = node ? node->as_array() : nullptr;
    if (!array || array->empty()) fail_at(node, fmt::format("'{}' is a list of numbers", key));
    return array->size();
  }

  std::vector<double> checked_weights(std::vector<double> weights, const toml::node* node,
                                      std::string_view key) const {
    if (std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 0; })) {
      fail_at(node, fmt::format("'{}' has no weight above 0", key));
    }
    return weights;
  }

  const toml::node* get(std::string_view key) {
    known_.emplace(key);
    return node_->get(key);
  }

  void refuse_unknown(const std::set<std::string, std::less<>>& also_known = {}) const {
    for (const auto& [key, value] : *node_) {
      if (known_.contains(key.str()) || also_known.contains(key.str())) continue;
      fail_at(&value,
              fmt::format("unknown key '{}'; known: {}", printable(key.str()), fmt::join(known_, ", ")));
    }
  }

  [[noreturn]] void fail_at(const toml::node* node, const std::string& fact) const {
    const auto line = node ? node->source().begin.line : node_->source().begin.line;
    fail(ErrorKind::config, "{}:{}: {}{}", file_, line, name_.empty() ? "" : fmt::format("[{}] ", name_),
         fact);
  }

 private:
  double number_in(const toml::node* node, std::string_view key, Bounds bounds) const {
    const auto value = node && node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value >= bounds.lowest && *value <= bounds.highest)) {
      fail_at(node, fmt::format("'{}' wants a number in {}..{}", key, bounds.lowest, bounds.highest));
    }
    return *value;
  }
  const toml::array* sized(const toml::node* node, std::string_view key, std::size_t count) const {
    const toml::array* array = node ? node->as_array() : nullptr;
    if (!array || array->size() != count) {
      fail_at(node, fmt::format("'{}' wants a list of {}", key, counted(count, "item")));
    }
    return array;
  }
  std::vector<double> list(const toml::node* node, std::string_view key, std::size_t count,
                           Bounds bounds) const {
    std::vector<double> values;
    for (const toml::node& item : *sized(node, key, count)) values.push_back(number_in(&item, key, bounds));
    return values;
  }
  std::string text_in(const toml::node* node, std::string_view key) const {
    const auto text = node ? node->value_exact<std::string>() : std::nullopt;
    if (!text || text->empty() || text->size() > kTaskNameMax) {
      fail_at(node, fmt::format("'{}' wants a text of 1 to {} bytes", key, kTaskNameMax));
    }
    return *text;
  }

  const std::string& file_;
  std::string name_;
  const toml::table* node_;
  std::set<std::string, std::less<>> known_;
};

void read_conversations(const toml::table& root, const std::string& file, SyntheticSettings& settings) {
  const std::size_t tasks = settings.tasks.size();
  Section episodes(root, "episodes", file);
  const std::size_t lengths = episodes.size("lengths");
  settings.lengths = episodes.numbers("lengths", lengths, {1, double{kTurnsMax}});
  for (const double length : settings.lengths) {
    if (length != std::floor(length)) episodes.fail_at(nullptr, "'lengths' wants whole numbers");
  }
  settings.length_weights = episodes.weights("length_weights", lengths);
  settings.first_task_weights = episodes.weights("first_task_weights", tasks);
  settings.transitions = episodes.rows("transitions", tasks, tasks, kWeight);
  for (const auto& row : settings.transitions) episodes.checked_weights(row, nullptr, "transitions");
  episodes.refuse_unknown();

  const auto views = static_cast<std::size_t>(settings.modalities);
  Section association(root, "association", file);
  settings.association_mean = association.rows("mean", tasks, views, {-1e9, 1e9});
  settings.association_sd = association.rows("sd", tasks, views, kAmount);
  settings.association_lowest = association.number("lowest", {-1e9, 1e9});
  settings.association_highest = association.number("highest", {settings.association_lowest, 1e9});
  association.refuse_unknown();

  Section texts(root, "texts", file);
  settings.question = texts.text("question");
  settings.answer = texts.text("answer");
  settings.refusal = texts.text("refusal");
  texts.refuse_unknown();
}

void read_outcomes(const toml::table& root, const std::string& file, SyntheticSettings& settings) {
  const std::size_t tasks = settings.tasks.size();
  const auto kinds = static_cast<std::size_t>(settings.modalities) + 2;
  Section actions(root, "actions", file);
  settings.kind_weights = actions.weights("kind_weights", kinds);
  actions.refuse_unknown();

  Section score(root, "score", file);
  settings.base = score.rows("base", tasks, kinds, kAmount);
  settings.cloud_bonus = score.number("cloud_bonus", kAmount);
  settings.local_bonus = score.number("local_bonus", kAmount);
  settings.zero_probability = score.numbers("zero_probability", kinds, {0, .999});
  settings.gamma_shape = score.numbers("gamma_shape", kinds, {1e-3, 1e6});
  score.refuse_unknown();

  Section latency(root, "latency_s", file);
  settings.latency_mean_s = latency.numbers("mean", kinds, kPositive);
  settings.latency_sd_s = latency.numbers("sd", kinds, kAmount);
  latency.refuse_unknown();

  Section cost(root, "cost_usd", file);
  settings.cost_mean_usd = cost.numbers("mean", kinds, kPositive);
  settings.cost_sd_usd = cost.numbers("sd", kinds, kAmount);
  cost.refuse_unknown();
}

}  // namespace

SyntheticSettings parse_synthetic_settings(std::string_view text, const std::string& name) {
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail(ErrorKind::config, "{}:{}: {}", name, error.source().begin.line, printable(error.description()));
  }
  SyntheticSettings settings;
  settings.text = text;
  Section top(root, "", name);
  const double modalities = top.number("modalities", {0, double{kMaxModalities}});
  if (modalities != std::floor(modalities)) top.fail_at(root.get("modalities"), "'modalities' is whole");
  settings.modalities = static_cast<int>(modalities);
  settings.tasks = top.texts("tasks", kTasksMax);
  // A file's task ids are the places of the sorted names, so the settings' have to be, too.
  if (!std::is_sorted(settings.tasks.begin(), settings.tasks.end(), std::less_equal<>())) {
    top.fail_at(root.get("tasks"), "'tasks' wants different names in ascending order");
  }
  top.refuse_unknown({"episodes", "association", "actions", "score", "latency_s", "cost_usd", "texts"});
  read_conversations(root, name, settings);
  read_outcomes(root, name, settings);
  return settings;
}

SyntheticSettings read_synthetic_settings(const std::filesystem::path& file) {
  const std::string name = printable(file.native());
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(ErrorKind::io, "{}: cannot be opened: {}", name, std::strerror(errno));
  std::string text(kSettingsBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) fail(ErrorKind::io, "{}: cannot be read: {}", name, std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kSettingsBytesMax) fail(ErrorKind::config, "{}: larger than 1 MiB", name);
  return parse_synthetic_settings(text, name);
}

const SyntheticSettings& embedded_synthetic_settings() {
  static const SyntheticSettings settings =
      parse_synthetic_settings(kEmbeddedSyntheticSettings, "datasets/synthetic.toml");
  return settings;
}

}  // namespace offload
