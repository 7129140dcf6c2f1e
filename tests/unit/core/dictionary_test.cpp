#include "slod/core/dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

#include "slod/core/record.h"

namespace slod {
namespace {

TEST(Dictionary, GivesDenseIdsInOrderOfFirstUse) {
  Dictionary d;
  EXPECT_EQ(d.intern(""), 0U);
  EXPECT_EQ(d.intern("unlock"), 1U);
  EXPECT_EQ(d.intern("lock"), 2U);
  EXPECT_EQ(d.intern("unlock"), 1U);
  EXPECT_EQ(d.text(2), "lock");
  EXPECT_EQ(d.find("nowhere"), 0U);
}

TEST(Dictionary, LabelSetsIgnoreOrderAndEmptyValues) {
  Dictionary d;
  const StringId area = d.intern("area");
  const StringId app = d.intern("app");
  const StringId shibuya = d.intern("shibuya");
  const StringId ios = d.intern("ios");
  const Label forward[] = {{area, shibuya}, {app, ios}};
  const Label backward[] = {{app, ios}, {area, shibuya}};
  const Label with_empty[] = {{app, ios}, {d.intern("model"), 0}, {area, shibuya}};
  const LabelSetId set = d.intern_labels(forward);
  EXPECT_EQ(d.intern_labels(backward), set);
  EXPECT_EQ(d.intern_labels(with_empty), set);
  EXPECT_EQ(d.value(set, area), shibuya);
  EXPECT_EQ(d.value(set, d.intern("model")), 0U);
  EXPECT_EQ(d.intern_labels({}), 0U);
}

TEST(Dictionary, EqualsAMapOnRandomStringsAndAfterClear) {
  std::mt19937_64 random(20261122);
  Dictionary d;
  for (int round = 0; round < 3; ++round) {
    std::map<std::string, StringId> model;
    for (int i = 0; i < 20'000; ++i) {
      std::string text(random() % 40, 'x');
      for (char& c : text) c = static_cast<char>(random() % 4 + 'a');
      const StringId id = d.intern(text);
      const auto [known, inserted] = model.emplace(text, id);
      EXPECT_EQ(known->second, id);
      EXPECT_EQ(d.text(id), text);
    }
    EXPECT_EQ(d.string_count(), model.size() + (model.contains("") ? 0 : 1));
    d.clear();
    EXPECT_EQ(d.string_count(), 1U);
  }
}

TEST(Dictionary, ReadersMayLookUpIdsThatTheyWereGivenWhileTheOwnerAppends) {
  Dictionary d;
  std::atomic<StringId> newest{0};
  std::thread owner([&] {
    for (int i = 1; i < 30'000; ++i)
      newest.store(d.intern("device-" + std::to_string(i)), std::memory_order_release);
  });
  StringId seen = 0;
  while (seen < 29'999) {
    seen = newest.load(std::memory_order_acquire);
    if (seen != 0) {
      ASSERT_EQ(d.text(seen), "device-" + std::to_string(seen));
    }
  }
  owner.join();
}

TEST(Digest, TellsTextsApartAndIsNeverEmptyForText) {
  EXPECT_TRUE(digest_of("").empty());
  EXPECT_FALSE(digest_of("a").empty());
  EXPECT_EQ(digest_of("0190f2ab-7c11"), digest_of("0190f2ab-7c11"));
  EXPECT_NE(digest_of("0190f2ab-7c11"), digest_of("0190f2ab-7c12"));
  EXPECT_NE(digest_of(std::string(1, '\0')), digest_of(std::string(2, '\0')));
}

}  // namespace
}  // namespace slod
