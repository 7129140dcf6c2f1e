// `slod check`: every fault of the config at once; with --sample, what the lines of a log would become.
#pragma once

#include <string>
#include <vector>

namespace slod::cli {

struct CheckOptions {
  std::vector<std::string> files;
  std::string sample, source;  ///< a log and the source that it is of
};

/// Exit code: 0 good (warnings too), 1 faults or a sample with rejected lines, 2 a file that cannot be read.
int check(const CheckOptions& options);

}  // namespace slod::cli
