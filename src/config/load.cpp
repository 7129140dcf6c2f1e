#include "slod/config/load.h"

#include <algorithm>

#include "config/build.h"
#include "config/read_files.h"
#include "config/validate.h"

namespace slod::config {

namespace {

void build_all(Build& build) {
  build_process(build);
  build_sources(build);
  check_listeners(build);
  build_actors(build);
  build_journeys(build);
  check_routes_of_journeys(build);
  build_fleet(build);
  build_policies(build);
  build_slos(build);
  build_destinations(build);
  build_routes(build);
  build_maintenance(build);
}

Loaded finish(ReadFiles files, FaultList& faults) {
  bool parsed = true;
  for (const Document& document : files.documents.all) {
    parsed = parsed && document.root != nullptr;
    const View root = document.view();
    if (root.present() && !root.is_map()) {
      faults.error(root.at(), "a config is a mapping, such as `slos:` and what follows it");
    }
    validate(root, root_object(), faults);
  }
  auto config = std::make_shared<Config>();
  // With a file missing, every name that it would have defined would be called unknown.
  if (parsed && !files.unreadable) {
    check_merge(files.documents, faults);
    Build build{files.documents, faults, *config};
    build_all(build);
  }
  config->text = std::move(files.text);
  Loaded loaded;
  loaded.faults = faults.sorted();
  loaded.unreadable = files.unreadable;
  if (!faults.has_errors()) loaded.config = std::move(config);
  return loaded;
}

}  // namespace

Loaded load(const std::vector<std::string>& files) {
  FaultList faults;
  return finish(read_files(files, faults), faults);
}

Loaded load_text(const std::string& text, const std::string& name) {
  FaultList faults;
  return finish(read_text(text, name, faults), faults);
}

}  // namespace slod::config
