#include "fold/number_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace slod::fold {
namespace {

// Few hashes, at both ends of the table: long runs of cells, which wrap around, and hashes of many numbers.
TEST(NumberIndexTest, HoldsWhatAMapHoldsWhileNumbersComeAndGo) {
  std::mt19937_64 random(20'261'122);
  NumberIndex index;
  std::map<std::uint32_t, std::uint32_t> model;  // number -> hash
  const auto hash_of = [&] {
    const auto small = static_cast<std::uint32_t>(random() % 24);
    return random() % 2 == 0 ? small : 0xffffffffU - small;
  };
  for (std::uint32_t number = 0; number < 20'000; ++number) {
    if (model.size() > 40 || (!model.empty() && random() % 3 == 0)) {
      const auto gone = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      index.erase(gone->second, gone->first);
      model.erase(gone);
    }
    const std::uint32_t hash = hash_of();
    index.insert(hash, number);
    model.emplace(number, hash);
    ASSERT_EQ(index.size(), model.size());
    for (const auto& [known, its_hash] : model) {
      const auto meant = [want = known](std::uint32_t found) { return found == want; };
      ASSERT_NE(index.find(its_hash, meant), nullptr) << "number " << known << " of " << number;
    }
    const auto gone = [&](std::uint32_t found) { return !model.contains(found); };
    ASSERT_EQ(index.find(hash, gone), nullptr);
  }
}

TEST(NumberIndexTest, GrowsWithoutLosingANumber) {
  std::mt19937_64 random(7);
  NumberIndex index;
  std::vector<std::uint32_t> hashes(100'000);
  for (std::uint32_t i = 0; i < hashes.size(); ++i) {
    hashes[i] = static_cast<std::uint32_t>(random());
    index.insert(hashes[i], i);
  }
  for (std::uint32_t i = 0; i < hashes.size(); ++i) {
    const std::uint32_t* found = index.find(hashes[i], [&](std::uint32_t number) { return number == i; });
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, i);
  }
}

}  // namespace
}  // namespace slod::fold
