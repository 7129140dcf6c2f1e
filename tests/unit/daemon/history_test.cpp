#include "daemon/history.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

namespace slod::daemon {
namespace {

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "slod_history_XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    open();
  }
  ~HistoryTest() override {
    history_.reset();
    std::filesystem::remove_all(dir_);
  }
  void open(const journal::JournalOptions& journal = {}) {
    history_.reset();
    auto history =
        History::open({dir_, journal, [] { return Time(hours(24 * 20000)); }, [](const std::string&) {}});
    ASSERT_TRUE(history) << history.error().message;
    history_ = std::move(*history);
    history_->start();
  }
  /// One row that arrives at each of the seconds.
  CommitAnswer put(const std::string& key, const std::vector<std::int64_t>& arrivals,
                   const std::string& body = "b") {
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = "edge";
    for (const std::int64_t s : arrivals) {
      ApiRow& row = submission.batch->api.emplace_back();
      row.start = row.received = Time(seconds(s));
      row.source = submission.batch->dictionary.intern("edge");
    }
    submission.batch->counts.accepted = arrivals.size();
    const std::string answer = R"({"from":)" + std::to_string(arrivals.front()) + R"(000000000,"to":)" +
                               std::to_string(arrivals.back()) + "000000000}";
    submission.key = IdempotencyKey{key, digest_of(body), answer};
    std::promise<CommitAnswer> promise;
    submission.done = [&](CommitAnswer given) { promise.set_value(std::move(given)); };
    EXPECT_TRUE(history_->submit(submission));
    return promise.get_future().get();
  }

  std::string dir_;
  std::unique_ptr<History> history_;
};

TEST_F(HistoryTest, ABlockIsKnownByItsKeyForEverAlsoAfterAStart) {
  EXPECT_EQ(put("a", {10, 20}).result, Committed::kDurable);
  EXPECT_EQ(put("a", {10, 20}).result, Committed::kRepeated);
  open();
  const CommitAnswer again = put("a", {10, 20});
  EXPECT_EQ(again.result, Committed::kRepeated);
  EXPECT_EQ(again.answer, R"({"from":10000000000,"to":20000000000})");
  EXPECT_EQ(put("a", {10}, "other").result, Committed::kConflict);
  EXPECT_EQ(history_->view()->blocks, 1U);
}

TEST_F(HistoryTest, BlocksInOrderShareAStreamAndOneThatGoesBackBeginsANewOne) {
  put("a", {10, 20});
  put("b", {20, 30});
  EXPECT_EQ(history_->view()->dirs.size(), 1U);
  put("c", {5, 12});
  EXPECT_EQ(history_->view()->dirs.size(), 2U);
  put("d", {13, 14});
  put("e", {40, 41});
  EXPECT_EQ(history_->view()->dirs.size(), 2U);
  open();
  put("f", {1, 2});
  const auto view = history_->view();
  EXPECT_EQ(view->dirs.size(), 3U);
  EXPECT_EQ(view->blocks, 6U);
  EXPECT_EQ(view->coverage.holes("edge", {Time(seconds(0)), Time(seconds(50))}).size(), 4U);
}

TEST_F(HistoryTest, ItSaysUpToWhereBlocksMayBeGone) {
  journal::JournalOptions little;
  little.segment_bytes = 1;  // each block in a segment of its own
  open(little);
  put("a", {10, 20});
  put("b", {20, 30});
  put("c", {5, 12});
  EXPECT_EQ(history_->view()->rows_since, Time{});
  little.max_bytes = 1;
  open(little);
  EXPECT_EQ(history_->view()->dirs.size(), 2U);
  EXPECT_EQ(history_->view()->rows_since, Time(seconds(20))) << "the newest block of a stream stays";
  put("d", {40, 50});
  history_->stop();
  const auto read = read_history(dir_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->blocks, 3U);
  EXPECT_EQ((*read)->rows_since, Time(seconds(20))) << "what comes later is there";
  open();
  EXPECT_EQ(history_->view()->rows_since, Time(seconds(20)));
}

TEST_F(HistoryTest, EachStreamCanBeReadInTheOrderOfArrivalWhileItIsOpen) {
  put("a", {10, 20});
  put("b", {30});
  Dictionary dictionary;
  auto reader = journal::read_sqlite_journal(history_->view()->dirs[0], 0, dictionary);
  ASSERT_TRUE(reader);
  std::vector<Time> arrivals;
  for (auto group = (*reader)->next(); group && group->has_value(); group = (*reader)->next()) {
    for (const ApiRow& row : (*group)->api) arrivals.push_back(row.received);
  }
  EXPECT_EQ(arrivals, (std::vector<Time>{Time(seconds(10)), Time(seconds(20)), Time(seconds(30))}));
}

TEST_F(HistoryTest, AFleetIsClosedOnlyWhenAllHistoryIsCountedAndThenTakesNoReportOfThatTime) {
  put("a", {10, 20});
  EXPECT_FALSE(history_->close_fleet(Time(seconds(100)), 0)) << "a block is not counted yet";
  EXPECT_EQ(history_->fleet_closed(), Time::min());
  EXPECT_TRUE(history_->close_fleet(Time(seconds(100)), 1));
  EXPECT_EQ(history_->fleet_closed(), Time(seconds(100)));
  const auto message = [&](const std::string& key, MessageKind kind, std::int64_t at) {
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = "fleet";
    DeviceRow& row = submission.batch->device.emplace_back();
    row.kind = kind;
    row.time = row.received = Time(seconds(at));
    submission.key = IdempotencyKey{key, digest_of(key), "{}"};
    std::promise<CommitAnswer> promise;
    submission.done = [&](CommitAnswer given) { promise.set_value(std::move(given)); };
    EXPECT_TRUE(history_->submit(submission));
    return promise.get_future().get().result;
  };
  EXPECT_EQ(message("r", MessageKind::kReport, 99), Committed::kRefused) << "to be read again, as late";
  EXPECT_EQ(message("s", MessageKind::kReport, 100), Committed::kDurable);
  EXPECT_EQ(message("t", MessageKind::kReply, 99), Committed::kDurable) << "a journey's";
  EXPECT_TRUE(history_->close_fleet(Time(seconds(50)), 3));
  EXPECT_EQ(history_->fleet_closed(), Time(seconds(100)));
}

}  // namespace
}  // namespace slod::daemon
