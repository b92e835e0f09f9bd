// What a call that has to fail says.
#pragma once

#include <string>

#include "core/error.hpp"

namespace offload {

// The text of the Error that `body` throws, which must be of this kind; "no error" when it throws none.
template <typename Body>
std::string message_of(ErrorKind kind, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind() == kind ? std::string(error.what()) : "another kind: " + std::string(error.what());
  }
  return "no error";
}

}  // namespace offload
