// Fleet at 1 M devices: ns for a report, ms for a minute boundary, resident bytes per device. The yardstick
// for an update is an independent random read-modify-write over as much memory as the devices take.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "slod/fleet/fleet.h"

namespace slod::fleet {
namespace {

constexpr std::uint32_t kDevices = 1'000'000;
const Time kStart = from_nanos(1'795'000'020'000'000'000 / 60'000'000'000 * 60'000'000'000);

std::size_t resident_bytes() {
  std::size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class Sum : public MinuteSink {
 public:
  void book_minutes(const MinuteBooking& booking, std::int64_t count) override {
    if (booking.check == 0) minutes += count;
  }
  std::int64_t minutes = 0;
};

class BigFleet {
 public:
  BigFleet() {
    FleetConfig fleet;
    fleet.sources = {"fleet"};
    fleet.battery = BatteryCheck{};
    config_.fleet = fleet;
    for (std::uint32_t d = 0; d < kDevices; ++d)
      ids_.push_back(dictionary_.intern("vehicle-" + std::to_string(d)));
    for (const char* area : {"shibuya", "osaka", "kyoto", "yokohama"}) {
      const Label label{dictionary_.intern("area"), dictionary_.intern(area)};
      areas_.push_back(dictionary_.intern_labels({&label, 1}));
    }
    state_ = dictionary_.intern("available");
    before_ = resident_bytes();
    fleet_ = std::make_unique<Fleet>(config_, dictionary_, std::vector<RegistryEntry>{},
                                     std::vector<std::string>{"connectivity", "battery", "any"}, sink_);
  }
  /// The next report in a random but fixed order; each device once a minute.
  void report() {
    const std::uint32_t d =
        static_cast<std::uint32_t>((std::uint64_t{next_ % kDevices} * 611'953 + 7) % kDevices);
    DeviceRow row;
    row.received = kStart + Duration(static_cast<std::int64_t>(next_) * 60'000);
    row.time = row.received - std::chrono::milliseconds(800);
    row.has_time = true;
    row.seq = static_cast<std::int64_t>(next_ / kDevices);
    row.battery = 50;
    row.device = ids_[d];
    row.word = state_;
    row.labels = areas_[d % areas_.size()];
    fleet_->apply(row);
    ++next_;
  }
  void minute() {
    for (std::uint32_t i = 0; i < kDevices; ++i) {
      if (i % (kDevices / 6) == 0 && i != 0 && i + 10 < kDevices) tick();
      report();
    }
  }
  void tick() { fleet_->tick(kStart + Duration(static_cast<std::int64_t>(next_) * 60'000)); }
  [[nodiscard]] double bytes_per_device() const {
    return static_cast<double>(resident_bytes() - before_) / kDevices;
  }

 private:
  Config config_;
  Dictionary dictionary_;
  Sum sink_;
  std::vector<StringId> ids_;
  std::vector<LabelSetId> areas_;
  StringId state_ = 0;
  std::size_t before_ = 0;
  std::unique_ptr<Fleet> fleet_;
  std::uint64_t next_ = 0;
};

BigFleet& warm_fleet() {
  static BigFleet fleet;
  static const bool warm = [] {
    for (int m = 0; m < 12; ++m) {
      fleet.minute();
      fleet.tick();
    }
    return true;
  }();
  benchmark::DoNotOptimize(warm);
  return fleet;
}

void RandomReadModifyWrite(benchmark::State& state) {
  std::vector<std::uint64_t> memory(std::size_t{kDevices} * 16);
  std::uint64_t i = 0;
  for (auto _ : state) {
    ++memory[(i * 611'953 + 7) % kDevices * 16];
    ++i;
  }
  benchmark::DoNotOptimize(memory.data());
}
BENCHMARK(RandomReadModifyWrite);

void Report(benchmark::State& state) {
  BigFleet& fleet = warm_fleet();
  for (auto _ : state) fleet.report();
  state.counters["bytes_per_device"] = fleet.bytes_per_device();
}
BENCHMARK(Report)->Iterations(3 * kDevices);

void MinuteBoundary(benchmark::State& state) {
  BigFleet& fleet = warm_fleet();
  for (auto _ : state) {
    state.PauseTiming();
    fleet.minute();
    state.ResumeTiming();
    fleet.tick();
  }
}
BENCHMARK(MinuteBoundary)->Iterations(6)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod::fleet
