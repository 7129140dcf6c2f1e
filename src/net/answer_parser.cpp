#include "net/answer_parser.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>
#include <utility>

namespace slod::net {

namespace http = boost::beast::http;
using Parser = http::response_parser<http::string_body>;

namespace {

constexpr std::size_t kMaxHeader = 32 * 1024;

}  // namespace

struct AnswerParser::Impl {
  std::size_t max_body;
  bool head_only;
  std::optional<Parser> parser;
  std::string pending;  // what the parser has not taken yet

  void renew() {
    parser.emplace();
    parser->eager(true);
    parser->skip(head_only);
    parser->header_limit(kMaxHeader);
    parser->body_limit(max_body);
  }

  [[nodiscard]] bool interim() const { return parser->is_done() && parser->get().result_int() / 100 == 1; }
};

AnswerParser::AnswerParser(std::size_t max_body, bool head_only)
    : impl_(new Impl{max_body, head_only, std::nullopt, {}}) {
  impl_->renew();
}

AnswerParser::~AnswerParser() = default;

Status AnswerParser::feed(std::string_view bytes) {
  impl_->pending.append(bytes);
  if (impl_->pending.size() > kMaxHeader + 64 * 1024)
    return Error{"receive: the answer's header is too large"};
  while (!impl_->pending.empty() && !done()) {
    if (impl_->interim()) impl_->renew();
    boost::system::error_code error;
    const std::size_t used = impl_->parser->put(boost::asio::buffer(impl_->pending), error);
    impl_->pending.erase(0, used);
    if (error == http::error::need_more) return ok();
    if (error == http::error::body_limit) {
      return Error{"receive: the answer is larger than " + std::to_string(impl_->max_body) + " bytes"};
    }
    if (error) return Error{"receive: not a valid HTTP answer: " + error.message()};
    if (used == 0) return ok();
  }
  return ok();
}

Status AnswerParser::end() {
  boost::system::error_code error;
  if (impl_->parser->got_some()) impl_->parser->put_eof(error);
  if (error || !done())
    return Error{"receive: the server closed the connection before its answer was complete"};
  return ok();
}

bool AnswerParser::done() const {
  return impl_->parser->is_done() && !impl_->interim();
}

bool AnswerParser::keep_alive() const {
  return impl_->parser->get().keep_alive() && !impl_->parser->get().need_eof();
}

ClientResponse AnswerParser::take() {
  auto message = impl_->parser->release();
  ClientResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    std::string name(field.name_string().data(), field.name_string().size());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    response.headers[name] = std::string(field.value().data(), field.value().size());
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace slod::net
