#include "verify/believed.hpp"

#include <algorithm>

namespace offload {

void believe(std::vector<Believed>& list, const std::string& what, const std::string& why,
             const std::string& of) {
  const auto same = std::ranges::find_if(
      list, [&](const Believed& entry) { return entry.what == what && entry.why == why; });
  if (same == list.end())
    list.push_back({what, why, {of}});
  else
    same->of.push_back(of);
}

}  // namespace offload
