#include "slod/daemon/packed_minutes.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "slod/journal/sealed.h"

namespace slod::daemon {
namespace {

auto key(const SealedMinutes& m) {
  return std::tie(m.slot, m.check, m.state, m.reason, m.labels);
}

bool by_key(const SealedMinutes& a, const SealedMinutes& b) {
  return key(a) < key(b);
}

void add_up(std::vector<SealedMinutes>& minutes) {
  std::sort(minutes.begin(), minutes.end(), by_key);
  auto out = minutes.begin();
  for (auto at = minutes.begin(); at != minutes.end();) {
    SealedMinutes sum = *at;
    for (++at; at != minutes.end() && key(*at) == key(sum); ++at) sum.count += at->count;
    if (sum.count != 0) *out++ = sum;
  }
  minutes.erase(out, minutes.end());
}

}  // namespace

void PackedMinutes::add(const std::vector<SealedMinutes>& minutes) {
  if (minutes.empty()) return;
  parts_.push_back(
      {minutes.front().slot, minutes.back().slot, journal::encode_minutes(minutes, dictionary_)});
}

std::vector<SealedMinutes> PackedMinutes::before(Slot until, std::vector<SealedMinutes> more) const {
  for (const Part& part : parts_) {
    if (part.first >= until) continue;
    const std::vector<SealedMinutes> minutes = unpacked(part);
    const auto end =
        std::find_if(minutes.begin(), minutes.end(), [&](const SealedMinutes& m) { return m.slot >= until; });
    more.insert(more.end(), minutes.begin(), end);
  }
  add_up(more);
  return more;
}

void PackedMinutes::forget_before(Slot until) {
  std::deque<Part> old = std::move(parts_);
  parts_.clear();
  for (Part& part : old) {
    if (part.last < until) continue;
    if (part.first >= until) {
      parts_.push_back(std::move(part));
      continue;
    }
    std::vector<SealedMinutes> minutes = unpacked(part);
    std::erase_if(minutes, [&](const SealedMinutes& m) { return m.slot < until; });
    add(minutes);
  }
}

std::vector<SealedMinutes> PackedMinutes::unpacked(const Part& part) const {
  std::vector<SealedMinutes> minutes;
  if (!journal::decode_minutes(part.bytes, dictionary_, minutes)) std::abort();  // its own bytes
  return minutes;
}

}  // namespace slod::daemon
