// A running tail: its thread, the committer's refusals, its stop.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "slod/source/sources.h"

namespace slod::source {
namespace {

namespace fs = std::filesystem;

/// Refuses the first `refusals` submissions after it has taken them, like a committer whose disk is full.
class RefusingCommitter : public SubmissionSink {
 public:
  std::atomic<int> refusals{0};
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> offset{0};

  bool submit(Submission& submission) override {
    if (refusals-- > 0) {
      submission.done({Committed::kRefused, {}});
      return true;
    }
    const SourceCounts& counts = submission.batch->counts;
    records += counts.accepted + counts.ignored + counts.late + counts.rejected_total();
    offset = submission.position->offset;
    submission.done({Committed::kDurable, {}});
    return true;
  }
  bool submit_wait(Submission& submission) override { return submit(submission); }
};

TEST(FileSourceTest, StoresEveryLineOnceAlsoWhenTheCommitterRefusesFirst) {
  std::string name = (fs::temp_directory_path() / "slod-file-XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  Config config;
  SourceConfig edge;
  edge.name = "edge";
  edge.kind = SourceConfig::Kind::kFile;
  edge.path = (folder / "log").string();
  edge.format.emplace();
  edge.format->fields.time = "/ts";
  edge.format->fields.path = "/path";
  edge.format->fields.status = "/status";
  config.sources = {edge};
  const route::Router router(config);
  RefusingCommitter committer;
  committer.refusals = 1;
  const Surroundings around{config, router, committer, 0, ".", [] { return Time(hours(24 * 365 * 50)); },
                            {},     {}};

  std::ofstream log(edge.path);
  for (int i = 0; i < 1000; ++i) log << "{\"ts\":" << i << ",\"path\":\"/x\",\"status\":200}\n";
  log.flush();
  auto tail = start_file_tail(around, config.sources[0], {});
  for (int i = 0; i < 1000 && committer.records < 1000; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(tail->health().up);
  EXPECT_EQ(tail->name(), "edge");
  tail->stop();
  EXPECT_EQ(committer.records, 1000U);
  EXPECT_EQ(committer.offset, fs::file_size(edge.path));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace slod::source
