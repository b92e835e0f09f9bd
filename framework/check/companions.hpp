// The libraries that a plugin is linked against, such as LibTorch, which takes a third of a second to load:
// as the checks begin some thirty processes for one plugin, these are loaded once, in the process that they
// are forked from.
#pragma once

#include "remote/placed.hpp"

namespace offload {

// Loads them here, but nothing of the plugin itself, after a child has shown that they can be loaded and
// start no thread. From then on libraries that keep threads ready are asked for none, as they are in trials.
// Does nothing for a plugin that brings no library along or runs in a process of its own, or where that child
// did not end well: then every check loads them for itself. The caller must be single-threaded; what is
// loaded stays.
void load_companions(const PluggedIn& plugin);

}  // namespace offload
