#include "slod/net/http_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/answer_parser.h"
#include "net/client_stream.h"
#include "net/url.h"

namespace slod::net {

namespace {

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool sendable(const ClientRequest& request) {
  const auto clean = [](const auto& field) { return one_line(field.first) && one_line(field.second); };
  return one_line(request.method) && std::all_of(request.headers.begin(), request.headers.end(), clean);
}

std::string wire_of(const ClientRequest& request, const Url& url, std::string_view target, bool keep_alive) {
  std::string out;
  out.reserve(256 + request.body.size());
  out += request.method;
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nHost: " + url.host_field() + "\r\nUser-Agent: slod\r\n";
  for (const auto& [name, value] : request.headers) out += name + ": " + value + "\r\n";
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  out += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  out += request.body;
  return out;
}

struct Exchange {
  ClientResponse response;
  bool keep_alive = false;
};

Result<Exchange> read_answer(ClientStream& stream, const ClientRequest& request, Deadline deadline) {
  AnswerParser parser(request.max_body, request.method == "HEAD");
  std::array<char, 16 * 1024> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  while (!parser.done()) {
    auto got = stream.read(block.data(), block.size(), deadline);
    if (!got) return got.error();
    Status fed = *got == 0 ? parser.end() : parser.feed({block.data(), *got});
    if (!fed) return fed.error();
  }
  const bool keep_alive = parser.keep_alive();
  return Exchange{parser.take(), keep_alive};
}

Error at(const Url& url, const Error& error) {
  return Error{url.origin() + ": " + error.message};
}

Result<Exchange> exchange(ClientStream& stream, const ClientRequest& request, const std::string& wire,
                          Deadline deadline) {
  const Status sent = stream.write(wire, deadline);
  // A server that refuses a body early answers and closes: its answer says more than our broken pipe.
  auto answer = read_answer(stream, request, deadline);
  if (!answer && !sent) return sent.error();
  return answer;
}

Result<Url> checked_url(const std::string& text, bool allow_private) {
  auto url = parse_url(text);
  if (url && !url->tls && !allow_private) {
    return Error{url->origin() + ": http is not allowed here; use https, or set allow_private: true"};
  }
  return url;
}

class KeptConnection final : public HttpConnection {
 public:
  KeptConnection(Url url, bool allow_private) : url_(std::move(url)), allow_private_(allow_private) {}

  Status open(Deadline deadline) {
    auto stream = ClientStream::connect(url_, allow_private_, deadline);
    if (!stream) return at(url_, stream.error());
    stream_ = std::move(*stream);
    fresh_ = true;
    return ok();
  }

  Result<ClientResponse> send(const ClientRequest& request) override {
    if (!sendable(request) || !one_line(request.url))
      return Error{"a method, target or header holds a line break"};
    const Deadline deadline = std::chrono::steady_clock::now() + request.deadline;
    const std::string wire = wire_of(request, url_, request.url, true);
    if (!stream_) {
      if (Status opened = open(deadline); !opened) return opened.error();
    }
    auto answer = exchange(*stream_, request, wire, deadline);
    const bool again =
        !answer && !fresh_ && is_idempotent(request) && std::chrono::steady_clock::now() < deadline;
    if (again) {  // the server closed an idle connection: not this request's fault
      if (Status opened = open(deadline); !opened) return opened.error();
      answer = exchange(*stream_, request, wire, deadline);
    }
    fresh_ = false;
    if (!answer || !answer->keep_alive) stream_.reset();
    if (!answer) return at(url_, answer.error());
    return std::move(answer->response);
  }

 private:
  /// May a request be sent twice if the first one's fate is unknown?
  static bool is_idempotent(const ClientRequest& request) {
    if (request.method == "GET" || request.method == "HEAD" || request.method == "PUT") return true;
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [](const auto& field) { return field.first == "Idempotency-Key"; });
  }

  Url url_;
  bool allow_private_;
  std::unique_ptr<ClientStream> stream_;
  bool fresh_ = true;
};

}  // namespace

Result<ClientResponse> http_request(const ClientRequest& request) {
  const Deadline deadline = std::chrono::steady_clock::now() + request.deadline;
  if (!sendable(request)) return Error{"a method or header holds a line break"};
  auto url = checked_url(request.url, request.allow_private);
  if (!url) return url.error();
  auto stream = ClientStream::connect(*url, request.allow_private, deadline);
  if (!stream) return at(*url, stream.error());
  auto answer = exchange(**stream, request, wire_of(request, *url, url->target, false), deadline);
  if (!answer) return at(*url, answer.error());
  return std::move(answer->response);
}

Result<std::unique_ptr<HttpConnection>> HttpConnection::connect(const std::string& base_url,
                                                                bool allow_private) {
  auto url = checked_url(base_url, allow_private);
  if (!url) return url.error();
  auto connection = std::make_unique<KeptConnection>(*url, allow_private);
  if (Status opened = connection->open(std::chrono::steady_clock::now() + seconds(10)); !opened)
    return opened.error();
  return std::unique_ptr<HttpConnection>(std::move(connection));
}

}  // namespace slod::net
