#include "journal_clock.h"

#include <algorithm>

namespace slod::daemon {
namespace {

constexpr Duration kJump = seconds(60);
constexpr Duration kPatience = seconds(60);
/// Slew at most this share of the elapsed time, as NTP daemons do (500 ppm), so that no slot is stretched
/// visibly.
constexpr std::int64_t kSlewDivisor = 2000;

}  // namespace

JournalClock::JournalClock(Time last, Time wall, Duration boot) : now_(std::max(last, wall)), boot_(boot) {}

JournalClock::Reading JournalClock::read(Time wall, Duration boot) {
  const Duration elapsed = std::max(boot - boot_, Duration(0));
  boot_ = std::max(boot_, boot);
  now_ += slow_ ? elapsed / 2 : elapsed;
  const Duration difference = wall - now_;
  slow_ = slow_ && difference < Duration(0);
  if (slow_) return {now_, std::nullopt};
  if (difference <= kJump && difference >= -kJump) {
    differs_since_.reset();
    const Duration most = elapsed / kSlewDivisor;
    now_ += std::clamp(difference, -most, most);
    return {now_, std::nullopt};
  }
  if (!differs_since_) differs_since_ = boot_;
  if (boot_ - *differs_since_ < kPatience) return {now_, std::nullopt};
  differs_since_.reset();
  slow_ = difference < Duration(0);
  if (slow_) return {now_, std::nullopt};
  const Time before = now_;
  now_ = wall;
  return {now_, before};
}

}  // namespace slod::daemon
