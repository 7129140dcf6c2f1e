// Facts to bytes: the JSON that a source's config says it reads. Pure.
#pragma once

#include <map>
#include <string>

#include "slod/config/config.h"

namespace slod::cli {

struct RequestFacts {
  std::string method, path, id, device, user;
  Time start;
  Duration latency{0};
  int status = 200;
  std::map<std::string, std::string> labels;
};
/// A line of the source's log. Requires: a JSON format.
[[nodiscard]] std::string log_line(const LogFormat& format, const RequestFacts& facts);

struct MessageFacts {
  std::string device, id, name, result, state;
  Time time;
  double battery = 100, lat = 0, lon = 0;
  std::int64_t seq = 0, boot = 1;
  std::map<std::string, std::string> labels;
  std::map<FieldPath, double> values;
};
[[nodiscard]] std::string message_payload(const MessageRule& rule, const MessageFacts& facts);
/// The rule's topic with its captures filled in.
[[nodiscard]] std::string message_topic(const MessageRule& rule, const MessageFacts& facts);
/// "/v1/vehicles/{device}/unlock" for one device; other captures get the id.
[[nodiscard]] std::string request_path(const std::string& route, const std::string& device,
                                       const std::string& id);
/// A value that a check calls healthy.
[[nodiscard]] double healthy_value(const ThresholdCheck& check);

}  // namespace slod::cli
