// Seeds of the random tests: a new one per run, or the one in SLOD_SEED. History i of a run has seed first +
// i, so a failure that prints its seed replays as the first history of a run with that SLOD_SEED.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace slod::test {

inline std::uint64_t first_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("SLOD_SEED");
    const std::uint64_t value =
        given ? std::strtoull(given, nullptr, 10) : std::random_device{}() * std::uint64_t{100'000};
    std::cout << "SLOD_SEED=" << value << "\n";
    return value;
  }();
  return seed;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }
  template <typename Container>
  const auto& pick(const Container& c) {
    return c[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(c.size()) - 1))];
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace slod::test
