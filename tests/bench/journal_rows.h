// Rows as a fleet makes them, for the journal's benchmarks, and a directory that goes away.
#pragma once

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "slod/journal/journal.h"

namespace slod::journal {

struct TempDir {
  std::string path;
  TempDir() {
    path = (std::filesystem::temp_directory_path() / "slod-bench-XXXXXX").string();
    SLOD_ASSERT(::mkdtemp(path.data()) != nullptr);
  }
  ~TempDir() { std::filesystem::remove_all(path); }
};

inline std::string name(const char* stem, std::uint64_t number) {
  return std::string(stem).append(std::to_string(number));
}

/// Access logs of a fleet: 20,000 devices, 100,000 users, 6 routes, 36 label sets, log-normal latency in ms,
/// ids of 128 random bits, ends that ascend, one batch of 1,000 received at a time.
inline Group access_log(Dictionary& dictionary, std::mt19937_64& random, std::size_t rows, Time stamp) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  std::lognormal_distribution<double> latency(5.0, 0.9);
  Group group;
  group.stamp = stamp;
  group.api.resize(rows);
  Time end = stamp - seconds(1);
  for (std::size_t i = 0; i < rows; ++i) {
    ApiRow& row = group.api[i];
    end += Duration(1'000'000 * static_cast<std::int64_t>(pick(3)));
    row.latency = Duration(1'000'000 * static_cast<std::int64_t>(latency(random)));
    row.start = end - row.latency;
    row.received = stamp - Duration(1'000'000 * static_cast<std::int64_t>((rows - i) / 1000));
    row.id = {random(), random()};
    row.user = random();
    row.source = dictionary.intern("gateway");
    row.route = dictionary.intern(name("POST /v1/route", pick(6)));
    row.device = dictionary.intern(name("vehicle-", pick(20'000)));
    const Label labels[] = {{dictionary.intern("app"), dictionary.intern(name("app", pick(4)))},
                            {dictionary.intern("area"), dictionary.intern(name("area", pick(9)))}};
    row.labels = dictionary.intern_labels(labels);
    row.status = static_cast<std::uint16_t>(pick(100) == 0 ? 503 : 200);
  }
  return group;
}

/// Reports of the same fleet: battery in percent, position with six decimals, a sequence number.
inline Group telemetry(Dictionary& dictionary, std::mt19937_64& random, std::size_t rows, Time stamp) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  Group group;
  group.stamp = stamp;
  group.device.resize(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    DeviceRow& row = group.device[i];
    row.has_time = true;
    row.received = stamp - Duration(20'000 * static_cast<std::int64_t>(rows - i));
    row.time = row.received - Duration(1'000'000 * static_cast<std::int64_t>(50 + pick(200)));
    row.payload = {random(), random()};
    row.seq = static_cast<std::int64_t>(pick(10'000));
    row.battery = static_cast<double>(pick(101));
    row.lat = 35.6 + static_cast<double>(pick(100'000)) / 1e6;
    row.lon = 139.7 + static_cast<double>(pick(100'000)) / 1e6;
    row.lat = std::round(row.lat * 1e6) / 1e6;
    row.lon = std::round(row.lon * 1e6) / 1e6;
    row.source = dictionary.intern("fleet");
    row.device = dictionary.intern(name("vehicle-", pick(20'000)));
    row.word = dictionary.intern(pick(4) == 0 ? "riding" : "parked");
    const Label labels[] = {{dictionary.intern("model"), dictionary.intern(name("m", pick(3)))},
                            {dictionary.intern("firmware"), dictionary.intern(name("1.2.", pick(4)))}};
    row.labels = dictionary.intern_labels(labels);
  }
  return group;
}

}  // namespace slod::journal
