// IngestGate: the handler of the ingest listener for as long as slod lives. Until the sources are there it
// tells senders to come back; then it passes on to the handlers of the newest config. Those of earlier
// configs are kept: a request may still be under way in them, and reloads are few.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "slod/net/http_server.h"

namespace slod::daemon {

struct IngestHandlers {
  std::unique_ptr<net::Handler> records, history;
};

class IngestGate final : public net::Handler {
 public:
  /// Thread: main.
  void open(IngestHandlers handlers) {
    all_.push_back(std::make_unique<IngestHandlers>(std::move(handlers)));
    behind_ = all_.back().get();
  }
  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t> length) override {
    if (net::Handler* behind = handler_for(head)) return behind->admit(head, length);
    return starting();
  }
  void handle(net::Request request, net::Respond respond) override {
    net::Handler* behind = handler_for(request);
    if (behind == nullptr) return respond(starting());
    behind->handle(std::move(request), std::move(respond));
  }

 private:
  [[nodiscard]] net::Handler* handler_for(const net::Request& request) const {
    const IngestHandlers* behind = behind_.load();
    if (behind == nullptr) return nullptr;
    return request.path().starts_with("/backfill") ? behind->history.get() : behind->records.get();
  }
  static net::Response starting() {
    return {503,
            "application/json",
            R"({"error":"slod is starting; send this again later"})",
            {{"Retry-After", "1"}}};
  }

  std::vector<std::unique_ptr<IngestHandlers>> all_;
  std::atomic<IngestHandlers*> behind_{nullptr};
};

}  // namespace slod::daemon
