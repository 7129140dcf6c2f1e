#include "slod/engine/booking_log.h"

#include <algorithm>
#include <limits>

namespace slod::engine {
namespace {

/// How far in the future of its arrival an event may start (fold: kFutureLimit).
constexpr Duration kMostAhead = minutes(5);
constexpr std::size_t kFewestChunks = 2;

std::int32_t narrow_slot(Slot slot) {
  constexpr Slot kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::clamp(slot, -kMost, kMost));
}

std::uint32_t narrow_millis(Duration latency) {
  if (latency == kNoLatency) return LoggedBooking::kNoMillis;
  constexpr std::int64_t kMilli = 1'000'000;
  const std::int64_t millis = (latency.count() + kMilli - 1) / kMilli;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(millis, LoggedBooking::kNoMillis - 1));
}

std::uint8_t pack(bool withdrawn, std::uint8_t verdict, std::uint8_t outcome) {
  return static_cast<std::uint8_t>((withdrawn ? 1u : 0u) | (unsigned{verdict} << 1u) |
                                   (unsigned{outcome} << 3u));
}

std::uint16_t pack(const fold::DeviceCondition& condition) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(condition.link) | condition.check * 8u);
}

LaneView::Part part_of(const std::shared_ptr<const LoggedChunk>& chunk, std::size_t count) {
  const auto end = chunk->entries.begin() + static_cast<std::ptrdiff_t>(count);
  const auto [first, last] =
      std::minmax_element(chunk->entries.begin(), end,
                          [](const LoggedBooking& a, const LoggedBooking& b) { return a.slot < b.slot; });
  return {chunk, count, first->slot, last->slot};
}

}  // namespace

void BookingLane::grow(Time now) {
  if (open_) closed_.push_back({part_of(open_, next_), now});
  while (closed_.size() >= most_chunks_) {
    complete_from_ = std::max(complete_from_, closed_.front().until + kMostAhead);
    closed_.pop_front();
  }
  open_ = std::make_shared_for_overwrite<LoggedChunk>();
  next_ = 0;
  seen_ = 0;
}

std::shared_ptr<const LaneView> BookingLane::view() {
  const std::size_t count = open_ ? next_ : 0;
  if (view_ && count == seen_ && view_->complete_from == complete_from_) return view_;
  auto view = std::make_shared<LaneView>();
  view->parts.reserve(closed_.size() + 1);
  for (const Closed& closed : closed_) view->parts.push_back(closed.part);
  if (count > 0) view->parts.push_back(part_of(open_, count));
  view->complete_from = complete_from_;
  seen_ = count;
  return view_ = std::move(view);
}

void BookingLane::clear() {
  closed_.clear();
  if (open_) next_ = 0;
  view_.reset();
  seen_ = 0;
}

BookingLog::BookingLog(const Config& config, std::size_t most) : lane_of_(config.journeys.size() * 6, -1) {
  int lanes = 0;
  for (const SloConfig& slo : config.slos) {
    if (slo.journey >= 0) {
      int& lane = lane_of_[2 * place({slo.journey, slo.leg}) + (slo.fold ? 0 : 1)];
      if (lane < 0) lane = lanes++;
    } else if (std::find(checks_.begin(), checks_.end(), slo.fleet_check) == checks_.end()) {
      checks_.push_back(slo.fleet_check);
    }
  }
  first_check_ = static_cast<std::size_t>(lanes);
  devices_ = config.server.show_devices;
  const std::size_t all = first_check_ + 2 * checks_.size();
  const std::size_t each =
      std::max(kFewestChunks, most / LoggedChunk::kEntries / std::max<std::size_t>(all, 1));
  lanes_.assign(all, BookingLane(each));
}

void BookingLog::journey(std::size_t index, const fold::Booking& booking, int sign) {
  const int lane = lane_of_[index];
  if (lane < 0) return;
  const LoggedBooking entry{
      .slot = narrow_slot(booking.slot),
      .labels = booking.labels,
      .device = booking.device,
      .millis = narrow_millis(booking.latency),
      .status = booking.status,
      .actor = static_cast<std::int16_t>(booking.actor),
      .condition = pack(booking.condition),
      .attempts = static_cast<std::uint8_t>(std::min(booking.attempts, 255U)),
      .packed = pack(sign < 0, static_cast<std::uint8_t>(booking.verdict),
                     static_cast<std::uint8_t>(booking.outcome)),
  };
  lanes_[static_cast<std::size_t>(lane)].add(entry, now_);
}

void BookingLog::minutes(const std::string& check, const fleet::MinuteBooking& minutes, std::int64_t count) {
  const auto found = std::find(checks_.begin(), checks_.end(), check);
  if (found == checks_.end() || count == 0) return;
  LoggedBooking entry{};
  entry.slot = narrow_slot(minutes.slot);
  entry.labels = minutes.labels;
  entry.device = static_cast<std::uint32_t>(std::min<std::int64_t>(std::abs(count), 0xffffffff));
  entry.millis = minutes.reason;
  entry.packed = pack(count < 0, static_cast<std::uint8_t>(minutes.state), 0);
  lanes_[first_check_ + static_cast<std::size_t>(found - checks_.begin())].add(entry, now_);
}

void BookingLog::unhealthy(const std::string& check, const fleet::MinuteBooking& minute, StringId device,
                           int sign) {
  const auto found = std::find(checks_.begin(), checks_.end(), check);
  if (found == checks_.end() || !devices_) return;
  LoggedBooking entry{};
  entry.slot = narrow_slot(minute.slot);
  entry.device = device;
  entry.packed = pack(sign < 0, static_cast<std::uint8_t>(minute.state), 0);
  lanes_[first_check_ + checks_.size() + static_cast<std::size_t>(found - checks_.begin())].add(entry, now_);
}

void BookingLog::begin(Time now) {
  now_ = now;
  for (BookingLane& lane : lanes_) lane.complete_from(now + kMostAhead);
}

void BookingLog::devices_begin(Time at) {
  for (std::size_t i = first_check_ + checks_.size(); i < lanes_.size(); ++i) lanes_[i].complete_from(at);
}

void BookingLog::publish() {
  auto views = std::make_shared<Views>();
  views->reserve(lanes_.size());
  for (BookingLane& lane : lanes_) views->push_back(lane.view());
  published_.publish(std::move(views));
}

std::size_t BookingLog::lane_index(const SloConfig& slo) const {
  if (slo.journey >= 0) {
    const std::size_t index = 2 * place({slo.journey, slo.leg}) + (slo.fold ? 0 : 1);
    return static_cast<std::size_t>(lane_of_[index]);
  }
  const auto found = std::find(checks_.begin(), checks_.end(), slo.fleet_check);
  return first_check_ + static_cast<std::size_t>(found - checks_.begin());
}

BookingLane& BookingLog::lane(const SloConfig& slo) {
  return lanes_[lane_index(slo)];
}

BookingLane& BookingLog::device_lane(const SloConfig& slo) {
  return lanes_[lane_index(slo) + checks_.size()];
}

std::shared_ptr<const LaneView> BookingLog::read_devices(const SloConfig& slo) const {
  const std::shared_ptr<const Views> views = published_.read();
  return views ? (*views)[lane_index(slo) + checks_.size()] : nullptr;
}

std::shared_ptr<const LaneView> BookingLog::read(const SloConfig& slo) const {
  const std::shared_ptr<const Views> views = published_.read();
  return views ? (*views)[lane_index(slo)] : nullptr;
}

}  // namespace slod::engine
