// OFFLOAD_MULTIVERSION compiles one function for several instruction sets and chooses at load time. Only for
// work whose results are the same under all of them: integers, and sums in a fixed order.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && (!defined(__clang__) || __clang_major__ >= 14)
#define OFFLOAD_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define OFFLOAD_MULTIVERSION
#endif
