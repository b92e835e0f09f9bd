#!/usr/bin/env bash
# 1.0 is an integer for JSON Schema, but not for valijson.
#
# Expected: since draft 6 a number without a fraction is an "integer", so {"type": "integer"} takes 1.0 and 1e3
# everywhere.
# Seen (valijson 1.0 with nlohmann-json 3.11.2, Debian 12; jsonschema 4.26.0): valijson refuses 1.0 and 1e3, jsonschema
# takes them. valijson takes 0.07 as a multiple of 0.01, jsonschema does not. And 2^64 - 1, which is 3 times
# 6148914691236517205, is no multiple of 3 for valijson.
# Why it matters: a report written by a program that prints counts as 400.0 (many do, after a division) passes one
# validator and fails the other, so "valid against the schema" means little without the validator's name.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need g++ g++
need dpkg-deb dpkg
# Debian's package, unpacked beside us instead of installed.
unpack() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" && dpkg-deb -x "${1%%=*}"_*.deb "$work/deb") ||
    { echo "cannot download $1: needs Debian 12 and an apt-get update" >&2; exit 2; }
}
need python3 python3
unpack libvalijson-dev=1.0+repack-2
unpack nlohmann-json3-dev=3.11.2-2
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check jsonschema==4.26.0 ||
  { echo "cannot install jsonschema" >&2; exit 2; }
cat >"$work/seen.cpp" <<'CPP'
#include <iostream>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

int main(int count, char** words) {
  for (int i = 1; i + 1 < count; i += 2) {
    const auto rule = nlohmann::json::parse(words[i]);
    const auto value = nlohmann::json::parse(words[i + 1]);
    valijson::Schema schema;
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(rule), schema);
    valijson::Validator validator;
    const valijson::adapters::NlohmannJsonAdapter target(value);
    std::cout << (validator.validate(schema, target, nullptr) ? "valid " : "invalid ");
  }
  std::cout << '\n';
}
CPP
g++ -std=c++17 -I"$work/deb/usr/include" "$work/seen.cpp" -o "$work/seen"
cat >"$work/seen.py" <<'PY'
import json
import sys

import jsonschema

for rule, value in zip(sys.argv[1::2], sys.argv[2::2]):
    valid = jsonschema.Draft7Validator(json.loads(rule)).is_valid(json.loads(value))
    print("valid" if valid else "invalid", end=" ")
print()
PY
cases=('{"type":"integer"}' 1.0 '{"type":"integer"}' 1e3 '{"multipleOf":0.01}' 0.07 '{"multipleOf":3}' 18446744073709551615)
expect 'valijson: 1.0, 1e3, 0.07 by 0.01, 2^64-1 by 3' 'invalid invalid valid invalid' \
  "$("$work/seen" "${cases[@]}" | xargs)"
expect 'jsonschema: the same' 'valid valid invalid valid' \
  "$("$work/venv/bin/python" "$work/seen.py" "${cases[@]}" | xargs)"
