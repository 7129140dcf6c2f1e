// The declarative table of the config: every key with its type, whether it must be there, its default and its
// meaning. Validation, did-you-mean, `slod schema` and the test that compares docs/configuration.md all read
// this one table.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/scalars.h"

namespace slod::config {

struct Object;

/// What a value may be: any of the forms that are set.
struct Type {
  Scalar scalar = Scalar::kNone;
  const Object* object = nullptr;                ///< a mapping with these keys
  const Type* each = nullptr;                    ///< a list of these
  const Type* values = nullptr;                  ///< a mapping from names of the user's choice to these
  std::span<const std::string_view> words = {};  ///< of Scalar::kWord
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

struct Field {
  std::string_view key;
  const Type* type = nullptr;
  std::string_view doc = {};
  std::string_view fallback = {};  ///< the default, as one would write it
  bool required = false;
  bool later = false;  ///< a key that this version knows and refuses
};

struct Object {
  std::string_view name;  ///< for messages: `unknown key "x" in slo`
  std::span<const Field> fields = {};
  const Type* others = nullptr;  ///< further keys are label names with values of this type
};

/// The mapping that a config file is.
[[nodiscard]] const Object& root_object();
[[nodiscard]] std::vector<std::string> keys_of(const Object& object);

}  // namespace slod::config
