// How long a durable commit takes, beside a plain file with write and fdatasync under the same bytes, in
// turn, in one process. Prints JSON.
//   commit_load journal ROWS SECONDS DIR   groups of ROWS events through the journal's append(), first one
//   after the
//                                          other, then at half of that rate (the time is from when it was
//                                          due)
//   commit_load raw BYTES RATE SECONDS DIR what RATE bodies of BYTES bytes a second cost a plain file: what
//   is due is
//                                          written together, then one fdatasync answers it (latency from when
//                                          due)
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <thread>

#include "bench/journal_rows.h"
#include "journal/directory.h"
#include "journal/group_codec.h"
#include "journal/narrow.h"

namespace slod::journal {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kGroups = 64;

double milliseconds(Clock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

/// Latencies in ms, and the time that all of it took.
struct Run {
  std::vector<double> ms;
  double seconds = 0;
  [[nodiscard]] double quantile(double q) const {
    std::vector<double> sorted = ms;
    std::sort(sorted.begin(), sorted.end());
    if (sorted.empty()) return 0;
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
  }
  [[nodiscard]] double rate() const { return static_cast<double>(ms.size()) / seconds; }
};

class PlainFile {
 public:
  explicit PlainFile(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    SLOD_ASSERT(file_ >= 0);
  }
  ~PlainFile() { ::close(file_); }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;
  void append(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(file_, bytes.data(), bytes.size());
      SLOD_ASSERT(n > 0);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void sync() const { SLOD_ASSERT(::fdatasync(file_) == 0); }

 private:
  int file_;
};

using Commit = std::function<void()>;

/// One after the other, `a` and `b` in turn, so that both meet the same disk.
std::pair<Run, Run> full_rate(const Commit& a, const Commit& b, double seconds) {
  std::pair<Run, Run> runs;
  const auto timed = [](const Commit& commit, Run& run) {
    const auto begin = Clock::now();
    commit();
    run.ms.push_back(milliseconds(Clock::now() - begin));
    run.seconds += run.ms.back() / 1000;
  };
  while (runs.first.seconds + runs.second.seconds < seconds) {
    timed(a, runs.first);
    timed(b, runs.second);
  }
  return runs;
}

Run at_rate(const Commit& commit, double a_second, double seconds) {
  Run run;
  const auto begin = Clock::now();
  const auto step = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / a_second));
  for (auto due = begin; milliseconds(due - begin) < seconds * 1000; due += step) {
    std::this_thread::sleep_until(due);
    commit();
    run.ms.push_back(milliseconds(Clock::now() - due));
  }
  run.seconds = milliseconds(Clock::now() - begin) / 1000;
  return run;
}

/// What the journal writes of each group: the bytes for the plain file.
std::vector<std::string> blobs_of(Dictionary& dictionary, std::vector<Group> groups) {
  GroupEncoder encoder(dictionary);
  std::vector<std::string> all;
  for (Group& group : groups) {
    narrow(group);
    group.position = all.size() + 1;
    const GroupBlobs b = encoder.encode(group);
    encoder.settle();
    all.push_back(b.control + b.journeys + b.journey_words);
  }
  return all;
}

int journal(std::size_t rows, double seconds, const std::string& dir) {
  Dictionary dictionary;
  std::mt19937_64 random(1);
  std::vector<Group> groups;
  for (int i = 0; i < kGroups; ++i)
    groups.push_back(access_log(dictionary, random, rows, Time(slod::seconds(1'795'000'000 + i))));
  const std::vector<std::string> blobs = blobs_of(dictionary, groups);
  JournalOptions options;
  options.dir = dir + "/journal";
  auto journal = open_sqlite_journal(options, dictionary);
  SLOD_ASSERT(journal.has_value());
  const PlainFile plain(dir + "/plain");
  std::size_t next = 0, next_plain = 0;
  const Commit append = [&] { SLOD_ASSERT((*journal)->append(groups[next++ % groups.size()]).has_value()); };
  const Commit write = [&] {
    plain.append(blobs[next_plain++ % blobs.size()]);
    plain.sync();
  };
  for (int i = 0; i < kGroups; ++i) append();  // each word is new once
  const auto [ours, raw] = full_rate(append, write, seconds);
  const Run half = at_rate(append, ours.rate() / 2, seconds / 2);
  const Run raw_half = at_rate(write, ours.rate() / 2, seconds / 2);
  const auto events = static_cast<double>(rows);
  *journal = nullptr;  // what was in the write-ahead log is in the segment now
  std::printf(
      "{\"events_per_s\": %.0f, \"plain_events_per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
      "\"plain_p50_ms\": %.3f, \"plain_p99_ms\": %.3f, \"half_p50_ms\": %.3f, \"half_p99_ms\": %.3f, "
      "\"plain_half_p50_ms\": %.3f, \"plain_half_p99_ms\": %.3f, \"bytes_per_event\": %.2f}\n",
      ours.rate() * events, raw.rate() * events, ours.quantile(0.5), ours.quantile(0.99), raw.quantile(0.5),
      raw.quantile(0.99), half.quantile(0.5), half.quantile(0.99), raw_half.quantile(0.5),
      raw_half.quantile(0.99),
      static_cast<double>(bytes_in(options.dir)) / (events * static_cast<double>(next)));
  return 0;
}

int raw(std::size_t bytes, double rate, double seconds, const std::string& dir) {
  const PlainFile file(dir + "/raw");
  const std::string body(bytes, 'x');
  const auto step = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
  Run run;
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::vector<Clock::time_point> waiting;
  for (auto due = begin; due < end;) {
    std::this_thread::sleep_until(due);
    waiting.clear();
    for (const auto now = Clock::now(); due <= now && due < end; due += step) waiting.push_back(due);
    for (std::size_t i = 0; i < waiting.size(); ++i) file.append(body);
    file.sync();
    const auto answered = Clock::now();
    for (const auto since : waiting) run.ms.push_back(milliseconds(answered - since));
  }
  run.seconds = milliseconds(Clock::now() - begin) / 1000;
  std::printf("{\"requests_per_s\": %.0f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", run.rate(),
              run.quantile(0.5), run.quantile(0.99));
  return 0;
}

}  // namespace
}  // namespace slod::journal

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "journal" && argc == 5)
    return slod::journal::journal(static_cast<std::size_t>(std::atoi(argv[2])), std::atof(argv[3]), argv[4]);
  if (what == "raw" && argc == 6)
    return slod::journal::raw(static_cast<std::size_t>(std::atoi(argv[2])), std::atof(argv[3]),
                              std::atof(argv[4]), argv[5]);
  std::fputs("commit_load journal ROWS SECONDS DIR | commit_load raw BYTES RATE SECONDS DIR\n", stderr);
  return 2;
}
