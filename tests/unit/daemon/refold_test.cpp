// A range that the booking log no longer holds is folded again from the journal, beside its writer.
#include "daemon/refold.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>

#include "daemon/why.h"
#include "slod/engine/engine.h"
#include "slod/journal/journal.h"
#include "unit/engine/journey_world.h"

namespace slod::daemon {
namespace {

using engine::test::at;
using engine::test::slo_of;
using engine::test::unlock_config;

/// A journal of an hour of unlocks, a tick every 10 s; one app of three fails.
class RefoldTest : public ::testing::Test {
 public:
  RefoldTest() {
    std::string name = (std::filesystem::temp_directory_path() / "slod_refold_XXXXXX").string();
    dir = ::mkdtemp(name.data());
    Config said = unlock_config(true, true);
    said.sources[0].format->fields.labels = {{"app", "/app"}};
    said.slos = {slo_of("unlock"), slo_of("other")};
    config = std::make_shared<const Config>(std::move(said));
  }
  ~RefoldTest() override {
    journal.reset();
    std::filesystem::remove_all(dir);
  }

  /// Writes the hour, and folds the same groups with the log beside it.
  void write(engine::Engine& engine, engine::BookingLog& log) {
    journal::JournalOptions options;
    options.dir = dir + "/journal";
    auto opened = journal::open_sqlite_journal(options, dictionary);
    ASSERT_TRUE(opened) << opened.error().message;
    journal = std::move(*opened);
    engine.record_to(log);
    for (int tick = 0; tick <= 360; ++tick) {
      journal::Group group = group_at(tick);
      ASSERT_TRUE(journal->append(group));
      log.at(group.stamp);
      engine.tick(group.controls[0].at);
      for (const ApiRow& row : group.api) engine.apply(row);
      for (const DeviceRow& row : group.device) engine.apply(row);
    }
    log.publish();
  }
  journal::Group group_at(int tick) {
    journal::Group group;
    group.stamp = at(tick * 10.0 + 9);
    group.controls.push_back({journal::ControlKind::kTick, at(tick * 10.0), {}, {}});
    for (int i = 0; i < 3; ++i) {
      ApiRow row;
      row.start = at(tick * 10.0 + i);
      row.latency = seconds(1);
      row.received = row.start + seconds(1);
      row.source = dictionary.intern("gateway");
      row.route = dictionary.intern("POST /unlock");
      row.device = dictionary.intern("v" + std::to_string((tick * 3 + i) % 50));
      row.user = static_cast<std::uint64_t>(i + 1);
      row.status = i == 2 ? 503 : 200;
      const std::vector<Label> labels{{dictionary.intern("app"), dictionary.intern(i == 2 ? "ops" : "ios")}};
      row.labels = dictionary.intern_labels(labels);
      group.api.push_back(row);
      if (i == 1) continue;  // its device never answers
      DeviceRow reply;
      reply.kind = MessageKind::kReply;
      reply.time = reply.received = row.start + seconds(2);
      reply.source = dictionary.intern("fleet");
      reply.device = row.device;
      reply.word = dictionary.intern("ok");
      group.device.push_back(reply);
    }
    return group;
  }

  std::string dir;
  std::shared_ptr<const Config> config;
  Dictionary dictionary;
  std::unique_ptr<journal::Journal> journal;
  std::vector<fleet::RegistryEntry> registry;
};

std::vector<std::tuple<std::string, std::string, std::int64_t, std::int64_t>> all_of(
    const engine::Contributors& answer) {
  std::vector<std::tuple<std::string, std::string, std::int64_t, std::int64_t>> all;
  for (const engine::Dimension& dimension : answer.dimensions) {
    for (const engine::Share& share : dimension.top)
      all.emplace_back(dimension.name, share.value, share.tally.good, share.tally.bad);
  }
  return all;
}

TEST_F(RefoldTest, TheJournalSaysWhatTheLogSays) {
  engine::Engine engine(config, registry, dictionary);
  engine::BookingLog log(*config);
  write(engine, log);
  const engine::SlotRange range{slot_of(at(600)), slot_of(at(1800))};
  engine::Contributions contributions(*config, config->slos[0], range);
  contributions.add(*log.read(config->slos[0]));
  const engine::Contributors live =
      engine::contributors_of(*config, config->slos[0], range, contributions.sums(), dictionary);
  const std::atomic<bool> stopping{false};
  const auto old = refold({config, registry, dir + "/journal", hours(24 * 400)}, "unlock", range, stopping);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_EQ(old->computed_from, "journal");
  EXPECT_EQ(old->note, "");
  EXPECT_GT(old->total.bad, 100);
  EXPECT_EQ(old->total.good, live.total.good);
  EXPECT_EQ(old->total.bad, live.total.bad);
  EXPECT_EQ(all_of(*old), all_of(live));
}

TEST_F(RefoldTest, ARangeBeyondTheRetentionSaysSo) {
  engine::Engine engine(config, registry, dictionary);
  engine::BookingLog log(*config);
  write(engine, log);
  const engine::SlotRange range{slot_of(at(0)), slot_of(at(1800))};
  const std::atomic<bool> stopping{false};
  const auto old = refold({config, registry, dir + "/journal", minutes(30)}, "unlock", range, stopping);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_NE(old->note.find("journal_retention"), std::string::npos) << old->note;
}

TEST_F(RefoldTest, AQuestionThatTheLogCannotAnswerGoesToTheJournal) {
  engine::Engine engine(config, registry, dictionary);
  engine::BookingLog log(*config);
  write(engine, log);
  log.begin(at(3000));  // as after a checkpoint: nothing older is in the log
  log.publish();
  Why why({dir + "/journal", hours(24 * 400)}, [&] {
    return Booked{config, registry, log, dictionary, nullptr};
  });
  const auto ask = [&](double from, double to) {
    std::promise<Result<engine::Contributors>> told;
    EXPECT_TRUE(why.ask("unlock", {slot_of(at(from)), slot_of(at(to))},
                        [&](Result<engine::Contributors> answer) { told.set_value(std::move(answer)); }));
    const Result<engine::Contributors> answer = told.get_future().get();
    EXPECT_TRUE(answer);
    return answer ? answer->computed_from : answer.error().message;
  };
  EXPECT_EQ(ask(0, 3600), "journal");
  EXPECT_EQ(ask(3200, 3600), "journal") << "an event may start 5 min after its first booking";
  EXPECT_EQ(ask(3300, 3600), "memory");
}

TEST_F(RefoldTest, StoppingEndsIt) {
  engine::Engine engine(config, registry, dictionary);
  engine::BookingLog log(*config);
  write(engine, log);
  const std::atomic<bool> stopping{true};
  EXPECT_FALSE(refold({config, registry, dir + "/journal", hours(24)}, "unlock", {0, 1}, stopping));
}

}  // namespace
}  // namespace slod::daemon
