// The commit alone: groups of 1,000 and 10,000 rows through append(), durable each time, on the disk of
// $TMPDIR. Goals: at least 2 M events/s; at most 64 bytes an event before compression, at most 25 after.
// Yardstick: the same bytes written to a plain file with fdatasync.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <random>
#include <string>

#include "bench/journal_rows.h"
#include "journal/group_codec.h"
#include "journal/narrow.h"
#include "journal/rows.h"
#include "slod/journal/journal.h"

namespace slod::journal {
namespace {

constexpr int kGroups = 64;

using Make = Group (*)(Dictionary&, std::mt19937_64&, std::size_t, Time);

std::vector<Group> make_groups(Dictionary& dictionary, Make make, std::size_t rows) {
  std::mt19937_64 random(1);
  std::vector<Group> groups;
  for (int i = 0; i < kGroups; ++i) {
    groups.push_back(make(dictionary, random, rows, Time(seconds(1'795'000'000 + i))));
  }
  return groups;
}

/// The sizes that the goals speak of, words included, from the second half of the groups: a segment that
/// runs.
void count_bytes(benchmark::State& state, Dictionary& dictionary, std::vector<Group> groups,
                 std::size_t rows) {
  GroupEncoder encoder(dictionary);
  WordsWriter journeys(dictionary), fleet(dictionary);
  double raw = 0;
  double packed = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    narrow(groups[i]);
    groups[i].position = i + 1;
    const Parts api = encode_api(groups[i].api, groups[i].stamp, journeys);
    const Parts device = encode_device(groups[i].device, groups[i].stamp, fleet);
    const std::size_t words = journeys.entries().size() + fleet.entries().size();
    journeys.settle();
    fleet.settle();
    const GroupBlobs b = encoder.encode(groups[i]);
    encoder.settle();
    if (i < groups.size() / 2) continue;
    raw += static_cast<double>(api.packed.size() + api.loose.size() + device.packed.size() +
                               device.loose.size() + words);
    packed += static_cast<double>(b.control.size() + b.journeys.size() + b.fleet.size() +
                                  b.journey_words.size() + b.fleet_words.size());
  }
  const double events = static_cast<double>(rows) * static_cast<double>(groups.size() - groups.size() / 2);
  state.counters["raw_B_per_event"] = raw / events;
  state.counters["packed_B_per_event"] = packed / events;
}

void append_groups(benchmark::State& state, Make make) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  Dictionary dictionary;
  std::vector<Group> groups = make_groups(dictionary, make, rows);
  const TempDir dir;
  JournalOptions options;
  options.dir = dir.path;
  auto journal = open_sqlite_journal(options, dictionary);
  SLOD_ASSERT(journal.has_value());
  std::size_t i = 0;
  for (auto _ : state) {
    const Result<Position> position = (*journal)->append(groups[i++ % groups.size()]);
    SLOD_ASSERT(position.has_value());
  }
  const auto events = static_cast<double>(state.iterations()) * static_cast<double>(rows);
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
  state.counters["disk_B_per_event"] = static_cast<double>((*journal)->bytes()) / events;
  count_bytes(state, dictionary, std::move(groups), rows);
}

void BM_JournalAppendAccessLog(benchmark::State& state) {
  append_groups(state, access_log);
}
void BM_JournalAppendTelemetry(benchmark::State& state) {
  append_groups(state, telemetry);
}
BENCHMARK(BM_JournalAppendAccessLog)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime();
BENCHMARK(BM_JournalAppendTelemetry)->Arg(1'000)->Arg(10'000)->UseRealTime();

void BM_JournalEncodeOnly(benchmark::State& state) {
  Dictionary dictionary;
  std::vector<Group> groups = make_groups(dictionary, access_log, 1'000);
  GroupEncoder encoder(dictionary);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(encoder.encode(groups[i++ % groups.size()]));
    encoder.settle();
  }
  state.counters["events/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 1'000, benchmark::Counter::kIsRate);
}
BENCHMARK(BM_JournalEncodeOnly);

void BM_JournalRead(benchmark::State& state) {
  constexpr std::size_t kRows = 10'000;
  Dictionary dictionary;
  std::vector<Group> groups = make_groups(dictionary, access_log, kRows);
  const TempDir dir;
  JournalOptions options;
  options.dir = dir.path;
  auto journal = open_sqlite_journal(options, dictionary);
  for (Group& group : groups) SLOD_ASSERT((*journal)->append(group).has_value());
  for (auto _ : state) {
    Dictionary mine;
    auto reader = (*journal)->read_from(0, mine);
    for (auto group = (*reader)->next(); group && *group; group = (*reader)->next()) {
      benchmark::DoNotOptimize((*group)->api.data());
    }
  }
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(state.iterations()) * kRows * kGroups,
                                                  benchmark::Counter::kIsRate);
}
BENCHMARK(BM_JournalRead)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Yardstick: as many bytes as a group of access logs takes on disk, to a plain file with fdatasync.
void BM_PlainFileYardstick(benchmark::State& state) {
  const auto rows = static_cast<std::size_t>(state.range(0));
  const TempDir dir;
  const int file = ::open((dir.path + "/plain").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string bytes(rows * 25, 'x');
  for (auto _ : state) {
    SLOD_ASSERT(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    SLOD_ASSERT(::fdatasync(file) == 0);
  }
  ::close(file);
  state.counters["events/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(rows), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_PlainFileYardstick)->Arg(1'000)->Arg(10'000)->UseRealTime();

}  // namespace
}  // namespace slod::journal
