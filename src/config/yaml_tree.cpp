#include "config/yaml_tree.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "config/utf8.h"

namespace slod::config {

namespace {

/// Thrown out of yaml-cpp's parser once nothing sensible can follow; never leaves this file.
struct Stop {};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& file, FaultList& faults) : file_(file), faults_(faults) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) stop(place(mark), "a config file holds one YAML document; remove the `---`");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf(make(mark, Node::Kind::kNull), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(place(mark), "this alias stands inside its own anchor");
    attach(found->second, place(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(mark, Node::Kind::kScalar);
    node->text = value;
    node->quoted = tag == "!";
    node->place.width = width_of(node->place, value);
    leaf(node, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kList), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kMap), anchor);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] Place place(const YAML::Mark& mark) const {
    return {&file_, std::max(0, mark.line) + 1, std::max(0, mark.column) + 1, 1};
  }
  [[nodiscard]] NodePtr root() const { return root_; }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor;
    NodePtr key;
    std::map<std::string, int> key_lines;
  };

  [[noreturn]] void stop(const Place& at, std::string message) {
    faults_.error(at, std::move(message));
    throw Stop{};
  }
  [[nodiscard]] std::shared_ptr<Node> make(const YAML::Mark& mark, Node::Kind kind) const {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->place = place(mark);
    return node;
  }
  void leaf(const NodePtr& node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    attach(node, node->place);
  }
  void open(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (stack_.size() >= kDeepest) stop(node->place, "nested too deeply (at most 32 levels)");
    stack_.push_back({std::move(node), anchor, nullptr, {}});
  }
  void close() {
    const Open done = std::move(stack_.back());
    stack_.pop_back();
    leaf(done.node, done.anchor);
  }
  void attach(const NodePtr& node, const Place& at) {
    if (stack_.empty()) {
      root_ = node;
      return;
    }
    Open& top = stack_.back();
    top.node->weight += node->weight;
    top.node->height = std::max(top.node->height, node->height + 1);
    if (top.node->weight > kMostNodes) stop(at, "too large (at most 200,000 values, aliases expanded)");
    if (stack_.size() + node->height > kDeepest + 1) stop(at, "nested too deeply (at most 32 levels)");
    if (top.node->kind == Node::Kind::kList) {
      top.node->items.push_back(node);
    } else if (top.key == nullptr) {
      top.key = check_key(top.key_lines, node, at);
    } else {
      top.node->entries.push_back({std::move(top.key), node});
      top.key = nullptr;
    }
  }
  NodePtr check_key(std::map<std::string, int>& lines, const NodePtr& key, const Place& at) {
    if (key->kind != Node::Kind::kScalar) stop(at, "a key must be a plain word");
    const auto [first, added] = lines.emplace(key->text, at.line);
    if (!added) {
      faults_.error(key->place, "duplicate key \"" + key->text + "\" (first in line " +
                                    std::to_string(first->second) + ")");
    }
    return key;
  }
  [[nodiscard]] int width_of(const Place& at, const std::string& value) const {
    const std::string_view line = file_.line(at.line);
    const auto begin = static_cast<std::size_t>(at.column - 1);
    if (begin >= line.size()) return 1;
    const std::string_view rest = line.substr(begin);
    if (rest.front() == '"' || rest.front() == '\'') {
      const std::size_t end = rest.find(rest.front(), 1);
      return static_cast<int>(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return static_cast<int>(std::clamp<std::size_t>(value.size(), 1, rest.size()));
  }

  const SourceText& file_;
  FaultList& faults_;
  int documents_ = 0;
  NodePtr root_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
};

Place place_of_byte(const SourceText& file, std::size_t position) {
  const std::string_view before = std::string_view(file.text()).substr(0, position);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? position : position - newline - 1;
  return {&file, static_cast<int>(lines) + 1, static_cast<int>(column) + 1, 1};
}

bool readable_text(const SourceText& file, FaultList& faults) {
  if (file.text().size() > kMostFileBytes) {
    faults.error({&file, 0, 0, 1}, "larger than 4 MiB; split it with `include:`");
    return false;
  }
  if (const auto bad = first_bad_byte(file.text())) {
    faults.error(place_of_byte(file, *bad),
                 "this byte is not valid UTF-8, or a control character; save the file as UTF-8");
    return false;
  }
  return true;
}

}  // namespace

NodePtr parse_yaml(const SourceText& file, FaultList& faults) {
  if (!readable_text(file, faults)) return nullptr;
  TreeBuilder builder(file, faults);
  try {
    std::istringstream in(file.text());
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return nullptr;
  } catch (const YAML::DeepRecursion& e) {
    faults.error(builder.place(e.mark), "nested too deeply (at most 32 levels)");
    return nullptr;
  } catch (const YAML::Exception& e) {
    faults.error(builder.place(e.mark), "not valid YAML: " + e.msg);
    return nullptr;
  } catch (const std::exception& e) {
    faults.error({&file, 0, 0, 1}, std::string("not valid YAML: ") + e.what());
    return nullptr;
  }
  return builder.root() != nullptr ? builder.root() : std::make_shared<const Node>();
}

View View::operator[](std::string_view key) const {
  if (!is_map()) return {};
  for (const Node::Entry& entry : value_->entries) {
    if (entry.key->text == key) return {entry.key.get(), entry.value.get()};
  }
  return {};
}

std::vector<View> View::items() const {
  std::vector<View> views;
  if (!present()) return views;
  if (!is_list()) return {*this};
  for (const NodePtr& item : value_->items) views.emplace_back(nullptr, item.get());
  return views;
}

std::vector<View> View::entries() const {
  std::vector<View> views;
  if (!is_map()) return views;
  for (const Node::Entry& entry : value_->entries) views.emplace_back(entry.key.get(), entry.value.get());
  return views;
}

std::vector<std::string> View::texts() const {
  std::vector<std::string> all;
  for (const View& item : items()) {
    if (item.is_scalar()) all.push_back(item.text());
  }
  return all;
}

Place View::at() const {
  if (present()) return value_->place;
  return key_at();
}

Place View::key_at() const {
  if (key_ != nullptr) return key_->place;
  return value_ != nullptr ? value_->place : Place{};
}

}  // namespace slod::config
