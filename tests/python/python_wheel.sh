#!/usr/bin/env bash
# python_wheel.sh BUILD: the wheel in BUILD/wheels. Says so and is content where it cannot be built for what is missing here.
set -uo pipefail
test=$(dirname "$0")/python_test.sh
for what in requirements wheel; do
  bash "$test" "$1" "$what"
  status=$?
  [ "$status" -eq 77 ] && exit 0
  [ "$status" -eq 0 ] || exit "$status"
done
