// What every implementation of Journal must pass. A Backend has: open(Dictionary&, bool seals = false) ->
// Result<unique_ptr<Journal>> (again and again on the same data if kDurable), and kDurable.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "unit/journal/support.h"

namespace slod::journal::test {

template <typename Backend>
class JournalConformance : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen(bool seals = false) {
    journal_.reset();
    dictionary_ = std::make_unique<Dictionary>();
    auto opened = backend_.open(*dictionary_, seals);
    ASSERT_TRUE(opened) << opened.error().message;
    journal_ = std::move(*opened);
  }
  std::string append(Group group) {
    const Result<Position> position = journal_->append(group);
    EXPECT_TRUE(position) << position.error().message;
    return describe(group, *dictionary_);
  }
  Group group_at(Time stamp) const {
    Group group;
    group.stamp = stamp;
    return group;
  }
  Backend backend_;
  std::unique_ptr<Dictionary> dictionary_;
  std::unique_ptr<Journal> journal_;
};
TYPED_TEST_SUITE_P(JournalConformance);

TYPED_TEST_P(JournalConformance, AnEmptyJournalIsBeforeTheFirstGroup) {
  EXPECT_EQ(this->journal_->last_position(), 0U);
  EXPECT_EQ(this->journal_->last_stamp(), Time());
  EXPECT_TRUE(this->journal_->positions().empty());
  EXPECT_TRUE(this->journal_->keys_since(Time()).empty());
  EXPECT_TRUE(read_all(*this->journal_, 0).empty());
  EXPECT_FALSE(this->journal_->disk_full());
}

TYPED_TEST_P(JournalConformance, NumbersGroupsFromOneWithoutGaps) {
  for (Position expected = 1; expected <= 5; ++expected) {
    Group group = this->group_at(at(100));
    const Result<Position> position = this->journal_->append(group);
    ASSERT_TRUE(position);
    EXPECT_EQ(*position, expected);
    EXPECT_EQ(group.position, expected);
    EXPECT_EQ(this->journal_->last_position(), expected);
  }
}

TYPED_TEST_P(JournalConformance, RandomGroupsComeBackAsAppendLeftThem) {
  Random random(test_seed());
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    expected.push_back(this->append(random_group(random, *this->dictionary_, at(1000 + i))));
    if (TypeParam::kDurable && random.one_in(12)) this->reopen();
  }
  EXPECT_EQ(read_all(*this->journal_, 0), expected);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t after = random.below(61);
    const std::vector<std::string> tail(expected.begin() + static_cast<std::ptrdiff_t>(after),
                                        expected.end());
    EXPECT_EQ(read_all(*this->journal_, after), tail) << "from " << after;
  }
}

TYPED_TEST_P(JournalConformance, AReaderSeesWhatIsAppendedAfterItReachedTheEnd) {
  Dictionary mine;
  auto reader = this->journal_->read_from(0, mine);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(read_all(**reader, mine).empty());
  Random random(7);
  for (int i = 0; i < 4; ++i) {
    const std::string appended = this->append(random_group(random, *this->dictionary_, at(i)));
    EXPECT_EQ(read_all(**reader, mine), std::vector<std::string>{appended});
  }
}

TYPED_TEST_P(JournalConformance, ReadsIntoItsOwnDictionaryInJournalOrder) {
  Group group = this->group_at(at(1));
  for (const char* device : {"b", "a", "b", "c"}) {
    group.api.emplace_back();
    group.api.back().device = this->dictionary_->intern(device);
  }
  this->append(group);
  auto reader = this->journal_->read_from(0);
  ASSERT_TRUE(reader);
  const auto read = (*reader)->next();
  ASSERT_TRUE(read && *read);
  for (std::size_t i = 0; i < group.api.size(); ++i) EXPECT_EQ((*read)->api[i].device, group.api[i].device);
}

TYPED_TEST_P(JournalConformance, NarrowsIdsInTheGroupItself) {
  Group group = this->group_at(at(1));
  group.api.emplace_back();
  group.api[0].id = {0, 5};
  group.api[0].user = std::uint64_t{1} << 60;
  group.device.emplace_back();
  group.device[0].payload = {~std::uint64_t{0}, ~std::uint64_t{0}};
  ASSERT_TRUE(this->journal_->append(group));
  EXPECT_FALSE(group.api[0].id.empty()) << "an id stays an id";
  EXPECT_NE(group.api[0].user, 0U);
  EXPECT_EQ(group.device[0].payload.hi, ~std::uint64_t{0});
  EXPECT_EQ(group.device[0].payload.lo, std::uint64_t{0xffff} << 48);
  EXPECT_EQ(read_all(*this->journal_, 0), std::vector<std::string>{describe(group, *this->dictionary_)});
}

TYPED_TEST_P(JournalConformance, TheStampNeverDecreases) {
  this->append(this->group_at(at(100)));
  Group earlier = this->group_at(at(50));
  ASSERT_TRUE(this->journal_->append(earlier));
  EXPECT_EQ(earlier.stamp, at(100));
  EXPECT_EQ(this->journal_->last_stamp(), at(100));
}

TYPED_TEST_P(JournalConformance, KeepsTheNewestPositionOfEachStreamAndThoseSetLastLast) {
  Group group = this->group_at(at(1));
  group.positions = {{"edge", "inode:1", 10, "x"}, {"edge", "inode:2", 20, "y"}, {"inbox", "gen:1", 5, ""}};
  this->append(group);
  group = this->group_at(at(2));
  group.positions = {{"edge", "inode:1", 30, "z"}};
  this->append(group);
  if (TypeParam::kDurable) this->reopen();
  std::vector<std::string> found;
  for (const SourcePosition& p : this->journal_->positions()) {
    found.push_back(p.source + " " + p.stream + " " + std::to_string(p.offset) + " " + p.check);
  }
  EXPECT_THAT(found, ::testing::ElementsAre("edge inode:2 20 y", "inbox gen:1 5 ", "edge inode:1 30 z"));
}

TYPED_TEST_P(JournalConformance, ForgetsOldStreamsButNeverTheNewestOfASource) {
  Group group = this->group_at(at(0));
  group.positions = {{"edge", "old", 1, ""}, {"quiet", "only", 2, ""}};
  this->append(group);
  group = this->group_at(at(3600));
  group.positions = {{"edge", "new", 3, ""}};
  this->append(group);
  // Two steps: forgetting may wait for the next segment.
  this->append(this->group_at(at(0) + hours(24 * 9)));
  this->append(this->group_at(at(0) + hours(24 * 11)));
  if (TypeParam::kDurable) this->reopen();
  std::vector<std::string> found;
  for (const SourcePosition& p : this->journal_->positions()) found.push_back(p.stream);
  EXPECT_THAT(found, ::testing::UnorderedElementsAre("new", "only"));
}

TYPED_TEST_P(JournalConformance, GivesTheKeysSinceATime) {
  for (int hour = 0; hour < 5; ++hour) {
    Group group = this->group_at(at(hour * 3600));
    group.keys.push_back({"gateway", {"k" + std::to_string(hour), {1, 2}, "answer"}, group.stamp});
    this->append(group);
  }
  if (TypeParam::kDurable) this->reopen();
  std::vector<std::string> found;
  for (const StoredKey& key : this->journal_->keys_since(at(2 * 3600)))
    found.push_back(key.key.key + key.key.answer);
  EXPECT_THAT(found, ::testing::ElementsAre("k2answer", "k3answer", "k4answer"));
}

TYPED_TEST_P(JournalConformance, TrimmingKeepsWhatPeopleDidAndTheSumOfTheCounts) {
  const std::string kept = "ack by sato";
  Time stamp = at(0);
  for (int day = 0; day < 5; ++day, stamp += hours(24)) {
    Group group = this->group_at(stamp);
    group.api.resize(3);
    group.device.resize(2);
    group.controls = {{ControlKind::kTick, stamp, "", ""},
                      {ControlKind::kAcknowledgement, stamp, "slo", kept}};
    SourceCounts counts;
    counts.accepted = 5;
    group.counts.emplace_back("gateway", counts);
    this->append(group);
  }
  for (int round = 0; round < 20; ++round)
    ASSERT_TRUE(this->journal_->trim(at(0) + hours(24 * 403) + hours(12)));
  Dictionary mine;
  auto reader = this->journal_->read_from(0, mine);
  ASSERT_TRUE(reader);
  std::size_t people = 0;
  std::size_t rows = 0;
  std::size_t fleet = 0;
  std::uint64_t accepted = 0;
  for (auto group = (*reader)->next();; group = (*reader)->next()) {
    ASSERT_TRUE(group) << group.error().message;
    if (!*group) break;
    for (const Control& control : (*group)->controls) people += control.text == kept ? 1 : 0;
    for (const auto& [source, counts] : (*group)->counts) accepted += counts.accepted;
    rows += (*group)->api.size();
    fleet += (*group)->device.size();
  }
  EXPECT_EQ(people, 5U);
  EXPECT_EQ(accepted, 25U);
  EXPECT_EQ(rows, 3U) << "the newest day stays";
  EXPECT_LE(fleet, 2U);
  EXPECT_EQ(this->journal_->last_position(), 5U);
}

TYPED_TEST_P(JournalConformance, EveryKindOfRecordThatPeopleWillMakeIsKeptForEver) {
  for (int n = 0; n < 3; ++n) {
    Group group = this->group_at(at(0) + hours(24 * n));
    for (const int kind : {14, 31, 32, 33, 63, 64, 65, 200, 255})
      group.controls.push_back(
          {static_cast<ControlKind>(kind), group.stamp, std::to_string(kind), "by sato"});
    this->append(group);
  }
  this->append(this->group_at(at(0) + hours(24 * 450)));
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(at(0) + hours(24 * 1000)));
  std::map<std::string, int> kept;
  auto reader = this->journal_->read_from(0);
  ASSERT_TRUE(reader);
  for (auto group = (*reader)->next(); group && *group; group = (*reader)->next()) {
    for (const Control& control : (*group)->controls) ++kept[control.subject];
  }
  EXPECT_EQ(kept,
            (std::map<std::string, int>{{"14", 3}, {"31", 3}, {"64", 3}, {"65", 3}, {"200", 3}, {"255", 3}}));
}

TYPED_TEST_P(JournalConformance, CommandsAndRepliesStayWithTheJourneysInTheirPlaces) {
  std::vector<MessageKind> order;
  for (int i = 0; i < 12; ++i) order.push_back(static_cast<MessageKind>((i * 7) % 4));
  for (int day = 0; day < 3; ++day) {
    Group group = this->group_at(at(0) + hours(24 * day));
    for (std::size_t i = 0; i < order.size(); ++i) {
      group.device.emplace_back().kind = order[i];
      group.device.back().seq = static_cast<std::int64_t>(i);
    }
    this->append(group);
  }
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(at(0) + hours(24 * 5)));
  auto reader = this->journal_->read_from(0);
  ASSERT_TRUE(reader);
  const auto group = (*reader)->next();
  ASSERT_TRUE(group && *group);
  std::vector<std::int64_t> legs, found;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] == MessageKind::kCommand || order[i] == MessageKind::kReply)
      legs.push_back(static_cast<std::int64_t>(i));
  }
  for (const DeviceRow& row : (*group)->device) found.push_back(row.seq);
  EXPECT_EQ(found, legs);
}

inline std::string describe_sealed(const SealedBlock& block) {
  return std::to_string(block.position) + " " + std::to_string(nanos(block.from) / 1'000'000'000) + "-" +
         std::to_string(nanos(block.until) / 1'000'000'000) + " " + block.minutes + " " + block.fleet;
}

/// What a reader says, a word per group: its position, or what is sealed.
inline std::vector<std::string> told(Journal& journal, Position after) {
  Dictionary mine;
  std::vector<std::string> out;
  auto reader = journal.read_from(after, mine);
  if (!reader) return {reader.error().message};
  for (auto group = (*reader)->next();; group = (*reader)->next()) {
    if (!group) out.push_back(group.error().message);
    if (!group || !*group) return out;
    if ((*group)->position > 0)
      out.push_back(std::to_string((*group)->position) + ":" + std::to_string((*group)->device.size()));
    if ((*group)->position > 0) continue;
    for (const SealedBlock& block : (*group)->sealed) out.push_back(describe_sealed(block));
  }
}

TYPED_TEST_P(JournalConformance, WhatIsSealedComesFirstAndBetweenTheGroupsOfItsTime) {
  this->reopen(true);
  for (int hour = 0; hour < 5; ++hour) {
    Group group = this->group_at(at(hour * 3600));
    group.device.resize(1);
    if (hour == 3) group.sealed.push_back({2, at(0), at(3600), "m1", "f1"});
    if (hour == 4) group.sealed.push_back({3, at(3600), at(7200), "m2", "f2"});
    this->append(group);
  }
  if (TypeParam::kDurable) this->reopen(true);
  EXPECT_THAT(told(*this->journal_, 0),
              ::testing::ElementsAre("3 3600-7200  f2", "1:1", "2 0-3600 m1 ", "2:1", "3 3600-7200 m2 ",
                                     "3:1", "4:1", "5:1"));
  EXPECT_THAT(told(*this->journal_, 2), ::testing::ElementsAre("3:1", "4:1", "5:1"));
}

TYPED_TEST_P(JournalConformance, AnOverlappingBlockTakesThePlaceOfTheOlderOne) {
  this->reopen(true);
  Group group = this->group_at(at(7200));
  group.sealed = {{1, at(0), at(3600), "m1", "f1"}};
  this->append(group);
  group.sealed = {{1, at(0), at(7200), "m2", "f2"}};
  this->append(group);
  EXPECT_THAT(told(*this->journal_, 0), ::testing::ElementsAre("1 0-7200  f2", "1 0-7200 m2 ", "1:0", "2:0"));
}

TYPED_TEST_P(JournalConformance, NothingLeavesBeforeItIsSealed) {
  this->reopen(true);
  for (int day = 0; day < 4; ++day) {
    Group group = this->group_at(at(0) + hours(24 * day));
    group.device.resize(1);
    this->append(group);
  }
  const Time later = at(0) + hours(24 * 500);
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(later));
  EXPECT_THAT(told(*this->journal_, 0), ::testing::ElementsAre("1:1", "2:1", "3:1", "4:1"));
  EXPECT_GT(this->journal_->waits_for_seal(), 0U);
  Group group = this->group_at(later);
  group.sealed.push_back({2, at(0), at(3600), "m", "f"});
  this->append(group);
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(later));
  const std::vector<std::string> left = told(*this->journal_, 0);
  EXPECT_EQ(std::count(left.begin(), left.end(), "3:1"), 1) << "is not sealed";
  EXPECT_EQ(std::count(left.begin(), left.end(), "2:1"), 0) << "is";
  EXPECT_EQ(left.front(), "2 0-3600  f");
}

TYPED_TEST_P(JournalConformance, NothingLeavesBeforeItIsCountedAndItSaysWhatIsGone) {
  for (int day = 0; day < 4; ++day) {
    Group group = this->group_at(at(0) + hours(24 * day));
    group.api.resize(static_cast<std::size_t>(day) + 1);
    this->append(group);
  }
  const Time later = at(0) + hours(24 * 500);
  const auto rows = [&] {
    std::size_t count = 0;
    auto reader = this->journal_->read_from(0);
    for (auto group = (*reader)->next(); group && *group; group = (*reader)->next())
      count += (*group)->api.size();
    return count;
  };
  EXPECT_EQ(*this->journal_->rows_since(), Time{});
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(later, 0));
  EXPECT_EQ(rows(), 10U);
  EXPECT_GT(this->journal_->waits_for_seal(), 0U);
  EXPECT_EQ(*this->journal_->rows_since(), Time{});
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(later, 2));
  EXPECT_EQ(rows(), 7U) << "the third and the fourth day";
  EXPECT_EQ(*this->journal_->rows_since(), at(0) + hours(24));
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(this->journal_->trim(later));
  EXPECT_EQ(rows(), 4U) << "the newest stays";
  EXPECT_EQ(this->journal_->waits_for_seal(), 0U);
  EXPECT_EQ(*this->journal_->rows_since(), at(0) + hours(48));
}

TYPED_TEST_P(JournalConformance, SealedMinutesEndAfterThreeYears) {
  this->reopen(true);
  const Time first = at(0);
  for (const int day : {0, 30, 1200}) {
    Group group = this->group_at(first + hours(24 * (day + 1)));
    group.sealed.push_back({1, first + hours(24 * day), first + hours(24 * (day + 1)), "m", "f"});
    this->append(group);
  }
  const std::vector<std::string> left = told(*this->journal_, 0);
  EXPECT_EQ(std::count_if(left.begin(), left.end(), [](const auto& s) { return s.find(" m ") != s.npos; }),
            1);
}

REGISTER_TYPED_TEST_SUITE_P(
    JournalConformance, AnEmptyJournalIsBeforeTheFirstGroup, NumbersGroupsFromOneWithoutGaps,
    RandomGroupsComeBackAsAppendLeftThem, AReaderSeesWhatIsAppendedAfterItReachedTheEnd,
    ReadsIntoItsOwnDictionaryInJournalOrder, NarrowsIdsInTheGroupItself, TheStampNeverDecreases,
    KeepsTheNewestPositionOfEachStreamAndThoseSetLastLast, ForgetsOldStreamsButNeverTheNewestOfASource,
    GivesTheKeysSinceATime, TrimmingKeepsWhatPeopleDidAndTheSumOfTheCounts,
    EveryKindOfRecordThatPeopleWillMakeIsKeptForEver, CommandsAndRepliesStayWithTheJourneysInTheirPlaces,
    WhatIsSealedComesFirstAndBetweenTheGroupsOfItsTime, AnOverlappingBlockTakesThePlaceOfTheOlderOne,
    NothingLeavesBeforeItIsSealed, NothingLeavesBeforeItIsCountedAndItSaysWhatIsGone,
    SealedMinutesEndAfterThreeYears);

}  // namespace slod::journal::test
