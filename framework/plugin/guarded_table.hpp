// The table that a plugin's create fills in, whose size the host has set, and what must stay as it is behind
// it: a plugin that knows another layout shows by what it says or by what it wrote there.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/error.hpp"

namespace offload {

// Of offload_agent or offload_reward.
template <typename Table>
struct GuardedTable {
  explicit GuardedTable(const Table& filled = {}) : table(filled) { table.size = sizeof(Table); }

  // After create; throws Error(plugin) in the name of `owner`. Nothing of a table of another layout can be
  // relied on, the place of its functions either.
  void require_layout(const std::string& owner) const {
    if (table.size != sizeof(Table)) {
      fail(ErrorKind::plugin,
           "{}: create set the table's size to {}, where this host's has {} bytes; build it against this "
           "version's abi.h and leave the size alone",
           owner, table.size, sizeof(Table));
    }
    if (tail != GuardedTable().tail) {
      fail(ErrorKind::plugin,
           "{}: create wrote behind the table of {} bytes; build it against this version's abi.h", owner,
           sizeof(Table));
    }
  }

  Table table;
  std::array<std::uint64_t, 8> tail = {0x6f66666c6f616421, 0x6f66666c6f616422, 0x6f66666c6f616423,
                                       0x6f66666c6f616424, 0x6f66666c6f616425, 0x6f66666c6f616426,
                                       0x6f66666c6f616427, 0x6f66666c6f616428};
};

}  // namespace offload
