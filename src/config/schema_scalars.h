// Part of the table of schema.h: scalars, lists of them, secrets.
#pragma once

#include "config/schema.h"

namespace slod::config::table {

using Word = std::string_view;

// ----------------------------------------------------------------------------------------
inline constexpr Type kText{.scalar = Scalar::kText};
inline constexpr Type kTexts{.scalar = Scalar::kText, .each = &kText};
inline constexpr Type kTextList{.each = &kText};
inline constexpr Type kAnyText{.scalar = Scalar::kAnyText};
inline constexpr Type kName{.scalar = Scalar::kName};
inline constexpr Type kNames{.scalar = Scalar::kName, .each = &kName};
inline constexpr Type kBool{.scalar = Scalar::kBool};
inline constexpr Type kDuration{.scalar = Scalar::kDuration};
inline constexpr Type kPercent{.scalar = Scalar::kPercent};
inline constexpr Type kBytes{.scalar = Scalar::kBytes};
inline constexpr Type kField{.scalar = Scalar::kField};
inline constexpr Type kListen{.scalar = Scalar::kListen};
inline constexpr Type kTimeZone{.scalar = Scalar::kTimeZone};
inline constexpr Type kQuarters{.scalar = Scalar::kQuarters};
inline constexpr Type kCondition{.scalar = Scalar::kCondition};
inline constexpr Type kNumber{.scalar = Scalar::kNumber};
inline constexpr Type kShare{.scalar = Scalar::kNumber, .low = 0, .high = 100};
inline constexpr Type kCount{.scalar = Scalar::kInt, .low = 1, .high = 1'000'000};
inline constexpr Type kCountFromZero{.scalar = Scalar::kInt, .low = 0, .high = 1'000'000'000};
inline constexpr Type kFewCount{.scalar = Scalar::kInt, .low = 1, .high = 64};
inline constexpr Type kLabelPaths{.values = &kField};
inline constexpr Type kLabelValues{.scalar = Scalar::kAnyText, .each = &kAnyText};
inline constexpr Type kLabelMatch{.values = &kLabelValues};
inline constexpr Type kAnything{.scalar = Scalar::kAnyText};

template <std::size_t N>
constexpr Type word(const Word (&words)[N]) {
  return Type{.scalar = Scalar::kWord, .words = words};
}

inline constexpr Field kSecretFields[] = {
    {"file", &kText, "a file that holds the secret; one trailing newline is cut"},
    {"env", &kName, "an environment variable that holds it"},
};
inline constexpr Object kSecretObject{"a secret", kSecretFields};
inline constexpr Type kSecret{.object = &kSecretObject};
inline constexpr Type kTextOrSecret{.scalar = Scalar::kText, .object = &kSecretObject};

}  // namespace slod::config::table
