// Exemplar: one recent bad event of an SLO, for people: what happened to whom, and how the device stood. The
// only place beside the contributors where a device's id is shown. Plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slod/config/config.h"
#include "slod/fold/fold.h"

namespace slod::engine {

struct Exemplar {
  Time at;             ///< start of the (first) attempt
  std::string route;   ///< "" where the command opened the event
  std::string device;  ///< "": none
  std::string actor;
  std::string outcome;            ///< "device_timeout"
  std::uint16_t status = 0;       ///< 0: none
  std::optional<double> latency;  ///< seconds
  std::uint32_t attempts = 1;
  std::vector<std::pair<std::string, std::string>> labels;
  fold::DeviceCondition condition;
  std::string check;     ///< name of the failing check; "": none
  std::string sentence;  ///< "timed out; device silent for 14m, battery 7 %"
};

/// "rider", "unknown".
[[nodiscard]] std::string actor_name(const Config& config, ActorIndex actor);
/// "connected", "silent", "offline", "unknown"; "" if nobody asked.
[[nodiscard]] const char* link_name(fold::DeviceCondition::Link link);
/// "battery", a check's name; "" for none.
[[nodiscard]] std::string check_name(const Config& config, std::uint8_t check);
/// "device connected, last heard 12s before, battery 7 %, failing: battery"; "" if nobody asked.
[[nodiscard]] std::string condition_text(const Config& config, const fold::DeviceCondition& condition);
/// A booking in words. The ids are the dictionary's.
[[nodiscard]] Exemplar exemplar_of(const Config& config, const Dictionary& dictionary,
                                   const fold::Booking& booking);

}  // namespace slod::engine
