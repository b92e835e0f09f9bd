#!/usr/bin/env bash
# python_test.sh BUILD requirements: makes BUILD/python-venv, once per content of requirements.txt.
# python_test.sh BUILD wheel: builds the package as pip does, from the tree, into BUILD/wheels; after requirements.
# python_test.sh BUILD FILE [OPTION...]: runs the tests of FILE there with pytest.
# Ends with 77, which says skipped, where Debian's packages are missing or nothing can be downloaded.
set -euo pipefail
build=$1 what=$2
here=$(cd "$(dirname "$0")" && pwd)
venv=$build/python-venv
stamp=$(sha256sum <"$here/requirements.txt")

skip() {
  echo "SKIPPED: $1"
  exit 77
}

if [ "$what" = requirements ]; then
  # Found is enough: importing torch alone takes a second.
  module=$(/usr/bin/python3 -c 'import importlib.util, sys
print(*[name for name in sys.argv[1:] if not importlib.util.find_spec(name)][:1])' \
    ensurepip numpy pandas scipy torch pytest typing_extensions packaging) || skip "no /usr/bin/python3"
  [ -z "$module" ] ||
    skip "no Python module $module (python3-venv python3-numpy python3-pandas python3-scipy python3-torch python3-pytest python3-packaging)"
  [ "$(cat "$venv/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
  rm -rf "$venv"
  /usr/bin/python3 -m venv --system-site-packages "$venv"
  "$venv/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt" ||
    skip "pip cannot install tests/python/requirements.txt"
  echo "$stamp" >"$venv/stamp"
  exit 0
fi

[ -f "$venv/stamp" ] || skip "without $venv, see Python.Requirements"

if [ "$what" = wheel ]; then
  export CMAKE_GENERATOR=Ninja
  unset PYTHONPATH
  exec "$venv/bin/pip" wheel "$here/../.." --quiet --no-deps --no-build-isolation --wheel-dir "$build/wheels"
fi

if [ "$(basename "$what")" = test_installed.py ]; then
  wheel=$(find "$build/wheels" -name '*.whl' -newer "$build/bin/offload-bench" -newer "$build/lib/offload-bench/plugins/tmo-weighted.so" \
    -newer "$build/python/offloadbench/"_core*.so 2>/dev/null | head -n 1) || true
  [ -n "$wheel" ] || skip "no wheel of this build in $build/wheels; the target wheel builds it"
  export OFFLOAD_WHEEL=$wheel
fi

export OFFLOAD_BUILD=$build OFFLOAD_BENCH_CACHE=$build/python-cache PYTHONPATH=$build/python:$here:$here/../../benchmarks/python
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
# stable-baselines3 leaves a folder for every learner; a test is another user.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
chmod 1777 "$TMPDIR"
"$venv/bin/python" -m pytest -q -p no:cacheprovider "${@:2}"
