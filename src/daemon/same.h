// same(a, b): whether two values of a config say the same, member by member. Written once for all structs of
// slod/config/config.h, so that a new key cannot be forgotten here.
#pragma once

#include <boost/pfr.hpp>
#include <optional>
#include <type_traits>
#include <vector>

namespace slod::daemon {

template <typename T>
bool same(const T& a, const T& b);

template <typename T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

template <typename T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_aggregate_v<T>) {
    bool equal = true;
    boost::pfr::for_each_field(a, [&](const auto& field, auto index) {
      if (!same(field, boost::pfr::get<index.value>(b))) equal = false;
    });
    return equal;
  } else {
    return a == b;
  }
}

}  // namespace slod::daemon
