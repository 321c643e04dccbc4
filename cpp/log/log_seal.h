// The last words of a log that was left in good order.
#pragma once

#include <string>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

struct LogSeal {
  LogNumber successor{};  // 0: the database was closed
  Seqno last_seqno = 0;
  bool operator==(const LogSeal&) const = default;
};

std::string encode(const LogSeal& seal);
// Throws DecodeError for what is no seal, NotSupported for one that a newer lsmkit wrote.
LogSeal decode_log_seal(std::string_view payload);

}  // namespace lsmkit
