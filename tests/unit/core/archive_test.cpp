#include "slod/core/archive.h"

#include <gtest/gtest.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <random>
#include <set>

#include "slod/core/record.h"
#include "unit/window/seed.h"

namespace slod::archive {
namespace {

struct Plainly {
  int number = 0;
  double share = 0;
  friend bool operator==(const Plainly&, const Plainly&) = default;
};

struct Everything {
  std::int64_t integer = 0;
  bool flag = false;
  MessageKind kind = MessageKind::kReport;
  std::string text;
  Plainly plain;
  std::optional<std::string> maybe, never;
  std::pair<Time, std::string> pair;
  std::array<int, 3> numbers{};
  std::vector<Plainly> plains;
  std::vector<std::vector<std::string>> nested;
  std::deque<std::pair<int, std::string>> queue;
  std::map<std::string, std::vector<int>> by_name;
  std::set<int> set;
  boost::unordered_flat_map<std::uint64_t, std::string> hashed;
  SourceCounts counts;

  template <class A>
  void io(A& a) {
    a(integer, flag, kind, text, plain, maybe, never, pair, numbers, plains, nested);
    a(queue, by_name, set, hashed, counts);
  }
};

Everything sample() {
  Everything e;
  e.integer = -7;
  e.flag = true;
  e.kind = MessageKind::kReply;
  e.text = std::string("with \0 inside", 13);
  e.plain = {3, 0.25};
  e.maybe = "yes";
  e.pair = {from_nanos(42), "later"};
  e.numbers = {1, 2, 3};
  e.plains = {{1, 1.5}, {2, 2.5}};
  e.nested = {{"a", "b"}, {}, {"c"}};
  e.queue = {{1, "one"}, {2, "two"}};
  e.by_name = {{"x", {1, 2}}, {"y", {}}};
  e.set = {3, 1, 2};
  for (std::uint64_t i = 0; i < 100; ++i) e.hashed[i * i] = std::to_string(i);
  e.counts.accepted = 9;
  e.counts.rejected["time"] = 2;
  return e;
}

std::string written(Everything& e) {
  Writer writer;
  writer(e);
  return writer.take();
}

TEST(Archive, WhatIsWrittenIsReadBack) {
  Everything before = sample(), after;
  after.never = "must go";
  after.by_name["must"] = {1};
  const std::string bytes = written(before);
  Reader reader(bytes);
  reader(after);
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(after.integer, -7);
  EXPECT_TRUE(after.flag);
  EXPECT_EQ(after.kind, MessageKind::kReply);
  EXPECT_EQ(after.text, before.text);
  EXPECT_EQ(after.plain, before.plain);
  EXPECT_EQ(after.maybe, "yes");
  EXPECT_FALSE(after.never);
  EXPECT_EQ(after.pair, before.pair);
  EXPECT_EQ(after.numbers, before.numbers);
  EXPECT_EQ(after.plains, before.plains);
  EXPECT_EQ(after.nested, before.nested);
  EXPECT_EQ(after.queue, before.queue);
  EXPECT_EQ(after.by_name, before.by_name);
  EXPECT_EQ(after.set, before.set);
  EXPECT_EQ(after.hashed, before.hashed);
  EXPECT_EQ(after.counts.rejected, before.counts.rejected);
}

TEST(Archive, EveryTruncationIsNoticed) {
  Everything before = sample();
  const std::string bytes = written(before);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Everything after;
    Reader reader(std::string_view(bytes).substr(0, size));
    reader(after);
    EXPECT_FALSE(reader.complete()) << size;
  }
  Everything after;
  const std::string longer = bytes + "x";
  Reader reader(longer);
  reader(after);
  EXPECT_TRUE(reader.good());
  EXPECT_FALSE(reader.complete());
}

TEST(Archive, DamagedBytesNeitherCrashNorClaimMemory) {
  Everything before = sample();
  const std::string bytes = written(before);
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + 2000; ++seed) {
    test::Random random(seed);
    std::string damaged = bytes;
    for (std::int64_t n = random.between(1, 8); n > 0; --n) {
      const auto at =
          static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1));
      damaged[at] = static_cast<char>(random.between(0, 255));
    }
    Everything after;
    Reader reader(damaged);
    reader(after);
    EXPECT_LE(after.plains.capacity() * sizeof(Plainly), 2 * bytes.size()) << "SLOD_SEED=" << seed;
    EXPECT_LE(after.hashed.size(), bytes.size()) << "SLOD_SEED=" << seed;
  }
}

TEST(Archive, ADictionaryComesBackWithItsIds) {
  Dictionary before, after;
  const StringId early = before.intern("from the config");
  ASSERT_EQ(after.intern("from the config"), early);
  const StringId area = before.intern("area"), shibuya = before.intern("shibuya"), app = before.intern("app");
  const std::array<Label, 2> labels{Label{app, shibuya}, Label{area, shibuya}};
  const LabelSetId set = before.intern_labels(labels);
  Writer writer;
  writer(before);
  const std::string bytes = writer.take();
  Reader reader(bytes);
  reader(after);
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(after.find("shibuya"), shibuya);
  EXPECT_EQ(after.intern_labels(labels), set);
  EXPECT_EQ(after.string_count(), before.string_count());

  Dictionary foreign;
  foreign.intern("something else came first");
  Reader again(bytes);
  again(foreign);
  EXPECT_FALSE(again.good());
}

}  // namespace
}  // namespace slod::archive
