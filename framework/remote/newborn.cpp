#include "remote/newborn.hpp"

#include <string_view>

namespace offload {
namespace {

constexpr char kReadable = 'r', kListable = 'l';

}  // namespace

std::string to_texts(const Newborn& newborn) {
  std::string texts = newborn.plugin + '\0';
  for (const auto& path : newborn.bounds.readable) texts += kReadable + path.native() + '\0';
  for (const auto& path : newborn.bounds.listable) texts += kListable + path.native() + '\0';
  return texts;
}

Newborn newborn_from(const char* texts) {
  Newborn newborn{texts, {.executes = true}};
  for (std::string_view text = texts; !text.empty();) {
    texts += text.size() + 1;
    text = texts;
    if (text.starts_with(kReadable)) newborn.bounds.readable.emplace_back(text.substr(1));
    if (text.starts_with(kListable)) newborn.bounds.listable.emplace_back(text.substr(1));
  }
  return newborn;
}

}  // namespace offload
