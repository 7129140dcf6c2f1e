// `slod backfill`: recorded logs into a running slod as history, by POST /backfill/SOURCE.
#pragma once

#include <string>
#include <vector>

namespace slod::cli {

struct BackfillArguments {
  std::string config_file;
  std::vector<std::string> inputs;  ///< SOURCE=PATH
  std::string url, format = "text";
  bool no_wait = false;
};

/// Exit codes: 0 all of it is in; 1 slod refused it or is not there; 2 usage, an unreadable file; 130
/// interrupted.
int backfill_command(const BackfillArguments& arguments);

}  // namespace slod::cli
