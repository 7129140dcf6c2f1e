#include "net/chunk_decoder.h"

#include <algorithm>

namespace slod::net {

namespace {

// In all of one body: nobody who means well sends more, and Beast would store them without end.
constexpr std::size_t kMaxExtra = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool ChunkDecoder::on_size(char c) {
  if (const int value = hex_value(c); value >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return ++digits_ <= 15;
  }
  if (digits_ == 0) return false;
  if (c == '\r') {
    step_ = Step::kSizeEnd;
    return true;
  }
  step_ = Step::kExtension;
  return (c == ';' || c == ' ' || c == '\t') && ++extra_ <= kMaxExtra;
}

bool ChunkDecoder::on_extension(char c) {
  if (c == '\r') {
    step_ = Step::kSizeEnd;
    return true;
  }
  return c != '\n' && c != '\0' && ++extra_ <= kMaxExtra;
}

bool ChunkDecoder::after_size(char c) {
  if (c != '\n') return false;
  digits_ = 0;
  step_ = left_ == 0 ? Step::kTrailer : Step::kData;
  return true;
}

/// At the start of a trailer line: the empty line ends the body.
bool ChunkDecoder::on_trailer(char c) {
  step_ = c == '\r' ? Step::kFinalEnd : Step::kTrailerEnd;
  return c != '\n' && c != '\0' && ++extra_ <= kMaxExtra;
}

bool ChunkDecoder::on_byte(char c) {
  switch (step_) {
    case Step::kSize:
      return on_size(c);
    case Step::kExtension:
      return on_extension(c);
    case Step::kSizeEnd:
      return after_size(c);
    case Step::kDataEnd:
      step_ = Step::kDataEndLf;
      return c == '\r';
    case Step::kDataEndLf:
      step_ = Step::kSize;
      return c == '\n';
    case Step::kTrailer:
      return on_trailer(c);
    case Step::kTrailerEnd:
      if (c == '\n') step_ = Step::kTrailer;
      return c != '\0' && ++extra_ <= kMaxExtra;
    case Step::kFinalEnd:
      step_ = Step::kDone;
      return c == '\n';
    case Step::kData:
    case Step::kDone:
      return false;
  }
  return false;
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view bytes, std::string& body, std::size_t& used) {
  used = 0;
  while (used < bytes.size() && step_ != Step::kDone) {
    if (step_ != Step::kData) {
      if (!on_byte(bytes[used++])) return State::kBad;
      if (step_ == Step::kData && left_ > max_body_ - body.size()) return State::kTooLarge;
      continue;
    }
    const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - used));
    body.append(bytes.substr(used, take));
    used += take;
    left_ -= take;
    if (left_ == 0) step_ = Step::kDataEnd;
  }
  return step_ == Step::kDone ? State::kDone : State::kNeedMore;
}

}  // namespace slod::net
