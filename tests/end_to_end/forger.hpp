// Somebody with write access to a results folder, who knows its format and seals what was changed anew.
#pragma once

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "end_to_end/command.hpp"

namespace offload::testing {

inline std::string sha256_of(const std::filesystem::path& file) {
  std::FILE* pipe = popen(("sha256sum '" + file.string() + "'").c_str(), "r");
  std::array<char, 65> digest{};
  const bool read = std::fgets(digest.data(), digest.size(), pipe) != nullptr;
  pclose(pipe);
  return read ? digest.data() : "";
}

class Forger {
 public:
  using Json = nlohmann::json;
  using Change = std::function<bool(Json&)>;  // false: not this one

  explicit Forger(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  // Changes the first sealed result of `kind` ("trial", "reference"), by name of its file, that `change`
  // takes, and seals it again. Returns that name; empty where it takes none.
  std::string seal(const std::string& kind, const Change& change) const {
    for (const auto& file : files(kind)) {
      Json document = Json::parse(read_text(file));
      if (!change(document[kind])) continue;
      write(kind, file, document[kind]);
      return file.filename();
    }
    return {};
  }
  // Of a row on a split; the change is made to it.
  std::string trial(const std::string& row, const std::string& split,
                    const std::function<void(Json&)>& change) const {
    return seal("trial", [&](Json& trial) {
      if (trial["row"] != row || trial["split"] != split) return false;
      change(trial);
      return true;
    });
  }
  std::string reference(const std::string& split, const std::function<void(Json&)>& change) const {
    return seal("reference", [&](Json& reference) {
      if (reference["split"] != split) return false;
      change(reference);
      return true;
    });
  }
  Json copy_of(const std::string& row, const std::string& split) const {
    for (const auto& file : files("trial")) {
      const Json trial = Json::parse(read_text(file))["trial"];
      if (trial["row"] == row && trial["split"] == split) return trial;
    }
    return {};
  }

  // Under another key, in another file.
  void put(const std::string& kind, const Json& payload) const {
    write(kind, folder_ / (kind + "s") / (payload["key"].get<std::string>() + ".json"), payload);
  }
  void take_away(const std::string& kind, const std::string& key) const {
    std::filesystem::remove(folder_ / (kind + "s") / (key + ".json"));
  }

  void plan(const std::function<void(Json&)>& change) const {
    Json plan = Json::parse(read_text(folder_ / "suite.json"));
    change(plan);
    write_text(folder_ / "suite.json", plan.dump(1, ' ') + "\n");
  }

  void replace(const std::string& name, const std::string& from, const std::string& to) const {
    std::string text = read_text(folder_ / name);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_text(folder_ / name, text.replace(at, from.size(), to));
  }

 private:
  std::vector<std::filesystem::path> files(const std::string& kind) const {
    std::vector<std::filesystem::path> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / (kind + "s")))
      all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
  }
  void write(const std::string& kind, const std::filesystem::path& file, const Json& payload) const {
    const std::filesystem::path scratch = folder_ / ".." / "payload";
    const std::string text = payload.dump();
    write_text(scratch, text);
    write_text(file, R"({"format":"offload-)" + kind + R"(/1","sha256":")" + sha256_of(scratch) + "\",\"" +
                         kind + "\":\n" + text + "\n}\n");
  }

  std::filesystem::path folder_;
};

}  // namespace offload::testing
