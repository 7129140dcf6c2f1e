// The text of a group (support.h).
#include <algorithm>
#include <bit>
#include <sstream>

#include "unit/journal/support.h"

namespace slod::journal::test {
namespace {

struct Text {
  std::ostringstream out;
  const Dictionary* dictionary;
  Text& add(std::int64_t v) { return out << v << ' ', *this; }
  Text& add(std::uint64_t v) { return out << v << ' ', *this; }
  Text& add(Time v) { return add(nanos(v)); }
  Text& add(double v) { return add(std::bit_cast<std::uint64_t>(v)); }
  Text& add(const Digest& v) { return add(v.hi).add(v.lo); }
  Text& add(std::string_view v) { return out << '"' << v << "\" ", *this; }
  Text& word(StringId id) { return add(dictionary->text(id)); }
  Text& labels(LabelSetId id) {
    std::vector<std::string> all;
    for (const Label& label : dictionary->labels(id)) {
      all.push_back(std::string(dictionary->text(label.key)) + "=" +
                    std::string(dictionary->text(label.value)));
    }
    std::sort(all.begin(), all.end());
    for (const std::string& label : all) add(label);
    return add(std::string_view("|"));
  }
};

void describe_facts(Text& text, const Group& group) {
  text.add(group.position).add(group.stamp);
  for (const Control& c : group.controls) {
    text.add(static_cast<std::int64_t>(c.kind)).add(c.at).add(c.subject).add(c.text);
  }
  for (const auto& [source, c] : group.counts) {
    text.add(source).add(c.accepted).add(c.ignored).add(c.late).add(c.shed).add(c.duplicate);
    for (const auto& [reason, n] : c.rejected) text.add(reason).add(n);
  }
  for (const StoredKey& k : group.keys)
    text.add(k.source).add(k.key.key).add(k.key.body).add(k.key.answer).add(k.at);
  for (const SourcePosition& p : group.positions) text.add(p.source).add(p.stream).add(p.offset).add(p.check);
}

}  // namespace

std::string describe(const Group& group, const Dictionary& dictionary) {
  Text text{{}, &dictionary};
  describe_facts(text, group);
  for (const ApiRow& r : group.api) {
    text.add(r.start).add(static_cast<std::int64_t>(r.latency.count())).add(r.received).add(r.id).add(r.user);
    text.word(r.source).word(r.route).word(r.device).labels(r.labels).add(std::int64_t{r.status});
  }
  for (const DeviceRow& r : group.device) {
    text.add(static_cast<std::int64_t>(r.kind)).add(std::int64_t{r.retained}).add(std::int64_t{r.has_time});
    text.add(r.time).add(r.received).add(r.id).add(r.payload).add(r.seq).add(r.boot);
    text.add(r.battery).add(r.lat).add(r.lon).word(r.source).word(r.device).word(r.word);
    text.labels(r.labels).labels(r.values);
  }
  return text.out.str();
}

std::vector<std::string> read_all(Reader& reader, const Dictionary& dictionary) {
  std::vector<std::string> out;
  for (;;) {
    const Result<std::optional<Group>> group = reader.next();
    if (!group) out.push_back("error: " + group.error().message);
    if (!group || !*group) return out;
    out.push_back(describe(**group, dictionary));
  }
}

std::vector<std::string> read_all(Journal& journal, Position after) {
  Dictionary dictionary;
  auto reader = journal.read_from(after, dictionary);
  if (!reader) return {"error: " + reader.error().message};
  return read_all(**reader, dictionary);
}

}  // namespace slod::journal::test
