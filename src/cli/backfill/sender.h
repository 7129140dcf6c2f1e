// Sends blocks of one source to POST /backfill/SOURCE of a running slod: again and again while it is full,
// starting or gone for a moment, so that an interruption of either side costs nothing but time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/backfill/blocks.h"
#include "slod/net/http_client.h"

namespace slod::cli {

struct BackfillTally {
  std::uint64_t accepted = 0, ignored = 0, rejected = 0, late = 0;
  std::uint64_t known = 0;  ///< of all these: records that an earlier backfill had brought
  [[nodiscard]] std::uint64_t records() const { return accepted + ignored + rejected + late; }
};

struct BackfillTarget {
  std::string url;    ///< of the ingest listener, "http://127.0.0.1:8080"
  std::string token;  ///< "": none
};

class BackfillSender {
 public:
  /// `waiting` is told why, whenever something is tried again.
  BackfillSender(BackfillTarget target, std::function<bool()> interrupted,
                 std::function<void(const std::string&)> waiting);

  /// The whole input. Errors: refused for good, or nobody answers for a minute. Stops early when interrupted.
  Status send(const std::string& source, Blocks& blocks, BackfillTally& tally,
              const std::function<void()>& progress);
  /// The JSON of GET /backfill; nothing if it is not to be had.
  [[nodiscard]] std::optional<std::string> state();

 private:
  struct Block {
    std::string_view lines;
    std::string key;
  };
  Result<std::size_t> deliver(const std::string& source, const Block& block, BackfillTally& tally);
  Result<net::ClientResponse> post(const std::string& source, const Block& block);
  Result<net::ClientResponse> post_until_answered(const std::string& source, const Block& block);
  void count(const net::ClientResponse& answer, BackfillTally& tally);
  void rest(int at_most_seconds) const;

  BackfillTarget target_;
  std::function<bool()> interrupted_;
  std::function<void(const std::string&)> waiting_;
  std::unique_ptr<net::HttpConnection> connection_;
  bool reached_ = false;               ///< it answered before: a failure is an interruption
  std::optional<std::int64_t> after_;  ///< `to` of the answer before, of this input
};

}  // namespace slod::cli
