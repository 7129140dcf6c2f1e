// The command line: `slod COMMAND`. Data on stdout, talk on stderr; colour and progress only on a terminal.
#pragma once

namespace slod::cli {

inline constexpr int kOk = 0, kFailed = 1, kUsage = 2, kInterrupted = 130;

/// Parses and runs; returns the exit code of the process.
int main(int argc, char** argv);

}  // namespace slod::cli
