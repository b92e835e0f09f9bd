/* The whole contract between OffloadBench and a plugin, in C11.
 *
 * A plugin is a shared library that exports one data symbol, `offload_entry_v1`. The host reads it, calls
 * `create`, and from then on only the functions of the table that `create` filled in. Only the types of this
 * file cross the boundary: no C++ object, no exception, no allocator. C++ authors include
 * <offload/plugin.hpp>, which implements this contract for a class.
 *
 * Rules. One thread calls, one call at a time. Buffers live for the call. A function that fails calls
 * host->fail once with a message and returns OFFLOAD_ERROR. Structs are frozen for the life of a major
 * version; additions come as extensions looked up by name. Libraries are never unloaded.
 *
 * Shapes. n slots, A actions, D observation numbers, K budgets; arrays are row-major. Budget 0 is latency in
 * seconds, budget 1 is cost in US dollars; an unlimited budget is +infinity.
 */
#ifndef OFFLOAD_ABI_H
#define OFFLOAD_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OFFLOAD_ABI_MAJOR 1
#define OFFLOAD_ABI_MINOR 0

#if defined(_WIN32)
#define OFFLOAD_EXPORT __declspec(dllexport)
#else
#define OFFLOAD_EXPORT __attribute__((visibility("default")))
#endif

typedef int32_t offload_status;
enum { OFFLOAD_OK = 0, OFFLOAD_ERROR = 1 };

/* offload_entry.kind */
enum { OFFLOAD_KIND_AGENT = 1, OFFLOAD_KIND_REWARD = 2 };

/* The mode of `act`. */
enum { OFFLOAD_EXPLORE = 0, OFFLOAD_EVALUATE = 1 };

/* What the host offers a plugin. Parameter functions read one key of the row's or reward's TOML table, or
 * take the fallback; every key that a plugin reads is thereby declared, and keys that no plugin read are
 * refused. `help` says what the parameter means, with its unit; it is shown by `offload-bench describe`.
 * A parameter function that returns OFFLOAD_ERROR has reported why; `create` then returns OFFLOAD_ERROR.
 * Numbers are finite and texts have at most 4096 bytes, fallbacks included: they go into the results.
 * They may be called in `create` only. This struct and returned pointers live as long as the plugin instance.
 */
typedef struct offload_host {
  uint32_t size; /* sizeof(offload_host) of the host */
  void* context; /* pass back as the first argument */
  /* Reports why the call in progress fails; the text is copied, the first of a call counts. */
  void (*fail)(void* context, const char* message);
  /* A number in [minimum, maximum]; integers in TOML are accepted. */
  offload_status (*number)(void* context, const char* key, double fallback, double minimum, double maximum,
                           const char* help, double* value);
  /* An integer in [minimum, maximum]; 2.5 is refused. */
  offload_status (*integer)(void* context, const char* key, int64_t fallback, int64_t minimum,
                            int64_t maximum, const char* help, int64_t* value);
  offload_status (*boolean)(void* context, const char* key, int32_t fallback, const char* help,
                            int32_t* value);
  /* A text; `choices` is NULL or the allowed values joined by '|'. */
  offload_status (*text)(void* context, const char* key, const char* fallback, const char* choices,
                         const char* help, const char** value);
  offload_status (*numbers)(void* context, const char* key, const double* fallback, size_t fallback_count,
                            const char* help, const double** values, size_t* count);
  /* A host extension by name, or NULL: see OFFLOAD_HOST_EXTENSION_*. */
  const void* (*extension)(void* context, const char* name);
} offload_host;

/* The environment that a plugin is created for. Pointers live as long as the plugin instance. */
typedef struct offload_environment {
  uint32_t size;      /* sizeof(offload_environment) of the host */
  int32_t actions;    /* A = 1 + 2^modalities, or the arms of a world with known outcomes */
  int32_t modalities; /* M, views that can be sent along */
  int32_t tasks;      /* number of task categories */
  int32_t window;     /* Z frames at the front of an observation, oldest first */
  int32_t frame; /* numbers per frame: previous arm (-1 none; 0 local, 1 cloud; in a world the arm), M image
                    bits, task id */
  int32_t turns_max;        /* T_max, the most turns an episode can have */
  int32_t observation;      /* D */
  int32_t budgets;          /* K */
  int32_t evaluation_slots; /* at most this many slots are evaluated at once */
  const uint32_t* images;   /* [A] bit m: view m is sent; 0 for actions 0 (local) and 1 (cloud, text only) */
  const double*
      consumption; /* [A][K] what one turn of the action takes: s, USD. In a world it is what is declared;
                      what a turn really took is known afterwards, in `consumed` and `spent` */
  uint64_t seed;   /* of this trial, for the plugin's own initialisation */
  int64_t training_steps; /* environment steps by the end of training, a checkpoint's included; 0: none */
} offload_environment;

/* n parallel episodes, each at the start of a turn. */
typedef struct offload_view {
  uint32_t size;            /* sizeof(offload_view) of the host */
  int32_t n;                /* may be 0 */
  const int32_t* slot;      /* [n] which slot the row belongs to: training slots are 0 .. slots-1, evaluation
                               slots are slots .. slots+evaluation_slots-1 */
  const uint8_t* first;     /* [n] 1 at the first turn of an episode: forget the slot's hidden state */
  const uint64_t* rng;      /* [n] fresh random bits for this row and turn; the only randomness for `act` */
  const float* observation; /* [n][D] */
  const uint8_t* mask;      /* [n][A] 1: the action can still be followed to the end within all budgets. When
                               none can, all are 1 */
  const double* limit;      /* [n][K] the episode's budgets */
  const double* spent;      /* [n][K] consumed so far in the episode */
} offload_view;

/* One training step of n slots. */
typedef struct offload_transition {
  uint32_t size; /* sizeof(offload_transition) of the host */
  int32_t n;
  const offload_view* before; /* what `act` saw */
  const int32_t* action;      /* [n] */
  const double* reward;       /* [n] from the reward plugin */
  const double* quality;      /* [n] judged score of the answer, >= 0 */
  const double* association;  /* [n] normalised over the turn's actions, 0..1 */
  const double* consumed;     /* [n][K] by this turn: s, USD */
  const offload_view* after;  /* the state reached; where terminal, the final one, not the reset one */
  const uint8_t* terminal;    /* [n] 1: the episode ended with this turn */
} offload_transition;

typedef struct offload_update_stats {
  uint32_t size;          /* sizeof(offload_update_stats) of the host */
  int64_t gradient_steps; /* done by this call, 0 when no learning was due */
} offload_update_stats;

/* What `create` fills in for an agent. `observe`, `update` and `extension` may be NULL; an agent without
 * `observe` is not trained. */
typedef struct offload_agent {
  uint32_t size; /* sizeof(offload_agent), set by the host before `create` */
  int32_t
      training_slots; /* parallel training episodes it asks for; the host presets 1, a suite may override */
  void* self;
  void (*destroy)(void* self);
  /* Chooses action[i] in 0..A-1 for every row. The choice depends on row i, on the slot's hidden state and,
   * in OFFLOAD_EXPLORE, on what was learned; never on the other rows. OFFLOAD_EVALUATE changes no learning
   * state. */
  offload_status (*act)(void* self, const offload_view* view, int32_t mode, int32_t* action);
  /* Takes in one training step. */
  offload_status (*observe)(void* self, const offload_transition* step);
  /* Does the learning that is due. Called after every `observe`. */
  offload_status (*update)(void* self, offload_update_stats* stats);
  /* An extension by name, or NULL: see OFFLOAD_EXTENSION_*. */
  const void* (*extension)(void* self, const char* name);
} offload_agent;

/* n outcomes to score. Row i of the output depends on row i alone, in any order, any number of times. */
typedef struct offload_outcomes {
  uint32_t size; /* sizeof(offload_outcomes) of the host */
  int32_t n;
  int32_t budgets;               /* K */
  const int32_t* action;         /* [n] */
  const double* quality;         /* [n] judged score of the answer, >= 0 */
  const double* association_raw; /* [n] sum of the association scores of the images sent */
  const double* association;     /* [n] the same, min-max over the turn's actions, 0..1 */
  const double* consumed;        /* [n][K] by this turn: s, USD */
  const double*
      consumed_relative; /* [n][K] the same, min-max over what is declared of all actions, cut to 0..1 */
  const double* limit;   /* [n][K] the episode's budgets */
  const double* total;   /* [n][K] consumed in the episode, this turn included */
} offload_outcomes;

/* What `create` fills in for a reward. */
typedef struct offload_reward {
  uint32_t size; /* sizeof(offload_reward), set by the host before `create` */
  void* self;
  void (*destroy)(void* self);
  offload_status (*score)(void* self, const offload_outcomes* outcomes, double* reward);
} offload_reward;

/* The one exported symbol. Strings are UTF-8; id matches [a-z0-9][a-z0-9-]*. */
typedef struct offload_entry {
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t kind; /* OFFLOAD_KIND_* */
  const char* id;
  const char* version;
  const char* summary;
  /* `table` is an offload_agent or an offload_reward, zeroed but for `size` and presets. On OFFLOAD_ERROR
   * nothing is left behind and `destroy` is not called. */
  offload_status (*create)(const offload_host* host, const offload_environment* environment, void* table);
} offload_entry;

#define OFFLOAD_ENTRY_SYMBOL "offload_entry_v1"
#ifndef OFFLOAD_HOST_SIDE
extern OFFLOAD_EXPORT const offload_entry offload_entry_v1;
#endif

/* Saves and restores everything an agent has learned, optimiser and random state included. */
#define OFFLOAD_EXTENSION_CHECKPOINT "offload.checkpoint/1"
typedef struct offload_checkpoint {
  uint32_t size;
  /* Calls write(context, bytes, count) any number of times. */
  offload_status (*save)(void* self, void* context,
                         offload_status (*write)(void* context, const void* bytes, size_t count));
  /* Refuses bytes of another layout or version with a message. */
  offload_status (*load)(void* self, const void* bytes, size_t count);
} offload_checkpoint;

/* Saves and restores what an agent in OFFLOAD_EVALUATE decides by and nothing else, where that is much less
 * than all it has learned, such as without a memory of transitions. One that loads it is asked for nothing
 * but `act` in OFFLOAD_EVALUATE, and decides as one that loads the checkpoint does. */
#define OFFLOAD_EXTENSION_POLICY "offload.policy/1"
typedef offload_checkpoint offload_policy;

/* Named numbers to plot over training: losses, multipliers, entropy. */
#define OFFLOAD_EXTENSION_SCALARS "offload.scalars/1"
typedef struct offload_scalars {
  uint32_t size;
  int32_t count;
  const char* const* names; /* [count] */
  /* Latest values; NaN where there is none yet. */
  offload_status (*read)(void* self, double* values);
} offload_scalars;

/* What of the machine and the plugin's libraries its results depend on, such as which BLAS and kernels are at
 * work; kept beside the results. Strings are UTF-8 and live as long as the plugin instance. */
#define OFFLOAD_EXTENSION_FACTS "offload.facts/1"
typedef struct offload_facts {
  uint32_t size;
  int32_t count;
  const char* const* keys;   /* [count] */
  const char* const* values; /* [count] */
} offload_facts;

/* A host extension, for agents and rewards: `create` calls declare, with offload_host.context, where all that
 * this instance will do with these parameters (actions, what it learns and saves, scalars, rewards) is the
 * same bits on every machine for the same calls. Neither instruction set nor C library, BLAS or number of
 * threads may change one: no contraction left to the compiler, no exp, log or pow of the C library, no sum
 * whose order depends on a vector's width. Its results are then compared to the bit wherever they were
 * computed, and trials' keys leave the machine out. Not called: they depend on the machine and on the facts
 * above. */
#define OFFLOAD_HOST_EXTENSION_PORTABLE_BITS "offload.portable_bits/1"
typedef struct offload_portable_bits {
  uint32_t size;
  void (*declare)(void* context);
} offload_portable_bits;

/* A host extension: the actions by name. Of logged data arm 0 is the device and arm 1 the cloud, which the
 * rest of the actions ask with more views; in a world every action is an arm. Strings are UTF-8 and live as
 * long as the plugin instance. */
#define OFFLOAD_HOST_EXTENSION_ACTIONS "offload.actions/1"
enum { OFFLOAD_PLACEMENT_UNSTATED = 0, OFFLOAD_PLACEMENT_DEVICE = 1, OFFLOAD_PLACEMENT_CLOUD = 2 };
typedef struct offload_actions {
  uint32_t size;
  int32_t count;                /* A */
  int32_t arms;                 /* who can be asked */
  const char* const* names;     /* [A] */
  const char* const* providers; /* [A] empty: not stated */
  const int32_t* placements;    /* [A] OFFLOAD_PLACEMENT_* */
  const int32_t* arm;           /* [A] in 0..arms-1 */
} offload_actions;

/* A host extension: what is known of the query of each row before it is answered, F numbers. Names live as
 * long as the plugin instance. */
#define OFFLOAD_HOST_EXTENSION_QUERY "offload.query/1"
typedef struct offload_query {
  uint32_t size;
  int32_t features;         /* F; 0: the data have none */
  const char* const* names; /* [F] */
  void* context;            /* pass back as the first argument of read */
  /* [n][F] of a view of the call in progress (of `act`, or before and after a training step; 0 where an
   * episode is over), which live for the call; NULL for any other view and where F is 0. */
  const float* (*read)(void* context, const offload_view* view);
} offload_query;

#ifdef __cplusplus
}
#endif
#endif
