// A data set of two episodes, and what the reader says of it where it is changed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "unit/data/dataset_files.hpp"

namespace offload::test {

inline nlohmann::json turn() {
  return {{"question", "q"}, {"task_cat", "Query"}, {"action", 1},           {"image_index", {1}},
          {"answer", "a"},   {"score", 1.5},        {"interaction_time", 2}, {"usage_cost", .01}};
}

inline nlohmann::json episode(int id, int turns = 2) {
  nlohmann::json interactions = nlohmann::json::array(), association = nlohmann::json::array();
  for (int t = 0; t < turns; ++t) interactions.push_back(turn());
  for (int t = 0; t < turns; ++t) association.push_back({.1, .2, .3});
  return {{"id", id},
          {"image_paths", {"a", "b", "c"}},
          {"interactions", interactions},
          {"association_score", association}};
}

inline nlohmann::json good() { return nlohmann::json::array({episode(7), episode(8)}); }

inline std::string refusal_of(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto file = folder.write("d.json", bytes);
  const Error error = error_of([&] { read_dataset(file); });
  EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
  const std::string text = error.what();
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_TRUE(text.starts_with(file.string() + ": ")) << text;
  return text.substr(std::min(text.size(), file.string().size() + 2));
}

inline std::string refusal_of(const nlohmann::json& data) { return refusal_of(data.dump()); }

// What the reader says when the value at `pointer` of a good file is another one.
inline std::string refusal_with(const std::string& pointer, const nlohmann::json& value) {
  nlohmann::json data = good();
  data[nlohmann::json::json_pointer(pointer)] = value;
  return refusal_of(data);
}

inline std::string refusal_without(const std::string& parent, const std::string& key) {
  nlohmann::json data = good();
  data[nlohmann::json::json_pointer(parent)].erase(key);
  return refusal_of(data);
}

inline EpisodeTable table_of(const nlohmann::json& data, const RefusalRule& rule = {}) {
  const TemporaryFolder folder;
  return read_dataset(folder.write("d.json", data.dump()), rule);
}

}  // namespace offload::test
