#include "cli/verbs.hpp"

int main(int argc, char** argv) { return offload::cli::run_command(argc, argv); }
