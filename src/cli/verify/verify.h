// `slod verify`: refolds the journal with this binary and compares with what the daemon holds: the numbers of
// the newest checkpoint at its position, the transitions in the ledger up to its last tick, and the hourly
// totals as far as they reach. Reads only, takes no lock: beside a running daemon, or on a copy.
#pragma once

#include <string>

namespace slod::cli {

struct VerifyOptions {
  std::string state;        ///< the state directory
  std::string config_file;  ///< "": the config that the journal holds
  std::string format = "text";
};

/// Exit code: 0 equal, 1 differences or a journal that cannot be read to its end, 2 nothing to verify with.
int verify(const VerifyOptions& options);

}  // namespace slod::cli
