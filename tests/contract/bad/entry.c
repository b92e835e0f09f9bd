/* Entries that are wrong in one way each; the build defines which. */
#define OFFLOAD_HOST_SIDE
#include <offload/abi.h>
#include <string.h>

#ifdef UNSIZED_EXTENSION
static const void* extension(void* self, const char* name) {
  static const offload_checkpoint forgotten = {0, NULL, NULL};
  (void)self;
  return strcmp(name, OFFLOAD_EXTENSION_CHECKPOINT) == 0 ? &forgotten : NULL;
}
#endif

#ifdef UNRESOLVED
offload_status not_to_be_found(const offload_host*, const offload_environment*, void*);
#define CREATE not_to_be_found
#else
static offload_status create(const offload_host* host, const offload_environment* environment, void* table) {
  (void)host, (void)environment, (void)table;
#ifdef UPDATE_WITHOUT_OBSERVE
  ((offload_agent*)table)->act = (offload_status(*)(void*, const offload_view*, int32_t, int32_t*))1;
  ((offload_agent*)table)->update = (offload_status(*)(void*, offload_update_stats*))1;
#endif
#ifdef UNSIZED_EXTENSION
  ((offload_agent*)table)->act = (offload_status(*)(void*, const offload_view*, int32_t, int32_t*))1;
  ((offload_agent*)table)->extension = extension;
#endif
#ifdef NEWER_TABLE
  /* A table of two more functions, as a later abi.h might have it. */
  memset(table, 0, sizeof(offload_agent) + 2 * sizeof(void*));
  ((offload_agent*)table)->size = NEWER_TABLE;
  ((offload_agent*)table)->training_slots = 1;
  ((offload_agent*)table)->act = (offload_status(*)(void*, const offload_view*, int32_t, int32_t*))1;
#endif
  return OFFLOAD_OK;
}
#define CREATE create
#endif

OFFLOAD_EXPORT extern const offload_entry SYMBOL;
OFFLOAD_EXPORT const offload_entry SYMBOL = {MAJOR, 0, KIND, ID, "1", "wrong entry", CREATE};
