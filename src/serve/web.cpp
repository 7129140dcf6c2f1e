#include "slod/serve/web.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "asked_range.h"
#include "slod/core/suggest.h"

namespace slod::serve {
namespace {

/// The page runs nothing and loads nothing; its style stands in it.
constexpr const char* kPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors "
    "'none'";

net::Response with(int status, std::string body, const char* type = "application/json") {
  return {status, type, std::move(body), {{"X-Content-Type-Options", "nosniff"}}};
}

net::Response failure(int status, const char* type, const std::string& message) {
  const nlohmann::ordered_json json = {{"status", "error"}, {"errorType", type}, {"error", message}};
  return with(status, json.dump());
}

net::Response success(const std::string& data) {
  return with(200, R"({"status":"success","data":)" + data + "}");
}

class WebHandler final : public net::Handler {
 public:
  explicit WebHandler(WebContext context) : context_(std::move(context)) {}

  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t>) override {
    if (head.path() == "/-/reload") {
      if (head.method == "POST" && context_.reload) return std::nullopt;
      net::Response refused = failure(405, "bad_data", "POST reloads the config");
      refused.headers.emplace_back("Allow", "POST");
      return refused;
    }
    if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
    net::Response refused = failure(405, "bad_data", "this address is read with GET");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }

  void handle(net::Request request, net::Respond respond) override {
    const std::string_view path = request.path();
    if (path == "/-/reload") return reload(std::move(respond));
    if (path.starts_with(kSlo) && path.ends_with(kContributors)) {
      contributors(request, std::move(respond));
    } else if (path.starts_with(kSlo) && path.ends_with(kHistory)) {
      history(request, std::move(respond));
    } else {
      respond(answer(path));
    }
  }

 private:
  static constexpr std::string_view kSlo = "/api/v1/slos/";
  static constexpr std::string_view kContributors = "/contributors";
  static constexpr std::string_view kHistory = "/history";

  static std::string slo_in(std::string_view path, std::string_view end) {
    return std::string(path.substr(kSlo.size(), path.size() - kSlo.size() - end.size()));
  }

  static net::Response busy() {
    net::Response busy = failure(503, "unavailable", "too many ask about the past; ask again later");
    busy.headers.emplace_back("Retry-After", "5");
    return busy;
  }

  void history(const net::Request& request, net::Respond respond) {
    const std::string_view path = request.path();
    const auto snapshot = context_.snapshot();
    if (!snapshot || snapshot->as_of == Time{} || !context_.history) return respond(starting(path));
    const std::string name = slo_in(path, kHistory);
    if (!knows(*snapshot, name)) return respond(unknown_slo(*snapshot, name));
    const Result<HistoryRange> range = asked_history(request.target, snapshot->as_of);
    if (!range) return respond(failure(400, "bad_data", range.error().message));
    const bool taken =
        context_.history(name, *range, [respond, range = *range](const Result<SloPast>& found) {
          if (!found) return respond(failure(503, "unavailable", found.error().message));
          const Result<std::string> data = history_json(found->slo, range, found->hours);
          // What can be asked otherwise is the asker's to mend: coming back later would not help.
          respond(data ? success(*data) : failure(400, "bad_data", data.error().message));
        });
    if (!taken) respond(busy());
  }

  void contributors(const net::Request& request, net::Respond respond) {
    const std::string_view path = request.path();
    const auto snapshot = context_.snapshot();
    if (!snapshot || snapshot->as_of == Time{} || !context_.contributors) return respond(starting(path));
    const std::string name = slo_in(path, kContributors);
    if (!knows(*snapshot, name)) return respond(unknown_slo(*snapshot, name));
    const Result<engine::SlotRange> range = asked_range(request.target, snapshot->as_of);
    if (!range) return respond(failure(400, "bad_data", range.error().message));
    const bool taken = context_.contributors(name, *range, [respond](Result<engine::Contributors> found) {
      respond(found ? success(contributors_json(*found))
                    : failure(503, "unavailable", found.error().message));
    });
    if (!taken) respond(busy());
  }

  static bool knows(const engine::Snapshot& snapshot, const std::string& name) {
    return std::any_of(snapshot.slos.begin(), snapshot.slos.end(),
                       [&](const engine::SloReading& reading) { return reading.config->name == name; });
  }

  static net::Response unknown_slo(const engine::Snapshot& snapshot, const std::string& name) {
    std::vector<std::string> names;
    for (const engine::SloReading& reading : snapshot.slos) names.push_back(reading.config->name);
    const std::string shown = name.substr(0, 100);
    return failure(404, "not_found", "no SLO is called \"" + shown + "\"" + did_you_mean(shown, names));
  }

  void reload(net::Respond respond) {
    if (!context_.readiness().ready) return respond(starting(""));
    context_.reload([respond](const ReloadAnswer& answer) { respond(reloaded(answer)); });
  }

  static net::Response reloaded(const ReloadAnswer& answer) {
    if (answer.refused.empty()) {
      const nlohmann::ordered_json data = {{"revision", answer.revision}, {"recomputes", answer.recomputes}};
      return success(data.dump());
    }
    nlohmann::ordered_json json = {
        {"status", "error"},
        {"errorType", "bad_data"},
        {"error", "the new config was refused, the old one holds: " + answer.refused[0]},
        {"faults", answer.refused}};
    return with(400, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  [[nodiscard]] std::string config_json() const {
    const ConfigState state = context_.config();
    nlohmann::ordered_json json = {{"revision", state.revision}, {"last_reload_successful", state.reload_ok}};
    json["recomputing"] = nullptr;
    if (state.recomputing)
      json["recomputing"] = {{"to", state.to}, {"why", state.why}, {"progress", state.progress}};
    if (!state.error.empty()) json["error"] = state.error;
    return json.dump();
  }

  /// What the page says of the config, "" if all is as it should be.
  [[nodiscard]] std::string note() const {
    if (!context_.config) return "";
    const ConfigState state = context_.config();
    std::string note;
    if (state.recomputing) {
      note = state.why == "history" ? "History is being counted" : "Recomputing to revision " + state.to;
      note += ", " + std::to_string(static_cast<int>(state.progress * 100)) + " %. ";
    }
    if (!state.reload_ok) note += "The newest config was refused: the one before it holds. ";
    if (!state.error.empty()) note += "The past could not be computed anew: " + state.error;
    return note;
  }

  net::Response answer(std::string_view path) {
    if (path == "/-/healthy" || path == "/healthz")
      return with(200, "slod is healthy\n", "text/plain; charset=utf-8");
    if (path == "/-/ready") return ready();
    if (path == "/metrics") return metrics();
    if (path == "/api/v1/config" && context_.config) return success(config_json());
    const auto snapshot = context_.snapshot();
    if (!snapshot || snapshot->as_of == Time{}) return starting(path);
    if (path == "/") {
      net::Response page = with(200, slos_page(*snapshot, note()), "text/html; charset=utf-8");
      page.headers.emplace_back("Content-Security-Policy", kPagePolicy);
      return page;
    }
    if (path == "/api/v1/slos") return success(slos_json(*snapshot));
    if (path == "/api/v1/sources") return success(sources_json(*snapshot, context_.figures().disk_full));
    if (path == "/api/v1/alerts") return success(alerts_json(*snapshot));
    if (path == "/api/v1/transitions") return success(context_.transitions_json());
    if (path.starts_with(kSlo)) {
      const std::string name(path.substr(kSlo.size()));
      const std::string json = slo_json(*snapshot, name);
      return json.empty() ? unknown_slo(*snapshot, name) : success(json);
    }
    return failure(404, "not_found", "nothing is here; see /api/v1/slos, /metrics, /-/ready");
  }

  net::Response ready() {
    const Readiness readiness = context_.readiness();
    if (readiness.ready) return with(200, R"({"ready":true})");
    const nlohmann::ordered_json json = {{"ready", false},
                                         {"reason", readiness.reason},
                                         {"progress", readiness.progress},
                                         {"position", readiness.position},
                                         {"last_position", readiness.of}};
    return with(503, json.dump());
  }

  net::Response metrics() {
    // While the journal is read there is nothing to count, but the process can be scraped.
    static const engine::Snapshot kEmpty{};
    const auto snapshot = context_.snapshot();
    if (snapshot != rendered_) {
      snapshot ? slo_metrics_.render(*snapshot) : slo_metrics_.clear();
      rendered_ = snapshot;
    }
    const std::string process = process_metrics_text(snapshot ? *snapshot : kEmpty, context_.figures());
    std::string text;
    text.reserve(slo_metrics_.size() + process.size());
    slo_metrics_.append_to(text);
    text += process;
    return with(200, std::move(text), "text/plain; version=0.0.4; charset=utf-8");
  }

  net::Response starting(std::string_view path) {
    if (path == "/")
      return with(503, "slod is starting; the first numbers come with the first tick\n", "text/plain");
    net::Response response =
        failure(503, "unavailable", "slod is starting; the first numbers come with the first tick");
    response.headers.emplace_back("Retry-After", "2");
    return response;
  }

  WebContext context_;
  // The first scrape of a tick renders the SLOs, further ones share it. The listener has one thread.
  std::shared_ptr<const engine::Snapshot> rendered_;
  SloMetrics slo_metrics_;
};

}  // namespace

std::unique_ptr<net::Handler> make_web_handler(WebContext context) {
  return std::make_unique<WebHandler>(std::move(context));
}

}  // namespace slod::serve
