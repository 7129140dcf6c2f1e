#include "slod/route/router.h"

#include <array>

#include "route/percent.h"
#include "route/trie.h"

namespace slod::route {
namespace {

/// The path of "/a/b/?x=1#y" or "https://host/a/b" without query, fragment and one trailing slash; the root
/// is "".
std::string_view bare_path(std::string_view path) {
  std::size_t end = 0;
  while (end < path.size() && path[end] != '?' && path[end] != '#') ++end;
  path = path.substr(0, end);
  if (!path.starts_with('/')) {
    const std::size_t scheme = path.find("://");
    if (scheme == std::string_view::npos) return "?";  // no route has it: "*", "host:443", garbage
    const std::size_t slash = path.find('/', scheme + 3);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
  }
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

constexpr std::size_t kLongestMethod = 32;

/// Upper case, in `room` where it was not; a method longer than any is cut and matches nothing.
std::string_view upper(std::string_view method, std::array<char, kLongestMethod>& room) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::size_t i = 0;
  while (i < method.size() && !lower(method[i])) ++i;
  if (i == method.size() || method.size() > room.size()) return method;
  for (i = 0; i < method.size(); ++i)
    room[i] = lower(method[i]) ? static_cast<char>(method[i] - 'a' + 'A') : method[i];
  return {room.data(), method.size()};
}

}  // namespace

struct Router::Impl {
  struct Source {
    std::string name;
    Trie trie;
  };
  std::vector<Source> sources;
  std::vector<std::string> routes;  ///< by journey: "POST /v1/..."

  Trie& trie_of(const std::string& name) {
    for (Source& source : sources) {
      if (source.name == name) return source.trie;
    }
    sources.push_back({name, {}});
    return sources.back().trie;
  }
};

Router::Router(const Config& config) : impl_(std::make_unique<Impl>()) {
  impl_->routes.resize(config.journeys.size());
  for (std::size_t journey = 0; journey < config.journeys.size(); ++journey) {
    const auto& api = config.journeys[journey].api;
    if (!api) continue;
    const std::string method = api->method == "*" ? "" : api->method;
    impl_->routes[journey] =
        api->method.empty() ? api->route : std::string(api->method).append(" ").append(api->route);
    impl_->trie_of(api->source).add(parse_template(api->route), method, static_cast<int>(journey));
  }
}
Router::~Router() = default;

Match Router::match(std::string_view source, std::string_view method, std::string_view path,
                    std::string& scratch) const {
  for (const Impl::Source& known : impl_->sources) {
    if (known.name != source) continue;
    std::array<char, kLongestMethod> room{};
    const Trie::Found found = known.trie.match(upper(method, room), bare_path(path));
    if (found.journey < 0) return {};
    return {found.journey, impl_->routes[static_cast<std::size_t>(found.journey)],
            percent_decoded(found.device, scratch)};
  }
  return {};
}

}  // namespace slod::route
