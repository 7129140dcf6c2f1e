#include "checkpoint_saver.h"

#include <cstdio>

#include "slod/serve/render.h"

namespace slod::daemon {
namespace {

constexpr std::size_t kWaiting = 2;
constexpr auto kIdle = std::chrono::milliseconds(500);
using SteadyClock = std::chrono::steady_clock;

std::string decimal(double value, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, "%.1f %s", value, unit);
  return text;
}

}  // namespace

CheckpointSaver::CheckpointSaver(const CheckpointOptions& options) : options_(options), inbox_(kWaiting) {}

CheckpointSaver::~CheckpointSaver() {
  stop();
}

void CheckpointSaver::start() {
  thread_ = std::thread([this] { loop(); });
}

void CheckpointSaver::save(std::unique_ptr<Cut> cut) {
  static_cast<void>(inbox_.push(cut));
}

void CheckpointSaver::stop() {
  stopping_ = true;
  inbox_.wake();
  if (thread_.joinable()) thread_.join();
}

void CheckpointSaver::loop() {
  for (;;) {
    const bool last_round = stopping_.load();
    while (const auto cut = inbox_.pop()) write(*cut);
    if (last_round) return;
    inbox_.wait_until(SteadyClock::now() + kIdle);
  }
}

void CheckpointSaver::write(Cut& cut) {
  if (options_.counted && !options_.counted(cut.edition, cut.told_hours)) {
    options_.log("warn", "checkpoint: passed over, the hourly totals before it are not written yet");
    return;
  }
  const auto begin = SteadyClock::now();
  const double state_mb = static_cast<double>(cut.state.size()) / 1e6;
  const store::Checkpoint checkpoint{
      cut.position,        cut.stamp, cut.last_tick, cut.made_with, serve::slos_json(*cut.snapshot),
      std::move(cut.state)};
  const Result<std::uint64_t> written = store::write_checkpoint(options_.dir, checkpoint);
  if (!written) {
    options_.log(
        "warn", "checkpoint: " + written.error().message + " (nothing is lost; the next start takes longer)");
    return;
  }
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  options_.log("debug",
               "checkpoint at position " + std::to_string(cut.position) + ": " +
                   decimal(static_cast<double>(*written) / 1e6, "MB of ") + decimal(state_mb, "MB in ") +
                   decimal(seconds * 1e3, "ms; the evaluator paused for ") + decimal(cut.pause * 1e3, "ms"));
}

}  // namespace slod::daemon
