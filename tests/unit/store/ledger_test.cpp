#include "slod/store/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "slod/sqlite/sqlite.h"

namespace slod::store {
namespace {

using ::testing::HasSubstr;

Time at(std::int64_t second) {
  return Time(seconds(second));
}

StoredTransition transition(const std::string& episode, const std::string& step, Time when) {
  return {when, episode, step, "unlock", "page", "{\"step\":\"" + step + "\"}"};
}

Notification notification(const std::string& key, const std::string& step, Time created) {
  Notification out;
  out.destination = "chat";
  out.dedup_key = key;
  out.step = step;
  out.body = "{\"text\":\"" + key + " " + step + "\"}";
  out.created = created;
  out.not_before = created;
  out.episode = "episode-of-" + key;
  return out;
}

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "ledger_XXXXXX";
    dir_ = ::mkdtemp(name.data());
    reopen();
  }
  void TearDown() override {
    ledger_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    ledger_.reset();
    auto opened = Ledger::open(path());
    ASSERT_TRUE(opened) << opened.error().message;
    ledger_ = std::move(*opened);
  }
  [[nodiscard]] std::string path() const { return dir_ + "/ledger.db"; }
  void record(Time tick, const std::vector<StoredTransition>& transitions,
              const std::vector<Notification>& notifications) {
    const Status recorded = ledger_->record(tick, transitions, notifications);
    ASSERT_TRUE(recorded) << recorded.error().message;
  }
  std::string next_body(Time now) {
    const auto found = ledger_->next("chat", now);
    return found ? found->body : "nothing";
  }
  std::string dir_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, KnowsItsLastTickAndItsOutboxAfterReopening) {
  record(at(100), {transition("e1", "firing", at(100))}, {notification("k1", "trigger", at(100))});
  reopen();
  EXPECT_EQ(ledger_->last_tick(), at(100));
  const auto found = ledger_->next("chat", at(100));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->destination, "chat");
  EXPECT_EQ(found->dedup_key, "k1");
  EXPECT_EQ(found->step, "trigger");
  EXPECT_EQ(found->episode, "episode-of-k1");
  EXPECT_EQ(found->body, "{\"text\":\"k1 trigger\"}");
  EXPECT_EQ(found->created, at(100));
  ASSERT_EQ(ledger_->transitions(10).size(), 1U);
  EXPECT_EQ(ledger_->transitions(10)[0].json, "{\"step\":\"firing\"}");
}

TEST_F(LedgerTest, TheLastTickNeverGoesBack) {
  record(at(100), {}, {});
  record(at(50), {}, {});
  EXPECT_EQ(ledger_->last_tick(), at(100));
  reopen();
  EXPECT_EQ(ledger_->last_tick(), at(100));
}

TEST_F(LedgerTest, AReplayOfTheSameTickStoresAndSendsNothingAgain) {
  for (int round = 0; round < 3; ++round) {
    record(at(100), {transition("e1", "firing", at(100))}, {notification("k1", "trigger", at(100))});
    reopen();
  }
  EXPECT_EQ(ledger_->transitions(10).size(), 1U);
  const auto found = ledger_->next("chat", at(100));
  ASSERT_TRUE(found);
  ASSERT_TRUE(ledger_->finish(found->id, Ledger::Outcome::kDelivered, "200", at(101)));
  record(at(100), {}, {notification("k1", "trigger", at(100))});
  EXPECT_EQ(next_body(at(200)), "nothing") << "a delivered notification came back";
}

TEST_F(LedgerTest, WithoutAnEpisodeTheTimeOfCreationTellsNotificationsApart) {
  Notification first = notification("k", "trigger", at(1));
  first.episode.clear();
  Notification second = first;
  second.created = second.not_before = at(2);
  record(at(2), {}, {first, first, second});
  for (int expected = 2; expected > 0; --expected) {
    const auto found = ledger_->next("chat", at(10));
    ASSERT_TRUE(found);
    ASSERT_TRUE(ledger_->finish(found->id, Ledger::Outcome::kDelivered, "", at(10)));
  }
  EXPECT_FALSE(ledger_->next("chat", at(10)));
}

TEST_F(LedgerTest, KeepsTheOrderPerKeyAndLetsOtherKeysPass) {
  record(at(1), {},
         {notification("a", "trigger", at(1)), notification("a", "resolve", at(2)),
          notification("b", "trigger", at(3))});
  const auto first = ledger_->next("chat", at(10));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->body, "{\"text\":\"a trigger\"}");
  ASSERT_TRUE(ledger_->retry_later(first->id, at(60), "timeout"));
  EXPECT_EQ(next_body(at(10)), "{\"text\":\"b trigger\"}") << "the resolve must not overtake its trigger";
  const auto again = ledger_->next("chat", at(60));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->attempts, 1);
  ASSERT_TRUE(ledger_->finish(again->id, Ledger::Outcome::kDelivered, "200", at(61)));
  EXPECT_EQ(next_body(at(61)), "{\"text\":\"a resolve\"}");
}

TEST_F(LedgerTest, NothingIsDeliveredBeforeItsTime) {
  Notification later = notification("a", "trigger", at(1));
  later.not_before = at(30);
  record(at(1), {}, {later});
  EXPECT_FALSE(ledger_->next("chat", at(29)));
  EXPECT_TRUE(ledger_->next("chat", at(30)));
  EXPECT_FALSE(ledger_->next("pager", at(30))) << "another destination";
}

TEST_F(LedgerTest, SupersededAndDeadOnesFreeTheirKey) {
  record(at(1), {},
         {notification("a", "trigger", at(1)), notification("a", "update", at(2)),
          notification("a", "resolve", at(3))});
  for (const auto outcome : {Ledger::Outcome::kSuperseded, Ledger::Outcome::kDead}) {
    const auto found = ledger_->next("chat", at(10));
    ASSERT_TRUE(found);
    ASSERT_TRUE(ledger_->finish(found->id, outcome, "why", at(10)));
    reopen();
  }
  EXPECT_EQ(next_body(at(10)), "{\"text\":\"a resolve\"}");
}

TEST_F(LedgerTest, OldestPendingIsTheAgeOfWhatWaitsLongest) {
  EXPECT_FALSE(ledger_->oldest_pending("chat"));
  record(at(9), {}, {notification("a", "trigger", at(5)), notification("b", "trigger", at(7))});
  EXPECT_EQ(ledger_->oldest_pending("chat"), at(5));
  ASSERT_TRUE(ledger_->finish(ledger_->next("chat", at(9))->id, Ledger::Outcome::kDelivered, "", at(9)));
  EXPECT_EQ(ledger_->oldest_pending("chat"), at(7));
}

TEST_F(LedgerTest, TransitionsComeNewestFirstUpToTheLimit) {
  record(at(3),
         {transition("e", "one", at(1)), transition("e", "two", at(2)), transition("e", "three", at(2))}, {});
  const auto found = ledger_->transitions(2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].step, "three");
  EXPECT_EQ(found[1].step, "two");
}

TEST_F(LedgerTest, FinishedNotificationsAreForgottenAfterNinetyDays) {
  record(at(1), {}, {notification("a", "trigger", at(1))});
  ASSERT_TRUE(ledger_->finish(ledger_->next("chat", at(1))->id, Ledger::Outcome::kDelivered, "", at(1)));
  const auto rows = [&] {
    auto database = sqlite::Database::open(path(), sqlite::Database::Mode::kReadOnly);
    return *database->integer("SELECT count(*) FROM outbox");
  };
  record(at(1) + hours(24 * 90), {}, {});
  EXPECT_EQ(rows(), 1);
  record(at(2) + hours(24 * 90), {}, {});
  EXPECT_EQ(rows(), 0);
}

TEST_F(LedgerTest, RefusesANewerLedgerAndOneThatIsNotOurs) {
  ledger_.reset();
  auto database = sqlite::Database::open(path(), sqlite::Database::Mode::kReadWrite);
  ASSERT_TRUE(database->exec("PRAGMA user_version=99"));
  auto refused = Ledger::open(path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("newer slod"));
  ASSERT_TRUE(database->exec("PRAGMA application_id=7"));
  refused = Ledger::open(path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not a ledger"));
}

TEST_F(LedgerTest, SaysWhatToDoAboutADamagedFile) {
  ledger_.reset();
  std::ofstream(path(), std::ios::binary) << std::string(8192, 'x');
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
  const auto refused = Ledger::open(path());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("damaged"));
  EXPECT_THAT(refused.error().message, HasSubstr("slod restore"));
}

class LedgerCopyTest : public LedgerTest {
 protected:
  void damage() {
    ledger_.reset();
    std::ofstream(path(), std::ios::binary) << std::string(8192, 'x');
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
  }
  Result<std::unique_ptr<Ledger>> open_at(Time journal_end) {
    return Ledger::open(
        LedgerOptions{path(), journal_end, {}, [this](const std::string& level, const std::string& text) {
                        log_ += level + text;
                      }});
  }
  std::string log_;
};

TEST_F(LedgerCopyTest, IsCopiedEveryHour) {
  record(at(10), {transition("e1", "firing", at(10))}, {});
  ASSERT_TRUE(std::filesystem::exists(path() + ".backup"));
  const auto rows_in_copy = [&] {
    auto copy = sqlite::Database::open(path() + ".backup", sqlite::Database::Mode::kReadOnly);
    return *copy->integer("SELECT count(*) FROM transitions");
  };
  EXPECT_EQ(rows_in_copy(), 1);
  record(at(20), {transition("e2", "firing", at(20))}, {});
  EXPECT_EQ(rows_in_copy(), 1);
  record(at(10 + 3600), {}, {});
  EXPECT_EQ(rows_in_copy(), 2);
}

TEST_F(LedgerCopyTest, ADamagedLedgerComesBackFromItsCopyAndSendsNothingOfThePast) {
  record(at(10), {transition("e1", "firing", at(10))}, {notification("k1", "trigger", at(10))});
  record(at(20), {transition("e2", "firing", at(20))}, {notification("k2", "trigger", at(20))});
  const auto sent = ledger_->next("chat", at(30));
  ASSERT_TRUE(ledger_->finish(sent->id, Ledger::Outcome::kDelivered, "200", at(30)));
  damage();
  auto opened = open_at(at(40));
  ASSERT_TRUE(opened) << opened.error().message;
  ledger_ = std::move(*opened);
  EXPECT_THAT(log_, HasSubstr("put back from its copy"));
  EXPECT_TRUE(std::filesystem::exists(path() + ".damaged"));
  EXPECT_EQ(ledger_->last_tick(), at(10));
  EXPECT_FALSE(ledger_->next("chat", at(50))) << "whether k1 was sent is not known: it is not sent again";
  // The journal is read again: what it had decided is written down, and not sent.
  record(at(20), {transition("e2", "firing", at(20))}, {notification("k2", "trigger", at(20))});
  EXPECT_FALSE(ledger_->next("chat", at(50)));
  EXPECT_EQ(ledger_->transitions(10).size(), 2U);
  record(at(50), {}, {notification("k1", "resolve", at(50))});
  ASSERT_TRUE(ledger_->next("chat", at(50)));
  EXPECT_EQ(ledger_->next("chat", at(50))->step, "resolve");
}

TEST_F(LedgerCopyTest, AHoleInTheMiddleOfTheFileIsFoundAtTheOpen) {
  for (int i = 0; i < 400; ++i)
    record(at(10 + i), {transition("e" + std::to_string(i), std::string(300, 'x'), at(i))}, {});
  record(at(3700), {}, {});
  ledger_.reset();
  {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(5 * 4096);
    file << std::string(4096, '\xff');
  }
  auto opened = open_at(at(3700));
  ASSERT_TRUE(opened) << opened.error().message;
  ledger_ = std::move(*opened);
  EXPECT_THAT(log_, HasSubstr("put back"));
  EXPECT_EQ(ledger_->transitions(1000).size(), 400U);
}

TEST_F(LedgerCopyTest, ALedgerThatIsGoneComesBackToo) {
  record(at(10), {transition("e1", "firing", at(10))}, {});
  ledger_.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path() + suffix);
  auto opened = open_at(at(10));
  ASSERT_TRUE(opened) << opened.error().message;
  ledger_ = std::move(*opened);
  EXPECT_EQ(ledger_->transitions(10).size(), 1U);
}

}  // namespace
}  // namespace slod::store
