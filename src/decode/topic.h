// Topic templates: "vehicles/{device}/telemetry", with {name} where wanted, and MQTT's '+' and '#'. A capture
// stands for one level or a part of it ("dev-{device}"). Immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slod::decode {

class TopicTemplate {
 public:
  struct Captures {
    std::string_view device, name;
  };

  explicit TopicTemplate(std::string_view pattern);

  /// Views into `topic`.
  [[nodiscard]] bool match(std::string_view topic, Captures& captures) const;

 private:
  enum class What { kLiteral, kAny, kDevice, kName, kRest };
  struct Level {
    What what = What::kLiteral;
    std::string before, after;  ///< kLiteral: all of it in `before`
  };
  [[nodiscard]] static Level level_of(std::string_view text);
  std::vector<Level> levels_;
};

}  // namespace slod::decode
