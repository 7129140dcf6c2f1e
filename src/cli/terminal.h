// What a person at a terminal gets and a pipe does not: colour, a progress line, Ctrl-C that ends with what
// there is.
#pragma once

#include <cstdint>
#include <string>

namespace slod::cli {

/// True if stdout is a terminal and NO_COLOR is not set.
[[nodiscard]] bool colour_wanted();

/// One line on stderr, drawn anew at most ten times a second; nothing if stderr is no terminal.
class Progress {
 public:
  explicit Progress(const char* what = "replay");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(std::uint64_t bytes, std::uint64_t total, std::uint64_t records);

 private:
  bool on_;
  const char* what_;
  std::int64_t begin_ = 0, drawn_ = 0;
};

/// Makes SIGINT set a flag instead of ending the process.
void catch_interrupt();
[[nodiscard]] bool interrupted();

}  // namespace slod::cli
