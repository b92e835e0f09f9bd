/* Preloaded, makes the wall clock jump by years at every look, back and forth. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static time_t jumped(time_t now) {
  static int looks;
  return now + (++looks % 3 - 1) * 100000000;
}

int clock_gettime(clockid_t clock, struct timespec* at) {
  static int (*original)(clockid_t, struct timespec*);
  if (original == NULL) original = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int status = original(clock, at);
  if (status == 0 && clock == CLOCK_REALTIME) at->tv_sec = jumped(at->tv_sec);
  return status;
}

int gettimeofday(struct timeval* restrict at, void* restrict zone) {
  struct timespec now;
  (void)zone;
  const int status = clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return status;
}

time_t time(time_t* at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}
