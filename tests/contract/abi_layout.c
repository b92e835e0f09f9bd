/* The layout that major version 1 promises, checked by a C11 compiler. A change here is a new major. */
#define OFFLOAD_HOST_SIDE
#include <offload/abi.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), #type "." #member)

SIZE(offload_host, 72);
AT(offload_host, context, 8);
AT(offload_host, fail, 16);
AT(offload_host, number, 24);
AT(offload_host, integer, 32);
AT(offload_host, boolean, 40);
AT(offload_host, text, 48);
AT(offload_host, numbers, 56);
AT(offload_host, extension, 64);

SIZE(offload_environment, 72);
AT(offload_environment, actions, 4);
AT(offload_environment, modalities, 8);
AT(offload_environment, tasks, 12);
AT(offload_environment, window, 16);
AT(offload_environment, frame, 20);
AT(offload_environment, turns_max, 24);
AT(offload_environment, observation, 28);
AT(offload_environment, budgets, 32);
AT(offload_environment, evaluation_slots, 36);
AT(offload_environment, images, 40);
AT(offload_environment, consumption, 48);
AT(offload_environment, seed, 56);
AT(offload_environment, training_steps, 64);

SIZE(offload_view, 64);
AT(offload_view, n, 4);
AT(offload_view, slot, 8);
AT(offload_view, first, 16);
AT(offload_view, rng, 24);
AT(offload_view, observation, 32);
AT(offload_view, mask, 40);
AT(offload_view, limit, 48);
AT(offload_view, spent, 56);

SIZE(offload_transition, 72);
AT(offload_transition, n, 4);
AT(offload_transition, before, 8);
AT(offload_transition, action, 16);
AT(offload_transition, reward, 24);
AT(offload_transition, quality, 32);
AT(offload_transition, association, 40);
AT(offload_transition, consumed, 48);
AT(offload_transition, after, 56);
AT(offload_transition, terminal, 64);

SIZE(offload_update_stats, 16);
AT(offload_update_stats, gradient_steps, 8);

SIZE(offload_agent, 56);
AT(offload_agent, training_slots, 4);
AT(offload_agent, self, 8);
AT(offload_agent, destroy, 16);
AT(offload_agent, act, 24);
AT(offload_agent, observe, 32);
AT(offload_agent, update, 40);
AT(offload_agent, extension, 48);

SIZE(offload_outcomes, 80);
AT(offload_outcomes, n, 4);
AT(offload_outcomes, budgets, 8);
AT(offload_outcomes, action, 16);
AT(offload_outcomes, quality, 24);
AT(offload_outcomes, association_raw, 32);
AT(offload_outcomes, association, 40);
AT(offload_outcomes, consumed, 48);
AT(offload_outcomes, consumed_relative, 56);
AT(offload_outcomes, limit, 64);
AT(offload_outcomes, total, 72);

SIZE(offload_reward, 32);
AT(offload_reward, self, 8);
AT(offload_reward, destroy, 16);
AT(offload_reward, score, 24);

SIZE(offload_entry, 48);
AT(offload_entry, abi_minor, 4);
AT(offload_entry, kind, 8);
AT(offload_entry, id, 16);
AT(offload_entry, version, 24);
AT(offload_entry, summary, 32);
AT(offload_entry, create, 40);

SIZE(offload_checkpoint, 24);
AT(offload_checkpoint, save, 8);
AT(offload_checkpoint, load, 16);

SIZE(offload_scalars, 24);
AT(offload_scalars, count, 4);
AT(offload_scalars, names, 8);
AT(offload_scalars, read, 16);

SIZE(offload_facts, 24);
AT(offload_facts, count, 4);
AT(offload_facts, keys, 8);
AT(offload_facts, values, 16);

SIZE(offload_portable_bits, 16);
AT(offload_portable_bits, declare, 8);

SIZE(offload_actions, 48);
AT(offload_actions, count, 4);
AT(offload_actions, arms, 8);
AT(offload_actions, names, 16);
AT(offload_actions, providers, 24);
AT(offload_actions, placements, 32);
AT(offload_actions, arm, 40);

SIZE(offload_query, 32);
AT(offload_query, features, 4);
AT(offload_query, names, 8);
AT(offload_query, context, 16);
AT(offload_query, read, 24);

/* A translation unit needs a definition. */
int offload_abi_layout_checked(void);
int offload_abi_layout_checked(void) { return OFFLOAD_ABI_MAJOR; }
