// A blocking HTTP(S) client with a deadline over everything: DNS, connect, TLS, request, answer. Certificates
// and host names are verified; redirects are never followed; at most 16 KiB (or `max_body`) of an answer are
// read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slod/core/result.h"
#include "slod/core/time.h"

namespace slod::net {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration deadline = seconds(10);
  std::size_t max_body = 16 * 1024;
  /// False: an address that is loopback, private or link-local is refused (SSRF), and so is http.
  bool allow_private = false;
};

struct ClientResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// Errors name the stage: "connect 127.0.0.1:9: Connection refused". Secrets in the URL's path are never in
/// the text.
[[nodiscard]] Result<ClientResponse> http_request(const ClientRequest& request);

/// One kept-alive connection for many requests (simulate, bench, status). Same rules.
class HttpConnection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HttpConnection>> connect(const std::string& base_url,
                                                                       bool allow_private);
  virtual ~HttpConnection() = default;
  virtual Result<ClientResponse> send(const ClientRequest& request) = 0;  ///< url: the target, "/ingest/x"
};

}  // namespace slod::net
