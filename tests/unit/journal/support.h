// What the journal's tests share: a directory that goes away, seeded random groups, and a text of a group
// that is equal for equal groups whatever dictionary their ids belong to.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "slod/journal/journal.h"

namespace slod::journal::test {

class TempDir {
 public:
  TempDir() {
    // Without a disk where that is possible: a crash of the process is what is tested, and fsync takes its
    // time.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (memory ? "/dev/shm/" : ::testing::TempDir()) + "journal_XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Time at(std::int64_t second) {
  return Time(seconds(second));
}

/// SLOD_SEED replays a run.
inline std::uint64_t test_seed() {
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("SLOD_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t bits() { return engine_(); }
  std::uint64_t below(std::uint64_t n) { return engine_() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::string text(std::size_t longest) {
    std::string out(below(longest + 1), ' ');
    for (char& c : out) c = static_cast<char>(bits());
    return out;
  }
  /// Now and then the ends of the range.
  std::int64_t number() {
    switch (below(8)) {
      case 0:
        return std::numeric_limits<std::int64_t>::min();
      case 1:
        return std::numeric_limits<std::int64_t>::max();
      case 2:
        return static_cast<std::int64_t>(bits());
      default:
        return static_cast<std::int64_t>(below(100'000)) - 100;
    }
  }

 private:
  std::mt19937_64 engine_;
};

inline double random_double(Random& random) {
  switch (random.below(6)) {
    case 0:
      return kNoValue;
    case 1:
      return -0.0;
    case 2:
      return static_cast<double>(random.number()) * 1e200;
    case 3:
      return static_cast<double>(random.bits()) / 3.0;
    default:
      return static_cast<double>(random.below(360'000'000)) / 1e6 - 180.0;
  }
}

inline LabelSetId random_labels(Random& random, Dictionary& dictionary) {
  std::vector<Label> labels;
  for (std::uint64_t n = random.below(4); n > 0; --n) {
    labels.push_back({dictionary.intern("key" + std::to_string(n)),
                      dictionary.intern("v" + std::to_string(random.below(20)))});
  }
  return dictionary.intern_labels(labels);
}

inline StringId random_string(Random& random, Dictionary& dictionary) {
  return random.one_in(5) ? dictionary.intern(random.text(12))
                          : dictionary.intern("w" + std::to_string(random.below(30)));
}

inline Digest random_digest(Random& random) {
  return random.one_in(4) ? Digest{} : Digest{random.bits(), random.bits()};
}

inline ApiRow random_api(Random& random, Dictionary& dictionary) {
  ApiRow row;
  row.start = from_nanos(random.number());
  row.latency = random.one_in(4) ? kNoLatency : Duration(random.number());
  row.received = from_nanos(random.number());
  row.id = random_digest(random);
  row.user = random.one_in(3) ? 0 : random.bits();
  row.source = random_string(random, dictionary);
  row.route = random_string(random, dictionary);
  row.device = random_string(random, dictionary);
  row.labels = random_labels(random, dictionary);
  row.status = static_cast<std::uint16_t>(random.below(65536));
  return row;
}

inline DeviceRow random_device(Random& random, Dictionary& dictionary) {
  DeviceRow row;
  row.kind = static_cast<MessageKind>(random.below(4));
  row.retained = random.one_in(2);
  row.has_time = random.one_in(2);
  row.time = from_nanos(random.number());
  row.received = from_nanos(random.number());
  row.id = random_digest(random);
  row.payload = random_digest(random);
  row.seq = random.one_in(3) ? kNoNumber : random.number();
  row.boot = random.one_in(3) ? kNoNumber : random.number();
  row.battery = random_double(random);
  row.lat = random_double(random);
  row.lon = random_double(random);
  row.source = random_string(random, dictionary);
  row.device = random_string(random, dictionary);
  row.word = random_string(random, dictionary);
  row.labels = random_labels(random, dictionary);
  row.values = random_labels(random, dictionary);
  return row;
}

inline void add_random_facts(Random& random, Group& group) {
  for (std::uint64_t n = random.below(4); n > 0; --n) {
    const auto kind = static_cast<ControlKind>(1 + random.below(13));
    group.controls.push_back({kind, from_nanos(random.number()), random.text(20), random.text(300)});
  }
  for (std::uint64_t n = random.below(3); n > 0; --n) {
    SourceCounts counts;
    counts.accepted = random.bits();
    counts.ignored = random.below(10);
    counts.late = random.below(10);
    counts.shed = random.below(2);
    if (random.one_in(2)) counts.duplicate = random.below(1000);
    if (random.one_in(2)) counts.rejected["no_status"] = random.below(100);
    group.counts.emplace_back("s" + std::to_string(n), counts);
  }
  for (std::uint64_t n = random.below(3); n > 0; --n) {
    const IdempotencyKey key{random.text(30), {random.bits(), random.bits()}, random.text(80)};
    group.keys.push_back({random.text(5), key, from_nanos(random.number())});
  }
  for (std::uint64_t n = random.below(3); n > 0; --n) {
    group.positions.push_back({"s" + std::to_string(n), "inode:" + std::to_string(random.below(5)),
                               random.bits() >> 1, random.text(16)});
  }
}

inline Group random_group(Random& random, Dictionary& dictionary, Time stamp) {
  Group group;
  group.stamp = stamp;
  add_random_facts(random, group);
  const std::uint64_t most = random.one_in(4) ? 300 : 6;
  for (std::uint64_t n = random.below(most); n > 0; --n) group.api.push_back(random_api(random, dictionary));
  for (std::uint64_t n = random.below(most); n > 0; --n)
    group.device.push_back(random_device(random, dictionary));
  return group;
}

/// Equal groups have equal texts.
std::string describe(const Group& group, const Dictionary& dictionary);

/// Every group from `reader` to its end as text; an error ends the list as "error: ...".
std::vector<std::string> read_all(Reader& reader, const Dictionary& dictionary);
std::vector<std::string> read_all(Journal& journal, Position after);

}  // namespace slod::journal::test
