#include "fma_peak.hpp"

#include <algorithm>
#include <ctime>
#include <map>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace offload::micro {
namespace {

constexpr int kChains = 12;  // more than latency times throughput of any processor so far; of different
                             // values, or they would be one
constexpr int kRounds = 200'000;

using Loop = float (*)();

// Plain multiplication and addition, of 128 bits on every processor.
float plain() {
  typedef float Vector __attribute__((vector_size(16)));
  Vector sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = Vector{} + static_cast<float>(c);
  Vector factor = {0.5f, 0.5f, 0.5f, 0.5f}, term = {1, 1, 1, 1};
  asm volatile("" : "+m"(factor), "+m"(term));
  for (int i = 0; i < kRounds; ++i) {
    for (int c = 0; c < kChains; ++c) sum[c] = sum[c] * factor + term;
  }
  float total = 0;
  for (const Vector& each : sum) total += each[0];
  return total;
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) float fused256() {
  __m256 sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = _mm256_set1_ps(static_cast<float>(c));
  const __m256 factor = _mm256_set1_ps(0.5f), term = _mm256_set1_ps(1);
  for (int i = 0; i < kRounds; ++i) {
    for (int c = 0; c < kChains; ++c) sum[c] = _mm256_fmadd_ps(sum[c], factor, term);
  }
  float total = 0;
  for (const __m256& each : sum) total += _mm256_cvtss_f32(each);
  return total;
}

__attribute__((target("avx512f"))) float fused512() {
  __m512 sum[kChains];
  for (int c = 0; c < kChains; ++c) sum[c] = _mm512_set1_ps(static_cast<float>(c));
  const __m512 factor = _mm512_set1_ps(0.5f), term = _mm512_set1_ps(1);
  for (int i = 0; i < kRounds; ++i) {
    for (int c = 0; c < kChains; ++c) sum[c] = _mm512_fmadd_ps(sum[c], factor, term);
  }
  float total = 0;
  for (const __m512& each : sum) total += _mm512_cvtss_f32(each);
  return total;
}
#endif

Loop loop_of(int bits) {
#if defined(__x86_64__)
  if (bits == 512) return fused512;
  if (bits == 256) return fused256;
#endif
  static_cast<void>(bits);
  return plain;
}

double measure(int bits) {
  const Loop loop = loop_of(bits);
  volatile float kept = 0;
  double best_s = 1;
  for (int round = 0; round < 8; ++round) {
    const double begin = cpu_seconds();
    kept = loop();
    best_s = std::min(best_s, cpu_seconds() - begin);
  }
  static_cast<void>(kept);
  return 2.0 * kChains * kRounds * (bits / 32) / best_s;
}

}  // namespace

double fma_peak(int bits) {
  static std::map<int, double> known;
  const auto [at, fresh] = known.try_emplace(bits);
  if (fresh) at->second = measure(bits);
  return at->second;
}

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace offload::micro
