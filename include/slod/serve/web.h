// The web listener: /metrics, /api/v1/..., /-/healthy, /-/ready and the page, from the newest snapshot. It
// owns nothing of the event path; a slow reader costs only itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/engine/contributors.h"
#include "slod/engine/snapshot.h"
#include "slod/net/http_server.h"
#include "slod/serve/render.h"

namespace slod::serve {

/// Why slod is not ready, and how far it is.
struct Readiness {
  bool ready = false;
  std::string reason;                  ///< "reading the checkpoint", "replaying the journal"
  double progress = 0;                 ///< 0 to 1
  std::uint64_t position = 0, of = 0;  ///< in the journal
};

using Contributed = std::function<void(Result<engine::Contributors>)>;
using Remembered = std::function<void(Result<SloPast>)>;
/// The config that holds, and how far the numbers are behind it.
struct ConfigState {
  std::string revision;
  bool reload_ok = true;  ///< the newest reload was taken over
  bool recomputing =
      false;  ///< the past is being computed anew: `to`, `why` ("config" | "history"), `progress`
  std::string to, why;
  double progress = 0;
  std::string error;  ///< why the last recomputation failed, "" if it did not
};

/// What became of POST /-/reload.
struct ReloadAnswer {
  std::vector<std::string> refused;  ///< every fault; empty: taken over
  std::string revision, done;
  bool recomputes = false;
};
using AnswerReload = std::function<void(const ReloadAnswer&)>;

struct WebContext {
  std::function<std::shared_ptr<const engine::Snapshot>()> snapshot;  ///< null before the first tick
  std::function<ProcessFigures()> figures;
  std::function<Readiness()> readiness;
  /// What ate the budget of the SLO of that name; answers later, from any thread. False: too many ask.
  std::function<bool(const std::string&, engine::SlotRange, Contributed)> contributors;
  /// The past of the SLO of that name, hour by hour; answers and refuses likewise.
  std::function<bool(const std::string&, HistoryRange, Remembered)> history;
  std::function<ConfigState()> config;            ///< may be empty (tests)
  std::function<void(AnswerReload)> reload;       ///< asks for one; answered later, from another thread
  std::function<std::string()> transitions_json;  ///< newest first, a JSON array, from the ledger
};

[[nodiscard]] std::unique_ptr<net::Handler> make_web_handler(WebContext context);

}  // namespace slod::serve
