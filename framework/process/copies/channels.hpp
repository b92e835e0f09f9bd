// Descriptors through which copies of a process could speak to each other although they share no memory:
// pipes, sockets, and what the kernel counts or queues behind a descriptor (eventfd, timerfd, inotify, ...).
// Files with names are none of them: they can be opened again at any time, so that closing tells nothing.
#pragma once

#include <optional>
#include <set>
#include <string>

namespace offload {

// Those that this process has open, each as its number and what it leads to: "5 pipe:[1234]". Empty where the
// system does not say.
std::optional<std::set<std::string>> open_channels();

// Whether there are none but those of `before`; false where either is not known.
bool no_channels_since(const std::optional<std::set<std::string>>& before);

}  // namespace offload
