// What a sender is told while the disk of the state is full: for whoever reads the sender's log.
#pragma once

namespace slod::daemon {

inline constexpr const char* kDiskFull =
    "the disk is full and nothing of this was counted: make room on the disk of slod's state directory "
    "(state.dir), then send it again; slod goes on by itself";

}  // namespace slod::daemon
