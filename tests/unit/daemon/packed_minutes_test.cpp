// What is read of packed minutes is the sum of all that was added, minute by minute: against a map.
#include "slod/daemon/packed_minutes.h"

#include <gtest/gtest.h>

#include <map>

#include "slod/core/archive.h"
#include "unit/window/seed.h"

namespace slod::daemon {
namespace {

using Key = std::tuple<Slot, StringId, std::uint8_t, StringId, LabelSetId>;
using Naive = std::map<Key, std::int64_t>;

class PackedMinutesTest : public testing::Test {
 protected:
  PackedMinutesTest() {
    for (const char* word : {"connectivity", "battery", "radio"}) words_.push_back(dictionary_.intern(word));
    for (const StringId word : words_) {
      const Label label{words_[0], word};
      labels_.push_back(dictionary_.intern_labels({&label, 1}));
    }
  }
  SealedMinutes random_minutes(Slot slot, test::Random& random) {
    const auto one_of = [&](const auto& all) { return all[static_cast<std::size_t>(random.between(0, 2))]; };
    return {slot,
            one_of(words_),
            static_cast<std::uint8_t>(random.between(0, 3)),
            random.one_in(2) ? one_of(words_) : 0,
            one_of(labels_),
            random.between(-3, 3)};
  }
  static Naive of(const std::vector<SealedMinutes>& minutes) {
    Naive naive;
    Slot last = minutes.empty() ? 0 : minutes.front().slot;
    for (const SealedMinutes& m : minutes) {
      EXPECT_TRUE(naive.emplace(Key{m.slot, m.check, m.state, m.reason, m.labels}, m.count).second);
      EXPECT_NE(m.count, 0);
      EXPECT_GE(m.slot, last);
      last = m.slot;
    }
    return naive;
  }
  static Naive before(Naive naive, Slot until) {
    std::erase_if(naive, [&](const auto& one) { return one.second == 0 || std::get<0>(one.first) >= until; });
    return naive;
  }

  Dictionary dictionary_;
  std::vector<StringId> words_;
  std::vector<LabelSetId> labels_;
};

TEST_F(PackedMinutesTest, WhatIsReadIsTheSumOfWhatWasAdded) {
  test::Random random(test::first_seed());
  PackedMinutes packed(dictionary_);
  Naive naive;
  for (int round = 0; round < 200; ++round) {
    std::vector<SealedMinutes> added;
    for (int i = 0; i < 30; ++i) added.push_back(random_minutes(random.between(round, round + 20), random));
    std::sort(added.begin(), added.end(), [](const auto& a, const auto& b) { return a.slot < b.slot; });
    for (const SealedMinutes& m : added) naive[Key{m.slot, m.check, m.state, m.reason, m.labels}] += m.count;
    packed.add(added);
    const Slot until = random.between(round, round + 25);
    EXPECT_EQ(of(packed.before(until, {})), before(naive, until));
    if (random.one_in(10)) {
      packed.forget_before(round);
      std::erase_if(naive, [&](const auto& one) { return std::get<0>(one.first) < round; });
    }
    if (random.one_in(20)) {
      archive::Writer out;
      packed.io(out);
      const std::string bytes = out.take();
      archive::Reader in(bytes);
      PackedMinutes again(dictionary_);
      again.io(in);
      EXPECT_TRUE(in.complete());
      EXPECT_EQ(of(again.before(until, {})), before(naive, until));
    }
  }
  SealedMinutes more = random_minutes(500, random);
  more.count = 3;
  EXPECT_EQ(packed.before(501, {more, more}).back().count, 2 * more.count)
      << "what is not packed yet is added";
  packed.forget_before(1000);
  EXPECT_TRUE(packed.empty());
}

}  // namespace
}  // namespace slod::daemon
