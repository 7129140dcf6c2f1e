// The files of a config: those that were named, then what they include, each once.
#pragma once

#include <string>
#include <vector>

#include "config/documents.h"

namespace slod::config {

struct ReadFiles {
  Documents documents;
  std::string text;  ///< every byte that was read, in order
  bool unreadable = false;
};

[[nodiscard]] ReadFiles read_files(const std::vector<std::string>& files, FaultList& faults);
[[nodiscard]] ReadFiles read_text(const std::string& text, const std::string& name, FaultList& faults);

}  // namespace slod::config
