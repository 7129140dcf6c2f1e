// Result<T>: a value or an Error. A strict subset of std::expected's interface (g++ 12 offers <expected> only
// under C++23), so that it can become an alias one day. Errors are for what can happen; bugs stop the process
// (SLOD_ASSERT).
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace slod {

/// What went wrong, in words for the person who must act: what failed, where, and what to do next.
struct Error {
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function may return its value or its error as it is.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  /// Requires: has_value().
  [[nodiscard]] T& value() { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// Requires: !has_value().
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Unit {};
/// A Result without a value: `return ok();` or `return Error{"..."};`.
using Status = Result<Unit>;
inline Status ok() {
  return Unit{};
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
/// A broken invariant of our own: prints the place and stops the process, in every build.
#define SLOD_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::slod::assertion_failed(#condition, __FILE__, __LINE__))

}  // namespace slod
