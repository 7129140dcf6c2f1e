// The journal's codec: whatever bytes lie in a segment are read or refused, what was read is written and read
// again as the same, and every column gives back what was put into it. The first byte chooses the part, the
// second says how many rows there are to be.
#include <bit>
#include <vector>

#include "fuzz/require.h"
#include "journal/column.h"
#include "journal/facts.h"
#include "journal/rows.h"

namespace slod::journal {
namespace {

using fuzz::require;

constexpr Time kStamp = from_nanos(1795350787'709000000);

template <typename Word>
std::vector<Word> words_of(std::string_view bytes) {
  std::vector<Word> words(bytes.size() / sizeof(Word));
  if (!words.empty()) std::memcpy(words.data(), bytes.data(), words.size() * sizeof(Word));
  return words;
}

void numbers(std::string_view bytes) {
  const auto values = words_of<std::int64_t>(bytes);
  std::vector<std::int64_t> read(values.size());
  for (const auto none : {std::optional<std::int64_t>(), std::optional<std::int64_t>(-1)}) {
    std::string out;
    put_offsets(out, values, none);
    ByteReader in(out);
    require(get_numbers(in, read, 0, none) && read == values, "offsets come back");
  }
  std::string out;
  put_deltas(out, values, nanos(kStamp));
  ByteReader in(out);
  require(get_numbers(in, read, nanos(kStamp)) && read == values, "differences come back");
}

void decimals(std::string_view bytes) {
  const auto values = words_of<double>(bytes);
  std::vector<double> read(values.size());
  std::string out;
  put_decimals(out, values);
  ByteReader in(out);
  require(get_decimals(in, read), "decimals can be read");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool same = std::isnan(values[i]) ? std::isnan(read[i]) : values[i] == read[i];
    require(same, "decimals come back");
  }
}

void any_columns(std::string_view bytes, std::size_t rows) {
  std::vector<std::int64_t> values(rows);
  ByteReader in(bytes);
  if (get_numbers(in, values, 7, -1)) {
    std::string again;
    put_offsets(again, values, -1);
    std::vector<std::int64_t> read(rows);
    ByteReader back(again);
    require(get_numbers(back, read, 0, -1) && read == values, "what was read can be written");
  }
  std::vector<double> reals(rows);
  ByteReader other(bytes);
  get_decimals(other, reals);
}

/// What was read is written as bytes that say the same: written again they are the same bytes.
void facts(std::string_view bytes) {
  Contents contents;
  std::vector<Control> controls;
  if (decode_controls(bytes, kStamp, contents, controls)) {
    const std::string written = encode_controls(contents, controls, kStamp);
    std::vector<Control> read;
    require(decode_controls(written, kStamp, contents, read), "controls can be read again");
    require(encode_controls(contents, read, kStamp) == written, "controls come back");
  }
  Counts counts;
  if (decode_counts(bytes, counts)) {
    Counts read;
    const std::string written = encode_counts(counts);
    require(decode_counts(written, read) && encode_counts(read) == written, "counts come back");
  }
  std::vector<SourcePosition> positions;
  if (decode_positions(bytes, positions)) {
    std::vector<SourcePosition> read;
    const std::string written = encode_positions(positions);
    require(decode_positions(written, read) && encode_positions(read) == written, "positions come back");
  }
  std::vector<StoredKey> keys;
  if (decode_keys(bytes, kStamp, keys)) {
    std::vector<StoredKey> read;
    const std::string written = encode_keys(keys, kStamp);
    require(decode_keys(written, kStamp, read) && encode_keys(read, kStamp) == written, "keys come back");
  }
}

template <typename Row, typename Decode, typename Encode>
void rows(const Parts& parts, std::size_t count, Dictionary& dictionary, const WordsReader& words,
          const Decode& decode, const Encode& encode) {
  std::vector<Row> read(count);
  if (!decode(parts, kStamp, words, read)) return;
  WordsWriter writer(dictionary);
  const Parts written = encode(read, kStamp, writer);
  WordsReader own(dictionary);
  const std::string entries = writer.entries();
  require(entries.empty() || own.add(entries), "words can be read again");
  std::vector<Row> again(count);
  require(decode(written, kStamp, own, again), "rows can be read again");
  WordsWriter second(dictionary);
  const Parts twice = encode(again, kStamp, second);
  require(twice.packed == written.packed && twice.loose == written.loose, "rows come back");
}

/// Three parts, each with a length before it: words, packed, loose.
void any_rows(std::string_view bytes, std::size_t count) {
  ByteReader in(bytes);
  const std::string_view entries = in.text();
  Parts parts;
  parts.packed = in.text();
  parts.loose = in.text();
  Dictionary dictionary;
  WordsReader words(dictionary);
  if (!words.add(entries)) return;
  rows<ApiRow>(parts, count, dictionary, words, decode_api, encode_api);
  rows<DeviceRow>(parts, count, dictionary, words, decode_device, encode_device);
}

}  // namespace
}  // namespace slod::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod::journal;
  if (size < 2) return 0;
  const std::string_view bytes = slod::fuzz::text_of(data + 2, size - 2);
  switch (data[0] % 5) {
    case 0:
      numbers(bytes);
      break;
    case 1:
      decimals(bytes);
      break;
    case 2:
      any_columns(bytes, data[1]);
      break;
    case 3:
      facts(bytes);
      break;
    default:
      any_rows(bytes, data[1]);
      break;
  }
  return 0;
}
