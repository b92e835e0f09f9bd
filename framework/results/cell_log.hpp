// What estimators said of a row in a budget cell from a simulated log, as a result file holds it.
#pragma once

#include "core/logs/verdicts.hpp"
#include "files/checked_json.hpp"

namespace offload {

nlohmann::json written(const LogVerdict& verdict);
// Of so many test queries. Throws Error(data) naming the place.
LogVerdict read_log_verdict(const CheckedJson& value, std::size_t tests);

}  // namespace offload
