// Without libFuzzer: every file of a corpus, and some hundred mutations of each, through one target.
// SLOD_SEED replays a run.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz/require.h"

namespace {

constexpr int kMutations = 300;

std::string mutated(std::string text, const std::string& other, std::mt19937_64& random) {
  for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
    const std::size_t at = random() % (text.size() + 1);
    const std::size_t from = random() % (other.size() + 1);
    const std::size_t length = std::min<std::size_t>(random() % 16, text.size() - at);
    switch (random() % 5) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, 1, static_cast<char>(random() % 256));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << random() % 8));
        break;
      case 3:
        text.insert(at, other.substr(from, random() % 64));
        break;
      default:
        text.replace(at, length, std::string_view("\"{}[]:,\\-.\n \t%/?0").substr(random() % 17, 1));
        break;
    }
  }
  return text;
}

std::string current;

/// Shows the input that did not hold, as a string for printf.
extern "C" void show_input(int) {
  std::fputs("input: '", stderr);
  for (const char c : current) {
    const bool plain = c >= ' ' && c <= '~' && c != '\\' && c != '\'' && c != '%';
    std::fprintf(stderr, plain ? "%c" : "\\%03o", static_cast<unsigned char>(c));
  }
  std::fputs("'\n", stderr);
}

void run(const std::string& input) {
  current = input;
  // A copy of exactly this size, so that a sanitizer sees a read beyond it.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::signal(SIGABRT, show_input);
  const char* const given = std::getenv("SLOD_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "SLOD_SEED=" << seed << std::endl;
  std::vector<std::string> corpus;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    run(corpus.back());
  }
  if (corpus.empty()) {
    std::cerr << arguments[1] << " is empty\n";
    return 1;
  }
  std::mt19937_64 random(seed);
  for (const std::string& input : corpus) {
    for (int i = 0; i < kMutations; ++i) run(mutated(input, corpus[random() % corpus.size()], random));
  }
  std::cout << corpus.size() << " inputs and " << corpus.size() * kMutations << " mutations\n";
  return 0;
}
