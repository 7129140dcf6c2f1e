// What the booking log costs the fold: one booking written down; and a question over a full log.
#include <benchmark/benchmark.h>

#include "slod/engine/contributors.h"

namespace {

using namespace slod;

Config one_slo() {
  Config config;
  config.actors = {{"rider", {}}};
  config.journeys.resize(1);
  SloConfig slo;
  slo.name = "unlock";
  slo.journey = 0;
  slo.objective = 990'000;
  config.slos = {slo};
  return config;
}

fold::Booking booking_of(int i) {
  fold::Booking booking;
  booking.view = {0, GoodWhen::kAll};
  booking.slot = 179'534'880 + i / 1000;
  booking.latency = std::chrono::microseconds(200'123);
  booking.verdict = i % 50 == 0 ? Verdict::kBad : Verdict::kGood;
  booking.outcome = i % 50 == 0 ? fold::Outcome::kHttpError : fold::Outcome::kOk;
  booking.labels = static_cast<LabelSetId>(i % 200);
  booking.device = static_cast<StringId>(i % 20'000);
  booking.status = 200;
  return booking;
}

void booking_log_record(benchmark::State& state) {
  const Config config = one_slo();
  engine::BookingLog log(config);
  std::vector<fold::Booking> bookings;
  for (int i = 0; i < 4096; ++i) bookings.push_back(booking_of(i));
  std::size_t i = 0;
  for (auto _ : state) log.event(bookings[i++ & 4095], 1);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(booking_log_record);

void booking_log_question(benchmark::State& state) {
  const Config config = one_slo();
  engine::BookingLog log(config);
  for (int i = 0; i < static_cast<int>(engine::BookingLog::kMost); ++i) log.event(booking_of(i), 1);
  log.publish();
  const auto lane = log.read(config.slos[0]);
  for (auto _ : state) {
    engine::Contributions contributions(config, config.slos[0], {0, 179'534'880 * 2});
    contributions.add(*lane);
    benchmark::DoNotOptimize(contributions.sums().total.bad);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(engine::BookingLog::kMost));
}
BENCHMARK(booking_log_question)->Unit(benchmark::kMillisecond);

}  // namespace
