// OFFLOAD_MULTIVERSION compiles one function for several instruction sets; the loader chooses by the
// processor alone, whatever OFFLOAD_ISA says. Only for work whose results are the same under all of them:
// integers, and sums in a fixed order, which the compiler may not contract (a test looks for fused
// instructions).
#pragma once

// Sanitizers are not yet there when the loader chooses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OFFLOAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OFFLOAD_SANITIZED
#endif
#endif

#if !defined(__x86_64__) || !defined(__gnu_linux__) || defined(OFFLOAD_SANITIZED)
#define OFFLOAD_MULTIVERSION
#elif !defined(__clang__)
#define OFFLOAD_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif __clang_major__ >= 14
// Of levels clang 14 keeps the first alone, and never chooses it.
#define OFFLOAD_MULTIVERSION __attribute__((target_clones("avx512bw", "avx2", "default")))
#else
#define OFFLOAD_MULTIVERSION
#endif
