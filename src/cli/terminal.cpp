#include "terminal.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace slod::cli {
namespace {

volatile sig_atomic_t interrupt_seen = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

std::int64_t now_ms() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

bool colour_wanted() {
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

Progress::Progress(const char* what) : on_(::isatty(STDERR_FILENO) == 1), what_(what), begin_(now_ms()) {}

Progress::~Progress() {
  if (on_ && drawn_ != 0) std::fputs("\r\033[K", stderr);
}

void Progress::show(std::uint64_t bytes, std::uint64_t total, std::uint64_t records) {
  if (!on_) return;
  const std::int64_t now = now_ms();
  if (now - drawn_ < 100) return;
  drawn_ = now;
  const double elapsed = static_cast<double>(now - begin_ + 1) / 1000;
  const double rate = static_cast<double>(records) / elapsed;
  if (total == 0) {
    std::fprintf(stderr, "\r\033[K %s  %.1f M records  %.2f M/s", what_, static_cast<double>(records) / 1e6,
                 rate / 1e6);
    return;
  }
  const double share = static_cast<double>(bytes) / static_cast<double>(total);
  const double left = share > 0 ? elapsed / share - elapsed : 0;
  std::array<char, 21> bar{};
  for (std::size_t i = 0; i < 20; ++i) bar[i] = static_cast<double>(i) < share * 20 ? '#' : '.';
  std::fprintf(stderr, "\r\033[K %s %3.0f %% %s  %.1f M records  %.2f M/s  ETA %d:%02d", what_, share * 100,
               bar.data(), static_cast<double>(records) / 1e6, rate / 1e6, static_cast<int>(left) / 60,
               static_cast<int>(left) % 60);
}

void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupt_seen = 1; };
  ::sigaction(SIGINT, &action, nullptr);
}

bool interrupted() {
  return interrupt_seen != 0;
}

}  // namespace slod::cli
