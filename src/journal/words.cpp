#include "journal/words.h"

#include "journal/bytes.h"

namespace slod::journal {
namespace {

void set_at(std::vector<std::uint32_t>& map, std::uint32_t id, std::uint32_t number) {
  if (id >= map.size()) map.resize(id + id / 2 + 64);
  map[id] = number;
}

}  // namespace

std::uint32_t WordsWriter::add_string(StringId id) {
  set_at(strings_, id, ++string_count_);
  new_strings_.push_back(id);
  return string_count_;
}

std::uint32_t WordsWriter::add_labels(LabelSetId id) {
  for (const Label& label : dictionary_->labels(id)) {
    string(label.key);
    string(label.value);
  }
  set_at(sets_, id, ++set_count_);
  new_sets_.push_back(id);
  return set_count_;
}

std::string WordsWriter::entries() const {
  std::string out;
  if (new_strings_.empty() && new_sets_.empty()) return out;
  put_varint(out, new_strings_.size());
  for (const StringId id : new_strings_) put_text(out, dictionary_->text(id));
  put_varint(out, new_sets_.size());
  for (const LabelSetId id : new_sets_) {
    const auto labels = dictionary_->labels(id);
    put_varint(out, labels.size());
    for (const Label& label : labels) {
      put_varint(out, label.key == 0 ? 0 : strings_[label.key]);
      put_varint(out, label.value == 0 ? 0 : strings_[label.value]);
    }
  }
  return out;
}

void WordsWriter::settle() {
  new_strings_.clear();
  new_sets_.clear();
}

void WordsWriter::undo() {
  for (const StringId id : new_strings_) strings_[id] = 0;
  for (const LabelSetId id : new_sets_) sets_[id] = 0;
  string_count_ -= static_cast<std::uint32_t>(new_strings_.size());
  set_count_ -= static_cast<std::uint32_t>(new_sets_.size());
  settle();
}

void WordsWriter::take_over(const WordsReader& read) {
  clear();
  for (std::size_t i = 1; i < read.strings().size(); ++i)
    set_at(strings_, read.strings()[i], ++string_count_);
  for (std::size_t i = 1; i < read.sets().size(); ++i) set_at(sets_, read.sets()[i], ++set_count_);
}

void WordsWriter::clear() {
  strings_.clear();
  sets_.clear();
  string_count_ = set_count_ = 0;
  settle();
}

bool WordsReader::add(std::string_view entries) {
  ByteReader in(entries);
  for (std::size_t n = in.count(); n > 0 && in.good(); --n)
    strings_.push_back(dictionary_->intern(in.text()));
  std::vector<Label> labels;
  for (std::size_t sets = in.count(); sets > 0 && in.good(); --sets) {
    labels.clear();
    for (std::size_t n = in.count(); n > 0 && in.good(); --n) {
      Label label;
      const std::uint64_t key = in.varint();
      if (!string(key, label.key) || !string(in.varint(), label.value)) return false;
      labels.push_back(label);
    }
    sets_.push_back(dictionary_->intern_labels(labels));
  }
  return in.good() && in.left() == 0;
}

bool WordsReader::string(std::uint64_t number, StringId& id) const {
  if (number >= strings_.size()) return false;
  id = strings_[static_cast<std::size_t>(number)];
  return true;
}

bool WordsReader::labels(std::uint64_t number, LabelSetId& id) const {
  if (number >= sets_.size()) return false;
  id = sets_[static_cast<std::size_t>(number)];
  return true;
}

void WordsReader::clear() {
  strings_ = {0};
  sets_ = {0};
}

}  // namespace slod::journal
