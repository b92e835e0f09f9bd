#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "learning/compute.hpp"
#include "unit/learning/plain_update.hpp"

namespace offload::learning {

namespace {

// The largest difference over the largest value.
double relative(std::span<const float> a, std::span<const float> b) {
  double difference = 0;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(static_cast<double>(a[i]) - b[i]));
    largest = std::max(largest, std::abs(static_cast<double>(b[i])));
  }
  return largest > 0 ? difference / largest : difference;
}

std::vector<std::string> kernels_here() {
  std::vector<std::string> names;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    try {
      names.push_back(choose_kernels(name).name);
    } catch (const std::exception&) {
    }
  }
  return names;
}

struct Case {
  const char* name;
  int rows, inputs, actions, critics;
  bool clipped, masked;
  double ent_coef;
  int hidden = 64;
};

// A batch with its memory. Different every time it is drawn.
struct Drawn {
  Drawn(const Case& c, Random& random) {
    const auto rows = static_cast<std::size_t>(c.rows);
    const auto actions = static_cast<std::size_t>(c.actions);
    for (std::size_t i = 0; i < rows * static_cast<std::size_t>(c.inputs); ++i) {
      x.push_back(static_cast<float>(random.normal()));
    }
    for (std::size_t i = 0; i < rows; ++i) {
      action.push_back(static_cast<std::int32_t>(random.below(actions)));
      advantage.push_back(static_cast<float>(random.normal()));
      old.push_back(static_cast<float>(-std::log(c.actions) + 0.3 * random.normal()));
      for (std::size_t a = 0; a < actions; ++a) {
        mask.push_back(static_cast<std::int32_t>(a) == action.back() || random.below(2) == 0);
      }
    }
    for (int k = 0; k < c.critics; ++k) {
      returns.emplace_back();
      for (std::size_t i = 0; i < rows; ++i)
        returns.back().push_back(static_cast<float>(2 * random.normal()));
    }
    batch = {c.rows,
             c.actions,
             x.data(),
             c.masked ? mask.data() : nullptr,
             action.data(),
             advantage.data(),
             c.clipped ? old.data() : nullptr,
             {},
             0.2,
             c.ent_coef,
             0.5};
    q = {c.rows, c.actions, x.data(), action.data(), {}};
    for (const auto& column : returns) {
      batch.returns.push_back(column.data());
      q.targets.push_back(column.data());
    }
  }
  std::vector<float> x, advantage, old;
  std::vector<std::int32_t> action;
  std::vector<std::uint8_t> mask;
  std::vector<std::vector<float>> returns;
  ActorCriticBatch batch;
  QBatch q;
};

std::unique_ptr<Store> actor_critic_store(const Case& c) {
  std::vector<offload_network> networks = {{c.inputs, std::max(2, c.actions), OFFLOAD_TANH, c.hidden}};
  networks.insert(networks.end(), static_cast<std::size_t>(c.critics), {c.inputs, 1, OFFLOAD_TANH, c.hidden});
  auto store = std::make_unique<Store>(networks);
  Random random(7);
  const auto root = static_cast<float>(std::sqrt(2.0));
  for (int i = 0; i < store->networks(); ++i) store->initialise_orthogonal(i, {root, root, 1}, random);
  return store;
}

std::unique_ptr<Store> q_store(const Case& c) {
  auto store = std::make_unique<Store>(
      std::vector<offload_network>{{c.inputs, c.actions * c.critics, OFFLOAD_RELU, c.hidden}});
  Random random(7);
  store->initialise_uniform(0, random);
  return store;
}

const Case kActorCriticCases[] = {
    {"ppo", 64, 28, 9, 1, true, false, 0},          {"ppo_masked", 64, 28, 9, 1, true, true, 0.01},
    {"ppo_wide", 130, 58, 17, 3, true, true, 0.05}, {"a2c", 5, 28, 9, 1, false, false, 0},
    {"a2c_masked", 5, 28, 9, 3, false, true, 0.01}, {"one_action", 7, 28, 1, 1, true, true, 0.01},
    {"one_row", 1, 3, 2, 1, false, false, 0.01},    {"narrow", 64, 28, 9, 3, true, true, 0.01, 16},
    {"wide", 64, 28, 9, 1, true, true, 0.01, 208}};
const Case kQCases[] = {{"dqn", 32, 28, 9, 1, false, false, 0},
                        {"dqn_costs", 100, 58, 9, 3, false, false, 0},
                        {"dqn_one_action", 3, 28, 1, 1, false, false, 0},
                        {"dqn_wide", 32, 28, 9, 3, false, false, 0, 128}};

void expect_same_gradient(Store& a, Store& b, const std::string& what) {
  for (int i = 0; i < a.networks(); ++i) {
    const offload_network_layout at = offload_layout_of(a.network(i));
    const std::size_t starts[] = {at.w1, at.b1, at.w2, at.b2, at.w3, at.b3, at.size};
    for (int part = 0; part < 6; ++part) {
      const std::size_t from = a.offset(i) + starts[part];
      const std::size_t count = starts[part + 1] - starts[part];
      EXPECT_LT(relative(a.gradient().subspan(from, count), b.gradient().subspan(from, count)), 1e-5)
          << what << " network " << i << " part " << part;
    }
  }
}

TEST(Parity, ActorCriticGradientsOfKernelsAndAutogradAgree) {
  for (const std::string& kernel : kernels_here()) {
    for (const Case& c : kActorCriticCases) {
      const auto fused_store = actor_critic_store(c);
      const auto plain_store = actor_critic_store(c);
      Random random(11);
      const Drawn drawn(c, random);
      const ActorCriticLosses fused = make_fused(kernel)->actor_critic_gradient(*fused_store, drawn.batch);
      const ActorCriticLosses plain = make_autograd()->actor_critic_gradient(*plain_store, drawn.batch);
      expect_same_gradient(*fused_store, *plain_store, kernel + " " + c.name);
      EXPECT_NEAR(fused.policy, plain.policy, 1e-5) << kernel << " " << c.name;
      EXPECT_NEAR(fused.value, plain.value, 1e-5 * plain.value) << kernel << " " << c.name;
      EXPECT_NEAR(fused.entropy, plain.entropy, 1e-5) << kernel << " " << c.name;
      EXPECT_NEAR(fused.kl, plain.kl, 1e-5) << kernel << " " << c.name;
      EXPECT_NEAR(fused.clip_fraction, plain.clip_fraction, 1e-6) << kernel << " " << c.name;
    }
  }
}

TEST(Parity, QGradientsOfKernelsAndAutogradAgree) {
  for (const std::string& kernel : kernels_here()) {
    for (const Case& c : kQCases) {
      const auto fused_store = q_store(c);
      const auto plain_store = q_store(c);
      Random random(11);
      const Drawn drawn(c, random);
      const double fused = make_fused(kernel)->q_gradient(*fused_store, drawn.q);
      const double plain = make_autograd()->q_gradient(*plain_store, drawn.q);
      expect_same_gradient(*fused_store, *plain_store, kernel + " " + c.name);
      EXPECT_NEAR(fused, plain, 1e-5 * plain) << kernel << " " << c.name;
    }
  }
}

TEST(Parity, ForwardAgrees) {
  const Case c = kActorCriticCases[2];
  const auto store = actor_critic_store(c);
  Random random(3);
  const Drawn drawn(c, random);
  for (int network = 0; network < store->networks(); ++network) {
    std::vector<float> plain(static_cast<std::size_t>(c.rows * store->stride(network)));
    make_autograd()->forward(*store, network, c.rows, drawn.x.data(), plain.data());
    for (const std::string& kernel : kernels_here()) {
      std::vector<float> fused(plain.size());
      make_fused(kernel)->forward(*store, network, c.rows, drawn.x.data(), fused.data());
      EXPECT_LT(relative(fused, plain), 1e-5) << kernel << " network " << network;
    }
  }
}

TEST(Parity, RowsDoNotDependOnTheirBatch) {
  const Case c = kActorCriticCases[2];
  const auto store = actor_critic_store(c);
  Random random(3);
  const Drawn drawn(c, random);
  for (const std::string& kernel : kernels_here()) {
    const auto compute = make_fused(kernel);
    const auto stride = static_cast<std::size_t>(store->stride(0));
    std::vector<float> whole(static_cast<std::size_t>(c.rows) * stride);
    compute->forward(*store, 0, c.rows, drawn.x.data(), whole.data());
    for (const int count : {1, 3, 4, 5}) {
      std::vector<float> some(static_cast<std::size_t>(count) * stride);
      compute->forward(*store, 0, count, drawn.x.data() + 70 * c.inputs, some.data());
      EXPECT_TRUE(
          std::equal(some.begin(), some.end(), whole.begin() + 70 * static_cast<std::ptrdiff_t>(stride)))
          << kernel << " " << count;
    }
  }
}

TEST(Parity, ParametersAgreeAfterAHundredUpdates) {
  struct Run {
    Case shape;
    Optimiser optimiser;
    double learning_rate;
    bool q;
  };
  const Run runs[] = {
      {kActorCriticCases[1], {Optimiser::Kind::adam, 1e-5, 0.5}, 3e-4, false},
      {kActorCriticCases[4], {Optimiser::Kind::rmsprop, 1e-5, 0.5}, 7e-4, false},
      {kQCases[0], {Optimiser::Kind::adam, 1e-8, 10}, 1e-4, true},
  };
  for (const std::string& kernel : kernels_here()) {
    for (const Run& run : runs) {
      const auto fused_store = run.q ? q_store(run.shape) : actor_critic_store(run.shape);
      const auto plain_store = run.q ? q_store(run.shape) : actor_critic_store(run.shape);
      const auto fused = make_fused(kernel);
      const auto plain = make_autograd();
      Random random(5);
      for (int update = 0; update < 100; ++update) {
        const Drawn drawn(run.shape, random);
        for (const auto& [compute, store] :
             {std::pair(&fused, &fused_store), std::pair(&plain, &plain_store)}) {
          if (run.q) {
            (*compute)->q_gradient(**store, drawn.q);
          } else {
            (*compute)->actor_critic_gradient(**store, drawn.batch);
          }
          (*compute)->optimise(**store, run.optimiser, run.learning_rate);
        }
      }
      EXPECT_LT(relative(fused_store->values(), plain_store->values()), 1e-5)
          << kernel << " " << run.shape.name;
      EXPECT_EQ(fused_store->steps, 100);
    }
  }
}

void expect_same_networks(const Store& store, const PlainResult& expected, const std::string& what) {
  for (int i = 0; i < store.networks(); ++i) {
    const std::vector<PlainLayer> layers = layers_of(store, i);
    for (std::size_t l = 0; l < 3; ++l) {
      const PlainLayer& other = expected.networks[static_cast<std::size_t>(i)][l];
      EXPECT_LT(relative(layers[l].weight, other.weight), 1e-5) << what << " network " << i << " layer " << l;
      EXPECT_LT(relative(layers[l].bias, other.bias), 1e-3) << what << " network " << i << " layer " << l;
    }
  }
}

std::vector<std::unique_ptr<Compute>> computes() {
  std::vector<std::unique_ptr<Compute>> all;
  for (const std::string& kernel : kernels_here()) all.push_back(make_fused(kernel));
  all.push_back(make_autograd());
  return all;
}

TEST(Parity, OneActorCriticUpdateIsThePlainlyWrittenOne) {
  for (const Case& c : kActorCriticCases) {
    Optimiser optimiser = {c.clipped ? Optimiser::Kind::adam : Optimiser::Kind::rmsprop, 1e-5, 0.5};
    for (const auto& compute : computes()) {
      const auto store = actor_critic_store(c);
      Random random(23);
      const Drawn drawn(c, random);
      const PlainResult expected = plain_actor_critic_update(*store, drawn.batch, optimiser, 1e-3);
      const ActorCriticLosses losses = compute->actor_critic_gradient(*store, drawn.batch);
      EXPECT_NEAR(losses.policy - c.ent_coef * losses.entropy + 0.5 * losses.value, expected.loss,
                  1e-5 * std::abs(expected.loss));
      EXPECT_NEAR(compute->optimise(*store, optimiser, 1e-3), expected.gradient_norm,
                  1e-5 * expected.gradient_norm);
      expect_same_networks(*store, expected, compute->name() + " " + c.name);
    }
  }
}

TEST(Parity, OneQUpdateIsThePlainlyWrittenOne) {
  for (const Case& c : kQCases) {
    const Optimiser optimiser = {Optimiser::Kind::adam, 1e-5, 10};
    for (const auto& compute : computes()) {
      const auto store = q_store(c);
      Random random(23);
      const Drawn drawn(c, random);
      const PlainResult expected = plain_q_update(*store, drawn.q, optimiser, 1e-3);
      EXPECT_NEAR(compute->q_gradient(*store, drawn.q), expected.loss, 1e-5 * expected.loss);
      EXPECT_NEAR(compute->optimise(*store, optimiser, 1e-3), expected.gradient_norm,
                  1e-5 * expected.gradient_norm);
      expect_same_networks(*store, expected, compute->name() + " " + c.name);
    }
  }
}

TEST(Parity, TheEnvironmentVariableNamesTheKernelsOfAuto) {
  setenv("OFFLOAD_ISA", "baseline", 1);
  EXPECT_STREQ(choose_kernels("auto").name, "baseline");
  unsetenv("OFFLOAD_ISA");
}

TEST(Parity, UnknownKernelIsRefused) { EXPECT_THROW(choose_kernels("sse9"), std::runtime_error); }

}  // namespace
}  // namespace offload::learning
