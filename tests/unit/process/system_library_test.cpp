// Libraries that are loaded at the first call of one of their functions.
#include "process/system_library.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "core/error.hpp"

namespace offload {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

SystemLibrary z_library("libz.so.1", "archives need it (Debian: zlib1g)");
OFFLOAD_LIBRARY_FUNCTION(z_library, zlibVersion);
OFFLOAD_LIBRARY_FUNCTION(z_library, crc32);

Error refusal(SystemLibrary& library, const char* function) {
  try {
    library.function(function);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::run, "nothing was refused"};
}

TEST(SystemLibrary, FunctionsAreCalledLikeTheDeclaredOnes) {
  EXPECT_STREQ(zlibVersion(), ::zlibVersion());
  const Bytef text[] = "bundle";
  EXPECT_EQ(crc32(0, text, 6), ::crc32(0, text, 6));
}

TEST(SystemLibrary, SaysWhatIsMissingAndWhoNeedsIt) {
  SystemLibrary none("libnobody-has-it.so.7", "nothing needs it (Debian: none)");
  const Error missing = refusal(none, "f");
  EXPECT_EQ(missing.kind(), ErrorKind::io);
  EXPECT_THAT(missing.what(), StartsWith("libnobody-has-it.so.7: cannot open shared object file"));
  EXPECT_THAT(missing.what(), HasSubstr("; nothing needs it (Debian: none)"));
  EXPECT_THAT(refusal(z_library, "no_such_function").what(),
              HasSubstr("no_such_function; archives need it (Debian: zlib1g)"));
}

}  // namespace
}  // namespace offload
