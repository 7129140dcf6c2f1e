#include <unistd.h>

#include <algorithm>

#include "config/build.h"

namespace slod::config {

namespace {

bool loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void build_server(Build& build) {
  const View server = build.documents.single("server");
  ServerConfig& out = build.config.server;
  if (const auto listen = parse_listen(server["ingest"]["listen"].text())) out.ingest = *listen;
  if (const auto listen = parse_listen(server["web"]["listen"].text())) out.web = *listen;
  out.ingest.on = server["ingest"].present();
  out.ingest_threads = static_cast<int>(read_int(server["ingest"]["threads"]).value_or(1));
  const View url = server["web"]["external_url"];
  out.external_url = url.text();
  out.show_devices = server["web"]["device_ids"].text("shown") != "hidden";
  if (url.is_scalar() && !url.text().starts_with("http://") && !url.text().starts_with("https://")) {
    build.faults.error(url.at(), "`external_url` begins with http:// or https://");
  }
  while (out.external_url.ends_with('/')) out.external_url.pop_back();
}

void build_state(Build& build) {
  const View state = build.documents.single("state");
  StateConfig& out = build.config.state;
  const SourceText* file = state.present() ? state.at().file : build.documents.whole().file;
  out.dir = resolve_path(file, state["dir"].text(out.dir));
  const View retention = state["journal_retention"];
  const auto keep = [&](const View& value, Duration otherwise) {
    const Duration duration = read_duration(value).value_or(otherwise);
    if (duration < hours(1)) {
      build.faults.error(value.at(), "is shorter than an hour, the least that can be kept");
    }
    return duration;
  };
  out.keep_journeys = keep(retention["journeys"], out.keep_journeys);
  out.keep_fleet = keep(retention["fleet"], out.keep_fleet);
  const View bytes = retention["max_bytes"];
  out.max_bytes = parse_bytes(bytes.text()).value_or(out.max_bytes);
  constexpr std::int64_t kLeast = 16'000'000;
  if (out.max_bytes < kLeast) {
    build.faults.error(bytes.at(), "is less than 16MB, one segment and room to compact it");
  }
}

}  // namespace

void build_process(Build& build) {
  build_server(build);
  build_state(build);
  Config& config = build.config;
  const View interval = build.documents.single("evaluation_interval");
  if (check_multiple(interval, kSlotLength, build.faults)) {
    config.evaluation_interval = *read_duration(interval);
  }
  if (config.evaluation_interval > hours(1)) build.faults.error(interval.at(), "is longer than 1h");
  config.shards = static_cast<int>(read_int(build.documents.single("engine")["shards"]).value_or(1));
  const View limits = build.documents.single("limits");
  config.limits.groups_per_slo = read_int(limits["groups_per_slo"]).value_or(config.limits.groups_per_slo);
  config.limits.groups = read_int(limits["groups"]).value_or(config.limits.groups);
  config.language = build.documents.single("language").text(config.language);
  const View geojson = build.documents.single("areas")["geojson"];
  config.areas_geojson = resolve_path(geojson.at().file, geojson.text());
  if (geojson.is_scalar() && ::access(config.areas_geojson.c_str(), R_OK) != 0) {
    build.faults.warning(geojson.at(), "\"" + config.areas_geojson +
                                           "\" cannot be read now; every position is `other` until it can");
  }
}

void check_listeners(Build& build) {
  ServerConfig& server = build.config.server;
  const View block = build.documents.single("server");
  const std::vector<View> sources = build.documents.named("sources");
  const bool wanted = std::any_of(build.config.sources.begin(), build.config.sources.end(),
                                  [](const SourceConfig& s) { return s.kind == SourceConfig::Kind::kHttp; });
  server.ingest.on = server.ingest.on || wanted;
  const bool same = server.ingest.port == server.web.port && server.ingest.port != 0 &&
                    server.ingest.host == server.web.host;
  if (server.ingest.on && same) {
    build.faults.error(block.at(), "the ingest and the web listener need two different addresses");
  }
  if (loopback(server.ingest.host)) return;
  for (const View& source : sources) {
    if (source["http"].present() && !source["http"]["token"].present()) {
      build.faults.error(source["http"].at(), "source \"" + source.key() + "\" needs `token`, because " +
                                                  server.ingest.host + " is not a loopback address");
    }
  }
}

}  // namespace slod::config
