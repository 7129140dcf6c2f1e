// Log lines that are not JSON: nginx and Apache "combined", AWS ALB. Each is one scan that puts the named
// parts into the slots that a format maps; names are listed in docs/formats.md. Views into the line. Owned by
// one decoder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decode/value.h"
#include "slod/config/config.h"

namespace slod::decode {

class TextFormat {
 public:
  /// Slot i takes the part named paths[i].
  TextFormat(LogFormat::Syntax syntax, const std::vector<FieldPath>& paths);

  /// False: the line is not of this format. Requires: it is padded (lines.h).
  bool parse(std::string_view line);
  [[nodiscard]] std::span<const Value> values() const { return values_; }

 private:
  using Slots = std::vector<std::size_t>;
  /// A name that stood behind the known parts, and its '='.
  struct Extra {
    std::string named;
    Slots slots;
  };
  class Rest;

  bool combined(std::string_view line);
  bool combined_tail(Rest& rest);
  bool take_extra(const Extra& extra, Rest& rest);
  bool alb(std::string_view line);
  void put(const Slots& slots, std::string_view text) {
    for (const std::size_t slot : slots) {
      values_[slot].kind = Value::Kind::kText;
      values_[slot].text = text;
    }
  }
  void put_value(const Slots& slots, const Value& value);
  /// The extra that stands at the front of `rest`, if it is the one that stood here in the line before.
  [[nodiscard]] const Extra* expected(const Rest& rest);
  const Extra& extra(std::string_view named);
  [[nodiscard]] Slots slots_of(std::string_view name) const;

  LogFormat::Syntax syntax_;
  std::vector<FieldPath> names_;
  std::vector<Value> values_;
  std::vector<Slots> known_, alb_;  ///< by known part, by ALB field
  Slots elb_status_;                ///< ALB's status under its other name
  std::vector<Extra> extras_;  ///< in the order in which they were first seen: lines have them in that order
  std::size_t next_extra_ = 0;
};

}  // namespace slod::decode
