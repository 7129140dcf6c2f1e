// AWS IoT delivers to an HTTP destination only once its owner has fetched an address that AWS posted there.
// This fetches it, beside the server's threads; only addresses of AWS itself, by https. Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace slod::source {

/// The `enableUrl` of a confirmation request, or "" where it is none or not AWS's.
[[nodiscard]] std::string enable_url(std::string_view body);

class AwsConfirmer {
 public:
  using Log = std::function<void(const std::string& level, const std::string& message)>;
  AwsConfirmer(std::string source, Log log) : source_(std::move(source)), log_(std::move(log)) {}

  /// Does not wait. While one is under way others are left out: AWS can be asked to send again.
  void confirm(std::string_view body);

 private:
  void fetch(const std::string& url) const;
  void say(const char* level, const std::string& message) const;

  std::string source_;
  Log log_;
  std::atomic<bool> busy_{false};
  std::jthread thread_;  ///< started by whoever took busy_
};

}  // namespace slod::source
