/* A whole plugin in C: acts like `constant`, counts what it observed, and shows the count as a scalar. */
#include <offload/abi.h>
#include <stdlib.h>

typedef struct {
  const offload_host* host;
  int64_t action;
  int64_t observed;
} agent;

static const char* const names[] = {"observed"};

static offload_status read_scalars(void* self, double* values) {
  values[0] = (double)((agent*)self)->observed;
  return OFFLOAD_OK;
}

static const offload_scalars scalars = {sizeof(offload_scalars), 1, names, read_scalars};

static offload_status act(void* self, const offload_view* view, int32_t mode, int32_t* action) {
  (void)mode;
  for (int32_t i = 0; i < view->n; ++i) action[i] = (int32_t)((agent*)self)->action;
  return OFFLOAD_OK;
}

static offload_status observe(void* self, const offload_transition* step) {
  agent* const own = self;
  if (step->n == 0) {
    own->host->fail(own->host->context, "nothing to observe");
    return OFFLOAD_ERROR;
  }
  own->observed += step->n;
  return OFFLOAD_OK;
}

static const void* extension(void* self, const char* name) {
  static const char wanted[] = OFFLOAD_EXTENSION_SCALARS;
  (void)self;
  for (size_t i = 0; i < sizeof wanted; ++i) {
    if (name[i] != wanted[i]) return NULL;
  }
  return &scalars;
}

static offload_status create(const offload_host* host, const offload_environment* environment, void* table) {
  offload_agent* const out = table;
  agent* const own = calloc(1, sizeof *own);
  if (own == NULL) return OFFLOAD_ERROR;
  own->host = host;
  if (host->integer(host->context, "action", 0, 0, environment->actions - 1, "the action", &own->action) !=
      OFFLOAD_OK) {
    free(own);
    return OFFLOAD_ERROR;
  }
  out->self = own;
  out->destroy = free;
  out->act = act;
  out->observe = observe;
  out->extension = extension;
  return OFFLOAD_OK;
}

OFFLOAD_EXPORT const offload_entry offload_entry_v1 = {
    OFFLOAD_ABI_MAJOR, OFFLOAD_ABI_MINOR, OFFLOAD_KIND_AGENT, "c-agent", "1.0.0", "a plugin in C", create};
