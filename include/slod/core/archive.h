// Archive: a class's state as bytes and back, by one function for both directions:
//
//   template <class A> void io(A& a) { a(count_, cells_, by_name_); }
//
// Writer appends, Reader restores into an object that was constructed as the writer's was. What follows from
// the constructor's arguments is not in it (a.same() checks it where a mismatch would do harm). Integers,
// enums and trivially copyable structs are copied as they lie in memory, so a new field of such a struct is
// in the archive by itself; a struct with other members needs an io(). Pointers, views and references do not
// compile.
//
// The format is that of one build on one machine type: whoever stores an archive stores what built it beside
// it. Damaged bytes: the reader's good() turns false, what is read from then on is zero or empty, nothing is
// allocated that the bytes do not pay for, and the object must be thrown away. Thread: its owner's.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace slod::archive {

template <class T>
inline constexpr bool kIsView = false;
template <>
inline constexpr bool kIsView<std::string_view> = true;
template <class T, std::size_t N>
inline constexpr bool kIsView<std::span<T, N>> = true;
template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsPair = false;
template <class T, class U>
inline constexpr bool kIsPair<std::pair<T, U>> = true;

template <class T, class A>
concept Described = requires(T& t, A& a) {
  t.io(a);
};
/// Copied as it lies in memory.
template <class T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !kIsView<T> && !kIsOptional<T>;
template <class T>
concept Sequence = requires(T& t) {
  t.emplace_back();
  t.clear();
};
template <class T>
concept Associative = requires {
  typename T::key_type;
};
template <class T>
concept Contiguous = requires(T& t) {
  t.data();
  t.resize(1);
}
&&Plain<typename T::value_type>;

class Writer {
 public:
  static constexpr bool kReads = false;
  /// `expected`: bytes to make room for at once, those of the archive before.
  explicit Writer(std::size_t expected = 0) { bytes_.reserve(expected); }

  template <class... T>
  void operator()(T&... values);
  void raw(const void* from, std::size_t size) { bytes_.append(static_cast<const char*>(from), size); }
  /// How many elements follow.
  std::size_t count(std::size_t n, std::size_t /*bytes_each*/ = 1) {
    raw(&n, sizeof n);
    return n;
  }
  /// Something that the reader knows already.
  template <Plain T>
  void same(T value) {
    raw(&value, sizeof value);
  }
  void fail() {}
  [[nodiscard]] static bool good() { return true; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <class... T>
  void operator()(T&... values);
  void raw(void* to, std::size_t size) {
    if (size > left_.size()) fail();
    if (!good_) {
      std::memset(to, 0, size);
    } else if (size > 0) {
      std::memcpy(to, left_.data(), size);
      left_.remove_prefix(size);
    }
  }
  /// Never more elements than the bytes that are left can hold; 0 when damaged.
  std::size_t count(std::size_t /*n*/ = 0, std::size_t bytes_each = 1) {
    std::size_t n = 0;
    raw(&n, sizeof n);
    if (n > left_.size() / bytes_each) fail();
    return good_ ? n : 0;
  }
  template <Plain T>
  void same(T value) {
    T found{};
    raw(&found, sizeof found);
    if (found != value) fail();
  }
  void fail() { good_ = false; }
  [[nodiscard]] bool good() const { return good_; }
  /// Everything was read, nothing is left over, and it fitted.
  [[nodiscard]] bool complete() const { return good_ && left_.empty(); }

 private:
  std::string_view left_;
  bool good_ = true;
};

template <class A, class T>
void item(A& a, T& value);

/// A container of plain elements that lie side by side: one copy.
template <class A, class T>
void block(A& a, T& values) {
  using Element = typename T::value_type;
  const std::size_t n = a.count(values.size(), sizeof(Element));
  if constexpr (A::kReads) values.resize(n);
  if (n > 0) a.raw(values.data(), n * sizeof(Element));
}

template <class A, class T>
void sequence(A& a, T& values) {
  const std::size_t n = a.count(values.size());
  if constexpr (A::kReads) {
    values.clear();
    for (std::size_t i = 0; i < n && a.good(); ++i) item(a, values.emplace_back());
  } else {
    for (auto& value : values) item(a, value);
  }
}

/// Maps and sets, in their own order; what depends on the order of a hash must not show anywhere.
template <class A, class T>
void association(A& a, T& values) {
  const std::size_t n = a.count(values.size());
  if constexpr (A::kReads) {
    values.clear();
    for (std::size_t i = 0; i < n && a.good(); ++i) {
      typename T::key_type key{};
      item(a, key);
      if constexpr (requires { typename T::mapped_type; }) {
        item(a, values[std::move(key)]);
      } else {
        values.insert(std::move(key));
      }
    }
  } else if constexpr (requires { typename T::mapped_type; }) {
    for (auto& [key, value] : values) {
      item(a, const_cast<typename T::key_type&>(key));  // only read
      item(a, value);
    }
  } else {
    for (const auto& key : values) item(a, const_cast<typename T::key_type&>(key));
  }
}

template <class A, class T>
void optional(A& a, std::optional<T>& value) {
  std::uint8_t has = value.has_value() ? 1 : 0;
  item(a, has);
  if constexpr (A::kReads) {
    value.reset();
    if (has != 0) value.emplace();
  }
  if (value) item(a, *value);
}

template <class A, class T>
void item(A& a, T& value) {
  if constexpr (Described<T, A>) {
    value.io(a);
  } else if constexpr (kIsOptional<T>) {
    optional(a, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = value ? 1 : 0;
    item(a, byte);
    value = byte != 0;
  } else if constexpr (Plain<T>) {
    a.raw(&value, sizeof(T));
  } else if constexpr (kIsPair<T>) {
    item(a, value.first);
    item(a, value.second);
  } else if constexpr (Associative<T>) {
    association(a, value);
  } else if constexpr (Contiguous<T>) {
    block(a, value);
  } else if constexpr (Sequence<T>) {
    sequence(a, value);
  } else {
    static_assert(Described<T, A>, "give it an io(), or leave it out");
  }
}

/// Elements that are there already, because they need what only their owner knows.
template <class A, class T>
void in_place(A& a, T& values) {
  a.same(values.size());
  for (auto& value : values) {
    if (!a.good()) return;
    item(a, value);
  }
}

template <class... T>
void Writer::operator()(T&... values) {
  (item(*this, values), ...);
}
template <class... T>
void Reader::operator()(T&... values) {
  (item(*this, values), ...);
}

}  // namespace slod::archive
