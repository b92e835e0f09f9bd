// Reading a JSON document most of which is one list: its elements are handed over one by one, and what is
// held is the rest. It is read twice, so that what comes before the list and what comes behind it are known
// of every element.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

class ListedJson {
 public:
  // `list` and what is `unwanted` are members of the document, as "evidence/rows" (a name's own ~ and / as ~0
  // and ~1); on the way to what is unwanted there may be lists, which have no numbers, to `list` there are
  // none. `in` is at its beginning and can be set back; it and `file` outlive the object. Throws Error(data)
  // as parse_checked does for the whole of it.
  ListedJson(std::istream& in, const std::string& file, std::string_view list,
             const std::vector<std::string_view>& unwanted = {});

  // The document without what is unwanted, with an empty list in the place of the member where that is one.
  const nlohmann::json& rest() const { return rest_; }
  // Whether the member is a list, and of how many elements.
  bool is_list() const { return is_list_; }
  std::size_t size() const { return size_; }
  // Every element in order, with its index; nothing where the member is no list. Throws what `visit` throws,
  // and Error(data) where the file has changed since.
  void for_each(const std::function<void(std::size_t, const nlohmann::json&)>& visit) const;
  nlohmann::json element(std::size_t index) const;

 private:
  std::istream& in_;
  const std::string& file_;
  nlohmann::json rest_;
  bool is_list_ = false;
  std::size_t size_ = 0;
  std::istream::pos_type begin_ = 0;  // of the list
};

}  // namespace offload
