#include "learning/sealed.hpp"

#include <vector>

namespace offload::learning {

namespace {

// FNV-1a over 64-bit words and the bytes left over.
std::uint64_t checksum(const std::vector<unsigned char>& bytes) {
  std::uint64_t sum = 0xcbf29ce484222325ull;
  const auto add = [&sum](std::uint64_t word) { sum = (sum ^ word) * 0x100000001b3ull; };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i, 8);
    add(word ^ (word >> 32));
  }
  for (; i < bytes.size(); ++i) add(bytes[i]);
  return sum;
}

offload_status append(void* context, const void* data, std::size_t count) {
  auto& bytes = *static_cast<std::vector<unsigned char>*>(context);
  const auto* from = static_cast<const unsigned char*>(data);
  bytes.insert(bytes.end(), from, from + count);
  return OFFLOAD_OK;
}

}  // namespace

void save_sealed(CheckpointWriter& out, const std::string& layout,
                 const std::function<void(CheckpointWriter&)>& write) {
  std::vector<unsigned char> bytes;
  CheckpointWriter inner(&bytes, append);
  write(inner);
  out.text(layout);
  out.value(checksum(bytes));
  out.values(bytes);
}

void load_sealed(CheckpointReader& in, const std::string& layout,
                 const std::function<void(CheckpointReader&)>& read) {
  if (const std::string found = in.text(); found != layout) {
    throw std::runtime_error("the checkpoint's layout is '" + found.substr(0, 300) + "', this agent's is '" +
                             layout + "'; load it with the parameters it was saved with");
  }
  const auto expected = in.value<std::uint64_t>();
  const auto bytes = in.values<unsigned char>();
  if (checksum(bytes) != expected) {
    throw std::runtime_error("the checkpoint is damaged: its checksum does not fit its content");
  }
  CheckpointReader inner(bytes.data(), bytes.size());
  read(inner);
  if (inner.remaining() != 0) throw std::runtime_error("the checkpoint is damaged: bytes are left over");
}

}  // namespace offload::learning
