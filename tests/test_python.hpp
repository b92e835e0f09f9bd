// The Python that tests run plugins with.
#pragma once

#include <cstdlib>
#include <string>

namespace offload::test {

// The one named by OFFLOAD_TEST_PYTHON or /usr/bin/python3; empty where that has no NumPy.
inline std::string test_python() {
  const char* named = std::getenv("OFFLOAD_TEST_PYTHON");
  const std::string python = named == nullptr ? "/usr/bin/python3" : named;
  // Found is enough: importing it takes a tenth of a second, at the beginning of every test.
  const std::string probe = python + " -c 'import importlib.util as u; exit(not u.find_spec(\"numpy\"))'";
  return std::system((probe + " 2>/dev/null").c_str()) == 0 ? python : "";
}

inline constexpr const char* kNoPython = "needs Python with NumPy (apt-get install python3 python3-numpy)";

}  // namespace offload::test
