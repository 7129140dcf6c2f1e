// The MQTT source put together: broker -> entrance -> inbox -> feed -> committer, and a watcher that tells
// what happens on the connection. start_mqtt() of sources.h is this with the default tuning.
#pragma once

#include "slod/source/sources.h"
#include "source/mqtt/inbox.h"

namespace slod::source {

/// What tests make small.
struct MqttTuning {
  std::uint64_t max_file = InboxOptions{}.max_file;
  std::uint64_t max_backlog = InboxOptions{}.max_backlog;
  Duration warn_when_waiting = seconds(1);
  Duration drain_at_stop = seconds(5);  ///< how long a full inbox may empty itself before stop() gives up
};

[[nodiscard]] Result<std::unique_ptr<RunningSource>> start_mqtt_tuned(
    const Surroundings& surroundings, const SourceConfig& source,
    const std::vector<SourcePosition>& positions, OnConnection on_connection, const MqttTuning& tuning);

}  // namespace slod::source
