// The program of these tests is no plugin: it says where the autograd library is.
#include <cstdlib>

namespace {

[[maybe_unused]] const int kPlaced = setenv("OFFLOAD_AUTOGRAD", AUTOGRAD_LIBRARY, 0);

}  // namespace
