/* A library that a plugin is linked against, which starts a thread when it is asked to. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void* wait_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

__attribute__((constructor)) static void start(void) {
  pthread_t thread;
  if (getenv("OFFLOAD_TEST_THREAD") != NULL) pthread_create(&thread, NULL, wait_for_ever, NULL);
}
