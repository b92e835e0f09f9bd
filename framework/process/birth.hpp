// What a nursery and who asks it say to each other: asked for are two descriptors, answered is a process.
#pragma once

#include <sys/socket.h>

#include <array>

namespace offload {

// A byte with two descriptors: what the process is given, and its output.
using GivenDescriptors = std::array<int, 2>;

// A message of one byte and room for the two.
struct BirthRequest {
  BirthRequest() {
    part = {&byte, sizeof byte};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
  }
  char byte = 0;
  iovec part{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(GivenDescriptors))> room{};
  msghdr message{};
};

}  // namespace offload
