// A policy network in LibTorch, trained by REINFORCE: after every few episodes one step along the gradient of
// the actions' log-probabilities, each weighed by what the episode still earned less the mean of that.
#include <offload/plugin.hpp>

// clang 14 reads LibTorch in C++20 only with this header first.
#include <ATen/core/ivalue.h>

#include <ATen/CPUGeneratorImpl.h>
// In place of <torch/torch.h>, which takes the compiler seconds more: a header for each part that is used.
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/version.h>

#include <cmath>
#include <map>

class MyAgent final : public offload::Agent {
 public:
  MyAgent(const offload::Environment& environment, offload::ParameterReader& parameters)
      : inputs_(environment.observation()),
        actions_(environment.actions()),
        learning_rate_(parameters.number("learning_rate", 0.003, {0, 1}, "step size of RMSprop")),
        episodes_(parameters.integer("episodes", 16, {1, 4096}, "episodes between gradient steps")) {
    const auto hidden = parameters.integer("hidden", 64, {1, 4096}, "units of the hidden layer");
    torch::set_num_threads(1);  // a trial has one, or the bits would depend on the machine's load
    network_ = torch::nn::Sequential(torch::nn::Linear(inputs_, hidden), torch::nn::Tanh(),
                                     torch::nn::Linear(hidden, actions_));
    const torch::NoGradGuard no_gradient;
    at::Generator random = at::detail::createCPUGenerator(environment.seed());  // not the global one
    for (torch::Tensor& weight : network_->parameters()) {
      weight.dim() > 1 ? weight.normal_(0, 1 / std::sqrt(static_cast<double>(weight.size(1))), random)
                       : weight.zero_();
    }
    for (const torch::Tensor& weight : network_->parameters()) square_.push_back(torch::zeros_like(weight));
  }

  // Row by row: a matrix product may round otherwise in a batch of another size.
  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    const torch::NoGradGuard no_gradient;
    for (int i = 0; i < view.size(); ++i) {
      const torch::Tensor logits = network_->forward(tensor(view.observation(i), inputs_)).contiguous();
      const std::span<const float> of_row(logits.data_ptr<float>(), static_cast<std::size_t>(actions_));
      offload::Random random(view.rng(i));
      action[static_cast<std::size_t>(i)] = mode == offload::Mode::evaluate
                                                ? offload::best_allowed(view.mask(i), of_row)
                                                : drawn(of_row, view.mask(i), random);
    }
  }

  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      Episode& episode = running_[step.before().slot(i)];
      const auto seen = step.before().observation(i);
      const auto mask = step.before().mask(i);
      episode.observation.insert(episode.observation.end(), seen.begin(), seen.end());
      episode.mask.insert(episode.mask.end(), mask.begin(), mask.end());
      episode.action.push_back(step.action(i));
      episode.reward.push_back(step.reward(i));
      if (!step.terminal(i)) continue;
      finished_.push_back(std::move(episode));
      running_.erase(step.before().slot(i));
    }
  }

  std::int64_t update() {
    if (static_cast<std::int64_t>(finished_.size()) < episodes_) return 0;
    std::vector<float> observation, earned;
    std::vector<std::uint8_t> mask;
    std::vector<std::int64_t> action;
    for (const Episode& episode : finished_) {
      observation.insert(observation.end(), episode.observation.begin(), episode.observation.end());
      mask.insert(mask.end(), episode.mask.begin(), episode.mask.end());
      action.insert(action.end(), episode.action.begin(), episode.action.end());
      std::vector<float> still(episode.reward.size());
      double sum = 0;
      for (std::size_t t = still.size(); t-- > 0;) still[t] = static_cast<float>(sum += episode.reward[t]);
      earned.insert(earned.end(), still.begin(), still.end());
    }
    finished_.clear();
    const auto turns = static_cast<std::int64_t>(action.size());
    const torch::Tensor chosen = torch::from_blob(action.data(), {turns, 1}, torch::kInt64);
    const torch::Tensor refused = torch::from_blob(mask.data(), {turns, actions_}, torch::kUInt8) == 0;
    const torch::Tensor rest = torch::from_blob(earned.data(), {turns}, torch::kFloat32);
    const torch::Tensor logits =
        network_->forward(tensor(observation, turns * inputs_).view({turns, inputs_}));
    const torch::Tensor log_p = torch::log_softmax(logits.masked_fill(refused, -1e9), 1).gather(1, chosen);
    const torch::Tensor loss = -(log_p.squeeze(1) * (rest - rest.mean())).mean();
    loss.backward();
    descend();
    loss_ = loss.item<double>();
    return 1;
  }

  // Everything learned, and what training is in the middle of: a run goes on from it bit by bit.
  void save(offload::CheckpointWriter& out) const {
    for (const torch::Tensor& tensor : learned()) out.bytes(tensor.data_ptr<float>(), size_of(tensor));
    out.value(loss_);
    out.value(static_cast<std::uint64_t>(finished_.size()));
    for (const Episode& episode : finished_) episode.save(out);
    out.value(static_cast<std::uint64_t>(running_.size()));
    for (const auto& [slot, episode] : running_) {
      out.value(slot);
      episode.save(out);
    }
  }
  void load(offload::CheckpointReader& in) {
    for (const torch::Tensor& tensor : learned()) in.bytes(tensor.data_ptr<float>(), size_of(tensor));
    loss_ = in.value<double>();
    finished_.resize(in.value<std::uint64_t>());
    for (Episode& episode : finished_) episode.load(in);
    running_.clear();
    for (auto left = in.value<std::uint64_t>(); left > 0; --left) {
      const int slot = in.value<int>();
      running_[slot].load(in);
    }
  }

  std::vector<offload::Scalar> scalars() const { return {{"loss", loss_}}; }
  // Bits depend on the library: it goes into the keys of the trials.
  std::vector<offload::Fact> facts() const { return {{"libtorch", TORCH_VERSION}}; }

 private:
  struct Episode {
    std::vector<float> observation;  // [turns][D]
    std::vector<std::uint8_t> mask;  // [turns][A]
    std::vector<std::int64_t> action;
    std::vector<double> reward;

    void save(offload::CheckpointWriter& out) const {
      out.values(observation);
      out.values(mask);
      out.values(action);
      out.values(reward);
    }
    void load(offload::CheckpointReader& in) {
      observation = in.values<float>();
      mask = in.values<std::uint8_t>();
      action = in.values<std::int64_t>();
      reward = in.values<double>();
    }
  };

  std::vector<torch::Tensor> learned() const {
    std::vector<torch::Tensor> all = network_->parameters();
    all.insert(all.end(), square_.begin(), square_.end());
    return all;
  }
  static std::size_t size_of(const torch::Tensor& tensor) {
    return static_cast<std::size_t>(tensor.numel()) * sizeof(float);
  }

  // RMSprop by hand: the state of torch::optim is not the same bytes again after it was loaded.
  void descend() {
    const torch::NoGradGuard no_gradient;
    const std::vector<torch::Tensor> weights = network_->parameters();
    for (std::size_t k = 0; k < weights.size(); ++k) {
      torch::Tensor weight = weights[k];
      const torch::Tensor gradient = weight.grad().clone();
      square_[k].mul_(0.99).addcmul_(gradient, gradient, 0.01);
      weight.addcdiv_(gradient, square_[k].sqrt().add_(1e-5), -learning_rate_);
      weight.mutable_grad().reset();
    }
  }

  // Over memory that outlives the call.
  static torch::Tensor tensor(std::span<const float> values, std::int64_t count) {
    return torch::from_blob(const_cast<float*>(values.data()), {count}, torch::kFloat32);
  }

  // By the softmax over what is allowed.
  static std::int32_t drawn(std::span<const float> logits, std::span<const std::uint8_t> mask,
                            offload::Random& random) {
    const std::int32_t best = offload::best_allowed(mask, logits);
    std::vector<double> weight(logits.size(), 0);
    double total = 0;
    for (std::size_t a = 0; a < logits.size(); ++a) {
      if (mask[a] != 0) total += weight[a] = std::exp(logits[a] - logits[static_cast<std::size_t>(best)]);
    }
    double left = random.uniform() * total;
    for (std::size_t a = 0; a < logits.size(); ++a) {
      if (mask[a] != 0 && (left -= weight[a]) < 0) return static_cast<std::int32_t>(a);
    }
    return best;
  }

  std::int64_t inputs_, actions_;
  double learning_rate_;
  std::int64_t episodes_;
  torch::nn::Sequential network_ = nullptr;
  std::vector<torch::Tensor> square_;  // of each parameter, the running mean of its squared gradient
  std::vector<Episode> finished_;
  std::map<int, Episode> running_;  // by slot
  double loss_ = std::numeric_limits<double>::quiet_NaN();
};

OFFLOAD_AGENT(MyAgent, "my-agent", "0.1.0", "REINFORCE with a network in LibTorch")
