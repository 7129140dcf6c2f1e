// Posts the lines of one source to a running slod, in batches, as a log shipper would: in order, each batch
// under an idempotency key, again and again until it is answered, after Retry-After where slod asks for it.
// Owns one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "slod/config/config.h"
#include "slod/net/http_client.h"

namespace slod::cli {

struct HttpTally {
  std::atomic<std::uint64_t> posted{0}, accepted{0}, rejected{0}, ignored{0}, refusals{0}, dropped{0};
};

class HttpSender {
 public:
  /// `run` makes the keys of this run its own.
  HttpSender(const SourceConfig& source, std::string url, std::string token, std::string run);
  ~HttpSender();
  HttpSender(const HttpSender&) = delete;
  HttpSender& operator=(const HttpSender&) = delete;

  /// Never blocks: beyond 200 000 waiting lines the new one is dropped and counted.
  void add(std::string line);
  /// Sends what is left, for at most `at_most`, and ends.
  void finish(Duration at_most);
  [[nodiscard]] const HttpTally& tally() const { return tally_; }
  /// Last failure in words, "" if all went well since.
  [[nodiscard]] std::string trouble();

 private:
  void run();
  [[nodiscard]] std::string take();
  void deliver(const std::string& body);
  [[nodiscard]] Result<net::ClientResponse> post(const std::string& body);
  [[nodiscard]] bool settled(const net::ClientResponse& answer);
  void set_trouble(const std::string& text);
  void rest(Duration length);

  const SourceConfig& source_;
  const std::string url_, token_, run_;
  HttpTally tally_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::string trouble_;
  bool finishing_ = false, aborted_ = false, idle_ = true;
  std::unique_ptr<net::HttpConnection> connection_;  // the thread's
  std::uint64_t batch_ = 0;
  std::uint64_t in_batch_ = 0;
  std::thread thread_;
};

}  // namespace slod::cli
