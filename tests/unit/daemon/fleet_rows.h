// What tests of the fleet's rows have in common: rows as an intake makes them of the source "fleet", and a
// folder for a journal of thousands of commits.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "slod/core/dictionary.h"
#include "slod/core/record.h"

namespace slod::test {

class FleetRows {
 public:
  StringId id(const std::string& text) { return dictionary_.intern(text); }
  LabelSetId label(const std::string& key, const std::string& value) {
    const Label one{id(key), id(value)};
    return dictionary_.intern_labels({&one, 1});
  }
  DeviceRow message(MessageKind kind, Time at, const std::string& device, const std::string& word) {
    DeviceRow row;
    row.kind = kind;
    row.time = row.received = at;
    row.source = id("fleet");
    row.device = id(device);
    row.word = id(word);
    return row;
  }

 protected:
  Dictionary dictionary_;
};

/// A new folder, in memory where the machine has that. The caller removes it.
inline std::string fast_folder(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path memory = "/dev/shm";
  std::string dir = ((fs::exists(memory) ? memory : fs::temp_directory_path()) / (name + "-XXXXXX")).string();
  EXPECT_NE(::mkdtemp(dir.data()), nullptr);
  return dir;
}

}  // namespace slod::test
