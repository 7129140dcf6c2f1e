#include "slod/cli/commands.h"

int main(int argc, char** argv) {
  return slod::cli::main(argc, argv);
}
