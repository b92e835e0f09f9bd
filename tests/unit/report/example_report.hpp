// The report of the example as JSON, and whether JSON follows the schema.
#pragma once

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "report/formats/formats.hpp"
#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload::example {

inline nlohmann::json report_of_example(const std::function<void(ReportPlan&, StoreContents&)>& change = {}) {
  ReportPlan plan = example::plan();
  StoreContents contents = example::contents(plan);
  if (change) change(plan, contents);
  return nlohmann::json::parse(report_json(make_report(plan, contents)));
}

inline std::string schema_errors(const nlohmann::json& document) {
  nlohmann::json text;
  std::ifstream(OFFLOAD_SOURCE_DIR "/reports/schema.json") >> text;
  valijson::Schema schema;
  valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema);
  valijson::ValidationResults results;
  valijson::Validator().validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string errors;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const std::string& step : error.context) errors += step;
    errors += ": " + error.description + "\n";
  }
  return errors;
}

}  // namespace offload::example
