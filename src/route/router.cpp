#include "slod/route/router.h"

#include "route/path_segments.h"
#include "route/percent.h"
#include "route/trie.h"

namespace slod::route {
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
    const std::string_view method = api->method == "*" ? std::string_view{} : api->method;
    impl_->routes[journey] =
        api->method.empty() ? api->route : std::string(api->method).append(" ").append(api->route);
    impl_->trie_of(api->source)
        .add(parse_template(api->route), method_word(method), static_cast<int>(journey));
  }
}
Router::~Router() = default;

Router::SourceRoutes Router::find(std::string_view source) const {
  std::size_t at = 0;
  while (at < impl_->sources.size() && impl_->sources[at].name != source) ++at;
  return at;
}

Match Router::match(SourceRoutes source, std::string_view method, std::string_view path,
                    std::string& scratch) const {
  if (source >= impl_->sources.size()) return {};
  const Trie& trie = impl_->sources[source].trie;
  const Method word = method_word(method);
  if (!trie.takes(word)) return {};
  const Trie::Found found = trie.match(word, PathSegments(path));
  if (found.journey < 0) return {};
  return {found.journey, impl_->routes[static_cast<std::size_t>(found.journey)],
          percent_decoded(found.device, scratch)};
}

}  // namespace slod::route
