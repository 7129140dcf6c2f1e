// Router: (source, method, path) to the most specific journey leg, with captures. All templates are compiled
// once to one trie: cost depends on the path's segments, not on the number of routes. Immutable, any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "slod/config/config.h"

namespace slod::route {

struct Match {
  int journey = -1;         ///< index into Config::journeys; -1: none
  std::string_view route;   ///< "POST /v1/vehicles/{device}/unlock", the row's route fact
  std::string_view device;  ///< the {device} capture, percent-decoded only where it must be; "" if none
};

class Router {
 public:
  explicit Router(const Config& config);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Query and fragment are cut, one trailing slash is ignored, an absolute URL is reduced to its path.
  /// `scratch` holds a decoded capture. Lifetime of views: path and scratch.
  [[nodiscard]] Match match(std::string_view source, std::string_view method, std::string_view path,
                            std::string& scratch) const {
    return match(find(source), method, path, scratch);
  }

  /// The same for a source that was looked up before.
  using SourceRoutes = std::size_t;
  [[nodiscard]] SourceRoutes find(std::string_view source) const;
  [[nodiscard]] Match match(SourceRoutes source, std::string_view method, std::string_view path,
                            std::string& scratch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A template's faults in words ("two captures named {device}"), or "" if it is good. For `check`.
[[nodiscard]] std::string template_fault(std::string_view route);

}  // namespace slod::route
