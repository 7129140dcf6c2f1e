// From files to a validated Config: every fault at once, with file, line, column, the line itself, a caret,
// and what was probably meant. Thread: any; reads files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slod/config/config.h"
#include "slod/core/result.h"

namespace slod::config {

struct Fault {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0: the whole file
  int width = 1;             ///< of the underlined text
  bool warning = false;
  std::string message;      ///< what is wrong and what to do
  std::string source_line;  ///< the line's text
};

struct Loaded {
  std::shared_ptr<const Config> config;  ///< null if any fault is an error
  std::vector<Fault> faults;             ///< errors and warnings in file order
  bool unreadable = false;               ///< a file could not be read at all: exit code 2
};

/// Reads FILE and its includes. Several files are several includes of one config (`slod check FILE...`).
[[nodiscard]] Loaded load(const std::vector<std::string>& files);
/// For tests: as if `text` stood in a file of that name.
[[nodiscard]] Loaded load_text(const std::string& text, const std::string& name = "slod.yaml");

/// "file:3:9: error: ...", then the line and a caret, as compilers do.
[[nodiscard]] std::string format_fault(const Fault& fault, bool colour);
/// What the config will do, in a few lines for `check`: journal size per day at a given rate, retention, SLO
/// count.
[[nodiscard]] std::string summary(const Config& config);
/// Keys that the config writes and this version checks but does not act on, a sentence each.
[[nodiscard]] std::vector<std::string> not_yet(const Config& config);
/// JSON Schema of the config, from the same table that validates.
[[nodiscard]] std::string json_schema();
/// Resolves {file:} or {env:}. Errors say which and why; the secret is never in the text.
[[nodiscard]] Result<std::string> read_secret(const Secret& secret);

}  // namespace slod::config
