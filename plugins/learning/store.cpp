#include "learning/store.hpp"

#include <algorithm>
#include <cmath>

namespace offload::learning {

Store::Store(std::vector<offload_network> networks) : networks_(std::move(networks)) {
  std::size_t size = 0;
  for (const offload_network& network : networks_) {
    offsets_.push_back(size);
    size += offload_layout_of(network).size;
  }
  for (AlignedFloats* block : {&values_, &gradient_, &mean_, &square_}) block->resize(size);
}

std::string Store::describe() const {
  std::string text;
  for (const offload_network& network : networks_) {
    text += std::to_string(network.inputs) + "-" + std::to_string(network.hidden) + "-" +
            std::to_string(network.hidden) + "-" + std::to_string(network.outputs) +
            (network.activation == OFFLOAD_TANH ? " tanh;" : " relu;");
  }
  return text;
}

void Store::save(CheckpointWriter& out) const {
  out.value(steps);
  for (const AlignedFloats* block : {&values_, &mean_, &square_}) {
    out.bytes(block->data(), block->size() * sizeof(float));
  }
}

void Store::load(CheckpointReader& in) {
  steps = in.value<std::int64_t>();
  for (AlignedFloats* block : {&values_, &mean_, &square_}) {
    in.bytes(block->data(), block->size() * sizeof(float));
  }
}

namespace {

double dot(const std::vector<double>& a, std::size_t i, std::size_t j, std::size_t width) {
  double sum = 0;
  for (std::size_t k = 0; k < width; ++k) sum += a[i * width + k] * a[j * width + k];
  return sum;
}

// Makes the rows of a [count][width] orthonormal by modified Gram-Schmidt, twice for full precision. Rows
// keep their direction, which is the convention that R's diagonal is positive.
void orthonormalise(std::vector<double>& a, std::size_t count, std::size_t width) {
  for (std::size_t i = 0; i < count; ++i) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double along = dot(a, i, j, width);
        for (std::size_t k = 0; k < width; ++k) a[i * width + k] -= along * a[j * width + k];
      }
    }
    const double length = std::sqrt(dot(a, i, i, width));
    for (std::size_t k = 0; k < width; ++k) a[i * width + k] /= length;
  }
}

}  // namespace

std::vector<double> orthogonal(int rows, int columns, double gain, Random& random) {
  const auto count = static_cast<std::size_t>(std::min(rows, columns));
  const auto width = static_cast<std::size_t>(std::max(rows, columns));
  std::vector<double> basis(count * width);
  for (double& value : basis) value = random.normal();
  orthonormalise(basis, count, width);
  std::vector<double> result(basis.size());
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < width; ++k) {
      result[rows <= columns ? i * width + k : k * count + i] = gain * basis[i * width + k];
    }
  }
  return result;
}

void Store::initialise_orthogonal(int network, const float (&gains)[3], Random& random) {
  const offload_network_layout at = offload_layout_of(this->network(network));
  const int hidden = this->network(network).hidden;
  const int inputs[] = {this->network(network).inputs, hidden, hidden};
  const int outputs[] = {hidden, hidden, this->network(network).outputs};
  const int strides[] = {hidden, hidden, at.stride};
  const std::size_t weights[] = {at.w1, at.w2, at.w3};
  for (int layer = 0; layer < 3; ++layer) {
    const std::vector<double> w = orthogonal(outputs[layer], inputs[layer], gains[layer], random);
    float* to = values_.data() + offset(network) + weights[layer];
    for (int o = 0; o < outputs[layer]; ++o) {
      for (int i = 0; i < inputs[layer]; ++i) {
        to[i * strides[layer] + o] = static_cast<float>(w[static_cast<std::size_t>(o * inputs[layer] + i)]);
      }
    }
  }
}

void Store::initialise_uniform(int network, Random& random) {
  const offload_network_layout at = offload_layout_of(this->network(network));
  const int hidden = this->network(network).hidden;
  const int inputs[] = {this->network(network).inputs, hidden, hidden};
  const int outputs[] = {hidden, hidden, this->network(network).outputs};
  const int strides[] = {hidden, hidden, at.stride};
  const std::size_t weights[] = {at.w1, at.w2, at.w3};
  const std::size_t biases[] = {at.b1, at.b2, at.b3};
  for (int layer = 0; layer < 3; ++layer) {
    const double bound = 1 / std::sqrt(static_cast<double>(inputs[layer]));
    float* block = values_.data() + offset(network);
    for (int o = 0; o < outputs[layer]; ++o) {
      for (int i = 0; i <= inputs[layer]; ++i) {
        const auto value = static_cast<float>((2 * random.uniform() - 1) * bound);
        (i < inputs[layer] ? block[weights[layer] + static_cast<std::size_t>(i * strides[layer] + o)]
                           : block[biases[layer] + static_cast<std::size_t>(o)]) = value;
      }
    }
  }
}

}  // namespace offload::learning
