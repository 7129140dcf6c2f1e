// SqliteReader: the whole journal in order: what was kept of trimmed segments, then segment after segment.
#pragma once

#include <memory>
#include <string>

#include "slod/journal/journal.h"

#include "journal/directory.h"
#include "journal/segment_reader.h"

namespace slod::journal {

class SqliteReader final : public Reader {
 public:
  SqliteReader(std::string dir, Position position, Dictionary& dictionary)
      : dir_(std::move(dir)), after_(position), dictionary_(&dictionary) {}
  Result<std::optional<Group>> next() override;

 private:
  struct File {
    std::string path;
    bool kept = false;
    bool newest = false;
  };
  /// The file that should hold the group after `after_`. An empty path: there is none yet.
  Result<File> pick();
  Status open(const File& file);
  Result<std::optional<Group>> take();
  [[nodiscard]] Error missing() const;
  std::string dir_;
  Position after_;
  Dictionary* dictionary_;
  File file_;
  std::unique_ptr<SegmentReader> segment_;
};

}  // namespace slod::journal
