// A checkpoint's content under a seal: its layout in words, its length and a checksum. Nothing is loaded of a
// content that is of another layout, cut short or altered.
#pragma once

#include <offload/checkpoint.hpp>

#include <functional>
#include <string>

namespace offload::learning {

void save_sealed(CheckpointWriter& out, const std::string& layout,
                 const std::function<void(CheckpointWriter&)>& write);
// Throws with a sentence that names both layouts, or says that the bytes are damaged.
void load_sealed(CheckpointReader& in, const std::string& layout,
                 const std::function<void(CheckpointReader&)>& read);

}  // namespace offload::learning
