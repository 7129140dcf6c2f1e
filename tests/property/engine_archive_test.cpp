// An engine that was archived and read back goes on as the one that never stopped: for random histories, cut
// at a random place, every later transition and every number that people and programs read. A field that an
// io() forgets shows here.
#include "slod/core/archive.h"

#include <gtest/gtest.h>

#include "property/engine_history.h"
#include "slod/config/load.h"
#include "slod/core/remap.h"
#include "slod/engine/engine.h"
#include "slod/serve/render.h"
#include "support/histories.h"

namespace slod::engine {
namespace {

using test::EngineHistory;
using test::EngineStep;

/// An engine with its dictionary, as the daemon has it.
struct Running {
  Running(std::shared_ptr<const Config> config, const Dictionary& journal_in)
      : journal(journal_in), engine(std::move(config), registry(), dictionary) {}

  static std::vector<fleet::RegistryEntry> registry() { return {}; }

  void apply(const EngineStep& step) {
    if (const auto* row = std::get_if<ApiRow>(&step))
      engine.apply(translation.row(journal, *row, dictionary));
    if (const auto* row = std::get_if<DeviceRow>(&step))
      engine.apply(translation.row(journal, *row, dictionary));
    if (const auto* gap = std::get_if<test::Outage>(&step))
      engine.unobserved(gap->source, gap->from, gap->to);
    if (const auto* link = std::get_if<test::Link>(&step)) engine.source_up(link->source, link->up, link->at);
    if (const auto* counted = std::get_if<test::Counted>(&step)) {
      engine.count(counted->source, counted->counts);
      engine.note_unmatched("/path" + std::to_string(counted->counts.accepted));
    }
    if (const auto* tick = std::get_if<test::TickStep>(&step)) transitions = engine.tick(tick->at);
  }

  std::string archived() {
    archive::Writer writer;
    engine.io(writer);
    return writer.take();
  }

  [[nodiscard]] bool restore(std::string_view bytes) {
    archive::Reader reader(bytes);
    engine.io(reader);
    return reader.complete();
  }

  /// Everything that a snapshot says.
  [[nodiscard]] std::string says() const {
    const auto snapshot = engine.snapshot();
    std::string text = serve::slos_json(*snapshot, &transitions) + serve::sources_json(*snapshot) +
                       serve::alerts_json(*snapshot) + serve::metrics_text(*snapshot, {});
    for (const SloReading& slo : snapshot->slos) text += serve::slo_json(*snapshot, slo.config->name);
    for (const auto& device : snapshot->unhealthy)
      text += device.device + device.state + device.reason + format_rfc3339(device.last_seen) +
              std::to_string(device.battery.value_or(-1));
    for (const auto& [path, count] : snapshot->unmatched_paths) text += path + std::to_string(count);
    for (const Transition& t : snapshot->recent_transitions) text += t.episode + t.to + format_rfc3339(t.at);
    return text;
  }

  const Dictionary& journal;
  Dictionary dictionary;
  Translation translation;
  Engine engine;
  std::vector<Transition> transitions;
};

struct History {
  explicit History(std::uint64_t seed) : maker(seed) {
    const config::Loaded loaded = config::load_text(maker.config_text());
    for (const config::Fault& fault : loaded.faults) {
      if (!fault.warning) ADD_FAILURE() << config::format_fault(fault, false);
    }
    config = loaded.config;
    steps = maker.make();
  }
  EngineHistory maker;
  std::shared_ptr<const Config> config;
  std::vector<EngineStep> steps;
};

/// Where the two differ, with what stands around it.
std::string difference(const std::string& a, const std::string& b) {
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  const std::size_t from = at < 200 ? 0 : at - 200;
  return "straight: ..." + a.substr(from, 300) + "\nrestored: ..." + b.substr(from, 300);
}

bool equal_from(const History& history, std::size_t cut, Running& straight, Running& restored) {
  for (std::size_t i = cut; i < history.steps.size(); ++i) {
    straight.apply(history.steps[i]);
    restored.apply(history.steps[i]);
    if (!std::holds_alternative<test::TickStep>(history.steps[i])) continue;
    if (i + 1 < history.steps.size() && i % 16 != 0 &&
        straight.transitions.size() == restored.transitions.size())
      continue;
    const std::string a = straight.says(), b = restored.says();
    if (a == b) continue;
    ADD_FAILURE() << "step " << i << " of " << history.steps.size() << ", cut at " << cut << "\n"
                  << difference(a, b);
    return false;
  }
  return true;
}

TEST(EngineArchive, ARestoredEngineGoesOnAsIfItHadNeverStopped) {
  const std::uint64_t first = test::first_seed();
  std::size_t fired = 0;
  for (std::uint64_t seed = first; seed < first + test::histories(300); ++seed) {
    const History history(seed);
    ASSERT_NE(history.config, nullptr) << "SLOD_SEED=" << seed;
    test::Random random(seed + 1);
    const auto cut =
        static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(history.steps.size())));
    Running straight(history.config, history.maker.dictionary());
    for (std::size_t i = 0; i < cut; ++i) straight.apply(history.steps[i]);
    Running restored(history.config, history.maker.dictionary());
    const std::string bytes = straight.archived();
    ASSERT_TRUE(restored.restore(bytes)) << "SLOD_SEED=" << seed;
    restored.transitions = straight.transitions;
    EXPECT_EQ(straight.says(), restored.says()) << "SLOD_SEED=" << seed;
    ASSERT_TRUE(equal_from(history, cut, straight, restored)) << "SLOD_SEED=" << seed;
    EXPECT_EQ(straight.archived().size(), restored.archived().size()) << "SLOD_SEED=" << seed;
    fired += straight.engine.snapshot()->recent_transitions.size();
  }
  EXPECT_GT(fired, test::histories(300)) << "the histories must make alerts fire";
}

TEST(EngineArchive, AnEngineThatStartsAnewAtTheCutDiffers) {
  const std::uint64_t first = test::first_seed();
  std::size_t differ = 0;
  const std::uint64_t count = test::histories(50);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const History history(seed);
    Running straight(history.config, history.maker.dictionary()),
        fresh(history.config, history.maker.dictionary());
    for (std::size_t i = 0; i < history.steps.size(); ++i) {
      straight.apply(history.steps[i]);
      if (i >= history.steps.size() / 2) fresh.apply(history.steps[i]);
    }
    differ += straight.says() == fresh.says() ? 0 : 1;
  }
  EXPECT_GE(differ, count - count / 10) << "negative control: the comparison must see what is missing";
}

TEST(EngineArchive, DamagedBytesAreRefusedOrReadWithoutACrash) {
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + test::histories(100); ++seed) {
    const History history(seed);
    Running straight(history.config, history.maker.dictionary());
    for (const EngineStep& step : history.steps) straight.apply(step);
    const std::string bytes = straight.archived();
    test::Random random(seed + 1);
    for (int i = 0; i < 10; ++i) {
      const auto at =
          static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1));
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.between(0, 7)));
      Running reads(history.config, history.maker.dictionary());
      static_cast<void>(reads.restore(damaged));
      Running shorter(history.config, history.maker.dictionary());
      EXPECT_FALSE(shorter.restore(std::string_view(bytes).substr(0, at))) << "SLOD_SEED=" << seed;
    }
  }
}

TEST(EngineArchive, AnotherConfigRefusesTheArchive) {
  const History history(7), other(8);
  Running straight(history.config, history.maker.dictionary());
  for (const EngineStep& step : history.steps) straight.apply(step);
  Running reads(other.config, other.maker.dictionary());
  EXPECT_FALSE(reads.restore(straight.archived()));
}

}  // namespace
}  // namespace slod::engine
