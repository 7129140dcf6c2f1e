// Publishes for the machines of one source, over one connection that stands for all of theirs. While it is
// not up, what would be published is lost, as a machine's telemetry is in a tunnel, and counted. Thread: one
// caller.
#pragma once

#include <mqtt/async_client.h>

#include <cstdint>
#include <memory>
#include <string>

#include "slod/config/config.h"
#include "slod/core/result.h"

namespace slod::cli {

struct MqttTally {
  std::uint64_t published = 0, lost = 0;
};

class MqttSender {
 public:
  /// `password` may be empty.
  MqttSender(const SourceConfig& source, const std::string& password, const std::string& run);
  ~MqttSender();
  MqttSender(const MqttSender&) = delete;
  MqttSender& operator=(const MqttSender&) = delete;

  /// Asks for a connection; it comes up, or keeps being tried, in the background.
  void connect();
  void disconnect();
  void publish(const std::string& topic, const std::string& payload, bool retained);
  [[nodiscard]] const MqttTally& tally() const { return tally_; }
  [[nodiscard]] bool connected() const { return client_ && client_->is_connected(); }
  [[nodiscard]] std::string broker() const;

 private:
  const SourceConfig& source_;
  const std::string password_, client_id_;
  MqttTally tally_;
  std::unique_ptr<::mqtt::async_client> client_;  // null while disconnected on purpose
};

}  // namespace slod::cli
