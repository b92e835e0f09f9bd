// Other times for the code in this process: what foreign code does after an hour or a day can be looked at
// now. clock_gettime, gettimeofday and time of this program stand in for the C library's in all that it
// loads, the C++ library's clocks included. Not reached: the processor's own counter, a system call that is
// made directly, waiting.
#pragma once

#include <cstdint>

namespace offload {

// From now on every clock of this process and of copies made later reads so much later.
void shift_clocks(std::int64_t by_s);

}  // namespace offload
