// Compiled once for the headers that all rooms share (CMakeLists.txt).
