// A small network that learns the reward of every action with LibTorch, and mostly takes the best one
// allowed.
#include <offload/plugin.hpp>
// The largest header there is: keep it in one file.
#include <torch/torch.h>

#include <memory>
#include <vector>

class MyTorchAgent final : public offload::Agent {
 public:
  MyTorchAgent(const offload::Environment& environment, offload::ParameterReader& parameters)
      : observation_(environment.observation()),
        actions_(environment.actions()),
        epsilon_(parameters.number("epsilon", 0.1, {0, 1}, "probability of any allowed action in training")) {
    const auto hidden = parameters.integer("hidden", 32, {1, 4096}, "units of the hidden layer");
    const double rate = parameters.number("learning_rate", 1e-3, {0, 1}, "of stochastic gradient descent");
    // Trained agents are forked, which threads do not survive; and the same seed has to give the same bits.
    torch::set_num_threads(1);
    torch::manual_seed(environment.seed());
    network_ = torch::nn::Sequential(torch::nn::Linear(observation_, hidden), torch::nn::Tanh(),
                                     torch::nn::Linear(hidden, actions_));
    optimiser_ = std::make_unique<torch::optim::SGD>(network_->parameters(), torch::optim::SGDOptions(rate));
  }

  // Row by row: a product of matrices may round otherwise when there are more rows, and a choice may not
  // depend on the others.
  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    const torch::NoGradGuard no_gradients;
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      if (mode == offload::Mode::explore && random.uniform() < epsilon_) {
        action[i] = offload::uniform_allowed(view.mask(i), random);
        continue;
      }
      const torch::Tensor value = network_->forward(tensor_of(view.observation(i))).to(torch::kDouble);
      action[i] =
          offload::best_allowed<double>(view.mask(i), {value.data_ptr<double>(), std::size_t(actions_)});
    }
  }

  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      const torch::Tensor value = network_->forward(tensor_of(step.before().observation(i)));
      const torch::Tensor loss = torch::pow(value[0][step.action(i)] - step.reward(i), 2);
      optimiser_->zero_grad();
      loss.backward();
      optimiser_->step();
      loss_ = loss.item<double>();
    }
  }
  std::int64_t update() { return 1; }
  std::vector<offload::Scalar> scalars() const { return {{"loss", loss_}}; }

  // The weights are all that was learned: this optimiser remembers nothing.
  void save(offload::CheckpointWriter& out) const {
    for (const torch::Tensor& weights : network_->parameters()) {
      const torch::Tensor flat = weights.detach().contiguous();
      out.bytes(flat.data_ptr<float>(), std::size_t(flat.numel()) * sizeof(float));
    }
    out.value(loss_);
  }
  void load(offload::CheckpointReader& in) {
    const torch::NoGradGuard no_gradients;
    for (torch::Tensor& weights : network_->parameters())
      in.bytes(weights.data_ptr<float>(), std::size_t(weights.numel()) * sizeof(float));
    loss_ = in.value<double>();
  }

 private:
  torch::Tensor tensor_of(std::span<const float> numbers) const {
    return torch::from_blob(const_cast<float*>(numbers.data()), {1, observation_}, torch::kFloat);
  }

  std::int64_t observation_, actions_;
  double epsilon_, loss_ = 0;
  torch::nn::Sequential network_;
  std::unique_ptr<torch::optim::SGD> optimiser_;
};

OFFLOAD_AGENT(MyTorchAgent, "my-torch-agent", "0.1.0", "a small network of the reward of every action")
