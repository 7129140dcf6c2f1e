// An engine with its dictionary, as the daemon has it, that plays the steps of a history.
#pragma once

#include <gtest/gtest.h>

#include "property/engine_history.h"
#include "slod/config/load.h"
#include "slod/core/remap.h"
#include "slod/engine/engine.h"
#include "slod/serve/render.h"

namespace slod::engine::test {

using slod::test::EngineHistory;
using slod::test::EngineStep;

struct Running {
  Running(std::shared_ptr<const Config> config, const Dictionary& journal_in)
      : journal(journal_in), engine(std::move(config), registry(), dictionary) {
    engine.keep_hours();
  }

  static std::vector<fleet::RegistryEntry> registry() { return {}; }

  void apply(const EngineStep& step) {
    if (const auto* row = std::get_if<ApiRow>(&step))
      engine.apply(translation.row(journal, *row, dictionary));
    if (const auto* row = std::get_if<DeviceRow>(&step))
      engine.apply(translation.row(journal, *row, dictionary));
    if (const auto* gap = std::get_if<slod::test::Outage>(&step))
      engine.unobserved(gap->source, gap->from, gap->to);
    if (const auto* link = std::get_if<slod::test::Link>(&step))
      engine.source_up(link->source, link->up, link->at);
    if (const auto* counted = std::get_if<slod::test::Counted>(&step)) {
      engine.count(counted->source, counted->counts);
      engine.note_unmatched("/path" + std::to_string(counted->counts.accepted));
      if (counted->counts.shed > 0) engine.missing(counted->source, counted->counts.shed, counted->at);
    }
    if (const auto* tick = std::get_if<slod::test::TickStep>(&step)) {
      transitions = engine.tick(tick->at);
      if (nanos(tick->at) / 10'000'000'000 % 16 == 0) tell(engine.take_hours());
    }
  }

  /// The last hours that were told.
  void tell(const std::vector<MeasureHours>& measures) {
    hours.clear();
    for (const MeasureHours& measure : measures) {
      for (const SeriesHours& series : measure.series) {
        hours += measure.measure + std::to_string(static_cast<int>(series.of));
        for (const std::string& word : series.name) hours += " " + word;
        for (const HourCount& one : series.hours)
          hours += " " + std::to_string(one.hour) + ": " + std::to_string(one.good) + " " +
                   std::to_string(one.bad);
      }
    }
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
    std::string text = says_of_slos(*snapshot) + serve::slos_json(*snapshot, &transitions) +
                       serve::sources_json(*snapshot) + serve::alerts_json(*snapshot);
    for (const auto& device : snapshot->unhealthy)
      text += device.device + device.state + device.reason + format_rfc3339(device.last_seen) +
              std::to_string(device.battery.value_or(-1));
    for (const auto& [path, count] : snapshot->unmatched_paths) text += path + std::to_string(count);
    text += hours;
    for (const Transition& t : snapshot->recent_transitions) text += t.episode + t.to + format_rfc3339(t.at);
    return text;
  }

  [[nodiscard]] static std::string says_of_slos(const Snapshot& snapshot) {
    std::string text = serve::metrics_text(snapshot, {});
    for (const SloReading& slo : snapshot.slos) text += serve::slo_json(snapshot, slo.config->name);
    return text;
  }

  const Dictionary& journal;
  Dictionary dictionary;
  Translation translation;
  Engine engine;
  std::vector<Transition> transitions;
  std::string hours;
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
inline std::string difference(const std::string& a, const std::string& b) {
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  const std::size_t from = at < 200 ? 0 : at - 200;
  return "straight: ..." + a.substr(from, 300) + "\nother: ..." + b.substr(from, 300);
}

}  // namespace slod::engine::test
