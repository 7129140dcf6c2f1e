#include "build_id.h"

#include <elf.h>
#include <link.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace slod::daemon {
namespace {

constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

constexpr std::array<char, 4> kGnuName = {'G', 'N', 'U', '\0'};
constexpr std::string_view kGnu(kGnuName.data(), kGnuName.size());

/// The build id among the notes of one segment.
std::string find_in(std::string_view notes) {
  while (notes.size() > sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t size = sizeof head + padded(head.n_namesz) + padded(head.n_descsz);
    if (size > notes.size()) return "";
    const std::string_view name = notes.substr(sizeof head, head.n_namesz);
    if (head.n_type == NT_GNU_BUILD_ID && name == kGnu)
      return hex(notes.substr(sizeof head + padded(head.n_namesz), head.n_descsz));
    notes.remove_prefix(size);
  }
  return "";
}

/// The first object that it is called with is the program itself.
int look(dl_phdr_info* object, std::size_t, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is how the loader says where it lies
    const auto* notes = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    const std::string id = find_in({notes, segment.p_memsz});
    if (!id.empty()) *static_cast<std::string*>(found) = id;
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string id;
  ::dl_iterate_phdr(look, &id);
  return id;
}

}  // namespace slod::daemon
