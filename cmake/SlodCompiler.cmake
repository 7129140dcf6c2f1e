# Language, warnings, hardening, sanitizers, linker: one interface target that every module links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(SLOD_CCACHE ccache)
if(SLOD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SLOD_CCACHE})
endif()

add_library(slod_options INTERFACE)
target_include_directories(slod_options INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_options(slod_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Werror)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # _FORTIFY_SOURCE needs optimisation; full RELRO needs now.
  target_compile_options(slod_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
    -fcf-protection=full -ffunction-sections -fdata-sections)
  target_link_options(slod_options INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--gc-sections)
  # False alarms of g++ 12 at -O3: maybe-uninitialized inside inlined third-party code, restrict for "text" + string
  # (GCC bug 105651).
  target_compile_options(slod_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()

if(SLOD_FUZZ)
  target_compile_options(slod_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer -Wno-error)
  target_link_options(slod_options INTERFACE -fsanitize=address,undefined)
endif()
if(SLOD_SANITIZE)
  target_compile_options(slod_options INTERFACE -fsanitize=${SLOD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(slod_options INTERFACE -fsanitize=${SLOD_SANITIZE})
else()
  find_program(SLOD_MOLD mold)
  if(SLOD_MOLD)
    target_link_options(slod_options INTERFACE -fuse-ld=mold)
  endif()
endif()

if(SLOD_COVERAGE)
  target_compile_options(slod_options INTERFACE --coverage)
  target_link_options(slod_options INTERFACE --coverage)
endif()
